"""Grade the grader: `python -m tests.grade_the_grader` runs the mutants, variants and attacks, and writes the table.

The tests decide; each tells with `record_property("graded", ...)` what it saw. The table goes to the terminal and,
where all is well, into the docs (`docs/generated/trust/`).
"""

import sys
import time
from collections import Counter
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from docs.build.files import LANGUAGES, Texts, text_path, write
from docs.build.trust import TABLE
from grader.assignment import ASSIGNMENT
from grader.paths import PROJECT
from kit.messages import Bilingual, Language

TESTS = [f"tests/grader/checks/test_{kind}.py" for kind in ("hostile", "mutants", "variants")]
HEADINGS = [
    Bilingual("단계", "step"),
    Bilingual("손으로 쓴 오답: 잡아냄", "hand-made mutants: killed"),
    Bilingual("도구가 만든 오답: 잡아냄", "generated mutants: killed"),
    Bilingual("동작이 같은 변형", "no change of behaviour"),
    Bilingual("엉뚱한 단계의 감점", "wrong blame"),
]
OTHERS = {
    "variant": Bilingual("다른 방식의 정답: 100점", "variants: 100 points"),
    "attack": Bilingual("공격: 막음", "attacks: repelled"),
}
ALL = Bilingual("모두", "all")


class Tally:
    """A pytest plugin that counts what the tests tell."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str, str]] = Counter()
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test's outcome; under xdist the controller sees the reports of all workers."""
        if report.failed:
            self.failed.append(report.nodeid)
        told = [dict(graded) for name, graded in report.user_properties if name == "graded"]  # type: ignore[call-overload]
        if report.when == "call" and told:
            self.add(told[-1])

    def add(self, graded: dict[str, Any]) -> None:
        """Count one: its kind and step, and what was found."""
        step = graded.get("step", "")
        for outcome in ("total", *(name for name, value in graded.items() if value is True)):
            self.counts[graded["kind"], step, outcome] += 1

    def of(self, kind: str, step: str, outcome: str) -> int:
        """How many of a kind, in a step or (`""`) in all, were found to be so."""
        return sum(n for (k, s, f), n in self.counts.items() if (k, f) == (kind, outcome) and step in ("", s))

    def row(self, step: str) -> list[str]:
        """A step's cells."""
        same = self.of("generated", step, "same")
        made = f"{self.of('mutant', step, 'killed')} / {self.of('mutant', step, 'total')}"
        generated = f"{self.of('generated', step, 'killed')} / {self.of('generated', step, 'total') - same}"
        kinds = ("mutant", "generated")
        blame = sum(self.of(kind, step, "total") - self.of(kind, step, "blamed") for kind in kinds)
        return [made, generated, str(same), str(blame)]

    def summary(self, kind: str) -> str:
        """`passed / total` of variants or attacks."""
        return f"{self.of(kind, '', 'passed')} / {self.of(kind, '', 'total')}"


def markdown(tally: Tally, language: Language) -> str:
    """The table for the docs."""
    lines = ["| " + " | ".join(heading[language] for heading in HEADINGS) + " |", "|---|---:|---:|---:|---:|"]
    lines += [f"| {step.title[language]} | " + " | ".join(tally.row(step.id)) + " |" for step in ASSIGNMENT.steps]
    lines += [f"| **{ALL[language]}** | " + " | ".join(f"**{cell}**" for cell in tally.row("")) + " |", ""]
    lines += [f"- {text[language]}: **{tally.summary(kind)}**" for kind, text in OTHERS.items()]
    return "\n".join(lines) + "\n"


def texts(tally: Tally) -> Texts:
    """The table for the docs, in all languages."""
    return TABLE.signed({text_path("trust", language, "table.md"): markdown(tally, language) for language in LANGUAGES})


def printed(tally: Tally, seconds: float) -> Table:
    """The table for the terminal."""
    table = Table(*(heading.en for heading in HEADINGS), title=f"The grader, graded in {seconds:.0f} s")
    for step in ASSIGNMENT.steps:
        table.add_row(step.id, *tally.row(step.id))
    table.add_section()
    table.add_row(ALL.en, *tally.row(""))
    table.caption = " · ".join(f"{text.en} {tally.summary(kind)}" for kind, text in OTHERS.items())
    return table


def main() -> None:
    """Run the tests on both cores, print the table, and write it into the docs if nothing failed."""
    tally, started = Tally(), time.monotonic()
    files = [str(PROJECT / name) for name in TESTS]
    code = pytest.main(["-n", "2", "--dist", "worksteal", "-q", "--no-header", *files], plugins=[tally])
    console = Console(width=110)
    console.print(printed(tally, time.monotonic() - started))
    if code != pytest.ExitCode.OK:
        console.print(f"{len(tally.failed)} failed", *tally.failed, sep="\n  ", style="red", markup=False)
        sys.exit(1)
    write(texts(tally))


if __name__ == "__main__":
    main()

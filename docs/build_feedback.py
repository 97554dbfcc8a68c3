"""Write what the pages show of the grader: `python docs/build_feedback.py`.

For each step the grader's own words for a typical mistake (the first of `tests/mutants/<step>.toml`), and the table
of points, in both languages, under `docs/feedback/`. A test regenerates and compares them.
"""

import io
import re
import shutil
import tempfile
import tomllib
from pathlib import Path

from rich.console import Console

from grader.assignment import ASSIGNMENT, Text
from grader.bench import Workshop
from grader.grading import examine
from grader.handin import read
from grader.report import StepReport
from grader.sandbox import missing_protection
from grader.terminal import mistake
from kit.messages import Language

ROOT = Path(__file__).parent.parent
FEEDBACK = ROOT / "docs" / "feedback"
LANGUAGES: tuple[Language, ...] = ("ko", "en")
WIDTH = 100
HEADINGS = {"ko": "| 단계 | 검사 | 점수 |", "en": "| step | check | points |"}


def typical_mistake(step: str, workshop: Workshop) -> StepReport:
    """The step's report for the solution with the first of its mutants' edits."""
    data = tomllib.loads((ROOT / "tests" / "mutants" / f"{step}.toml").read_text(encoding="utf-8"))
    mutant = data["mutants"][0]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "hand-in"
        shutil.copytree(ROOT / "solution", copy)
        edited = copy / data["file"]
        edited.write_text(edited.read_text(encoding="utf-8").replace(mutant["old"], mutant["new"]), encoding="utf-8")
        [report] = examine(read(copy), workshop, steps=[step])
    return report


def in_words(report: StepReport, language: Language) -> str:
    """The first mistake of a step as the terminal shows it, without colour."""
    console = Console(file=io.StringIO(), width=WIDTH, color_system=None, legacy_windows=False)
    console.print(mistake(report, next(c for c in report.checks if c.status != "passed"), language))
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"


def points_table(language: Language) -> str:
    """Steps and checks with their points."""
    lines = [HEADINGS[language], "|---|---|---:|"]
    for number, step in enumerate(ASSIGNMENT.steps, 1):
        title = f"[{number}. {step.title[language]}]({step.docs}index.md)"
        lines.append(f"| **{title}** | | **{step.points}** |")
        lines += [f"| | `{check.id}` | {check.points} |" for check in step.checks]
    total = Text("합계", "all")
    lines.append(f"| **{total[language]}** | | **{ASSIGNMENT.points}** |")
    return "\n".join(lines) + "\n"


def with_feedback(readme: str, feedback: str) -> str:
    """The README with its picture of the grader's words, the first text block, brought up to date."""
    return re.sub(r"(?<=```text\n).*?(?=```)", lambda _: feedback, readme, count=1, flags=re.DOTALL)


def build(out: Path, workshop: Workshop) -> None:
    """Write all files below `out`."""
    reports = {step.id: typical_mistake(step.id, workshop) for step in ASSIGNMENT.steps}
    for language in LANGUAGES:
        folder = out / language
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "points.md").write_text(points_table(language), encoding="utf-8")
        for step, report in reports.items():
            (folder / f"{step}.txt").write_text(in_words(report, language), encoding="utf-8")


if __name__ == "__main__":
    with Workshop(confine=missing_protection() is None) as workshop:
        build(FEEDBACK, workshop)
    for language, readme in (("en", ROOT / "README.md"), ("ko", ROOT / "README.ko.md")):
        words = (FEEDBACK / language / "unk.txt").read_text(encoding="utf-8")
        readme.write_text(with_feedback(readme.read_text(encoding="utf-8"), words), encoding="utf-8")

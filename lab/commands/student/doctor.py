"""`lab doctor`: report what this machine has, what it lacks, and what to do about it."""

import io
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from kit.files import write_whole
from kit.messages import Bilingual, Language, language, printable
from lab import console
from lab.diagnosis.machine import Finding, Status, all_diagnostics, findings

SIGNS: dict[Status, tuple[str, str]] = {
    "ok": ("✔", "green"),
    "absent": ("·", "dim"),
    "warning": ("!", "yellow"),
    "missing": ("✘", "bold red"),
    "unknown": ("?", "yellow"),
}
SCHEMA = "kogpt2-lab/doctor/v1"
MAX_TEXT = 500  # characters of a finding


def doctor(
    deep: Annotated[bool, typer.Option("--deep", help="TensorFlow도 실행해 보기 / run TensorFlow, too")] = False,
    json: Annotated[str | None, typer.Option(metavar="[FILE]", help="JSON으로 / as JSON (- : stdout)")] = None,
) -> int:
    """이 컴퓨터에 있는 것과 없는 것, 할 일을 알려 줍니다. / What is there, what is missing, what to do.

    종료 코드: 0 모두 있음, 1 필요한 것이 없음. / Exit code: 0 all is there, 1 something needed is missing.
    """
    results = findings(all_diagnostics())
    if deep:
        from lab.diagnosis.tensorflow_run import DIAGNOSTICS

        with console.err.status("TensorFlow …"):
            results += findings(DIAGNOSTICS)
    missing = [finding for finding in results if finding.status == "missing"]
    if json != "-":
        _print(results)
    if json is not None:
        content = msgspec.json.format(msgspec.json.encode({"schema": SCHEMA, "ok": not missing, "findings": results}))
        if json == "-":
            console.write(content.decode() + "\n")
        else:
            write_whole(Path(json), content + b"\n")
    return 1 if missing else 0


def shown(results: list[Finding], language: Language) -> RenderableType:
    """Render one row for each finding, with its advice."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", max_width=20)
    table.add_column(overflow="fold")
    for finding in results:
        sign, style = SIGNS[finding.status]
        text = Text(printable(finding.found[language], MAX_TEXT))
        if finding.advice is not None:
            text.append(f" → {finding.advice[language]}", "cyan" if finding.status in ("warning", "missing") else "dim")
        table.add_row(Text(sign, style), finding.title[language], text)
    return table


def _print(results: list[Finding]) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that cannot show a character must not end the command
    console.out.print(shown(results, language()))
    missing, unknown = (
        ", ".join(str(finding.title) for finding in results if finding.status == status)
        for status in ("missing", "unknown")
    )
    if missing:
        console.say(Bilingual(f"\n필요한 것이 없습니다: {missing}", f"\nNeeded, and not there: {missing}"))
    if unknown:
        console.say(Bilingual(f"\n알아내지 못했습니다: {unknown}", f"\nCould not be found out: {unknown}"))
    if not missing and not unknown:
        console.say(Bilingual("\n실습에 필요한 것이 모두 있습니다.", "\nAll that the lab needs is there."))

"""`lab doctor`: what is there, what is missing, what to do."""

import io
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text as Line

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
MOST = 500  # characters of what was found


def doctor(
    deep: Annotated[bool, typer.Option("--deep", help="TensorFlow도 실행해 보기 / run TensorFlow, too")] = False,
    json: Annotated[str | None, typer.Option(metavar="[FILE]", help="JSON으로 / as JSON (- : stdout)")] = None,
) -> int:
    """이 컴퓨터에 있는 것과 없는 것, 할 일을 알려 줍니다. / What is there, what is missing, what to do.

    종료 코드: 0 모두 있음, 1 필요한 것이 없음. / Exit code: 0 all is there, 1 something needed is missing.
    """
    found = findings(all_diagnostics())
    if deep:
        from lab.diagnosis.tensorflow_run import DEEP

        with console.err.status("TensorFlow …"):
            found += findings(DEEP)
    missing = [each for each in found if each.status == "missing"]
    if json != "-":
        _print(found)
    if json is not None:
        content = msgspec.json.format(msgspec.json.encode({"schema": SCHEMA, "ok": not missing, "findings": found}))
        if json == "-":
            typer.echo(content.decode())
        else:
            Path(json).write_bytes(content + b"\n")
    return 1 if missing else 0


def shown(found: list[Finding], language: Language) -> RenderableType:
    """One line for each finding, and below it what to do."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", max_width=20)
    table.add_column(overflow="fold")
    for each in found:
        sign, style = SIGNS[each.status]
        said = Line(printable(each.found[language], MOST))
        if each.advice is not None:
            said.append(f" → {each.advice[language]}", "cyan" if each.status in ("warning", "missing") else "dim")
        table.add_row(Line(sign, style), each.title[language], said)
    return table


def _print(found: list[Finding]) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # what a terminal cannot show must not end what says so
    console.out.print(shown(found, language()))
    missing, unknown = (
        ", ".join(str(each.title) for each in found if each.status == status) for status in ("missing", "unknown")
    )
    if missing:
        console.say(Bilingual(f"\n필요한 것이 없습니다: {missing}", f"\nNeeded, and not there: {missing}"))
    if unknown:
        console.say(Bilingual(f"\n알아내지 못했습니다: {unknown}", f"\nCould not be found out: {unknown}"))
    if not missing and not unknown:
        console.say(Bilingual("\n실습에 필요한 것이 모두 있습니다.", "\nAll that the lab needs is there."))

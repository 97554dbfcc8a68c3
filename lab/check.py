"""`lab check`: grade one submission, your own."""

from pathlib import Path
from typing import Annotated

import typer

from grader.bench import Workshop
from grader.grading import grade
from grader.report import Report, StepReport, to_json
from grader.sandbox import missing_protection
from grader.terminal import print_report, step_line
from kit.messages import language
from lab import console

ROOT = Path(__file__).parent.parent


def check(
    path: Annotated[Path, typer.Argument(help="폴더나 .py 파일 / a folder or a .py file")] = Path("skeleton"),
    json: Annotated[
        str | None, typer.Option(metavar="[FILE]", help="보고서를 JSON으로 / the report as JSON (- : stdout)")
    ] = None,
    sandbox: Annotated[bool, typer.Option(help="샌드박스 안에서 실행 / run in the sandbox")] = True,
    debug: Annotated[bool, typer.Option(help="샌드박스 안의 오류 출력 보기 / show its standard error")] = False,
) -> int:
    """코드를 채점합니다. / Grade a submission.

    종료 코드: 0 만점, 1 만점 아님, 2 채점 불가. / Exit code: 0 full marks, 1 not, 2 could not grade.
    """
    to_stdout = json == "-"
    with Workshop(confine=sandbox and _protected(), debug=debug) as workshop:
        workshop.warm_up()
        report = _grade(located(path), workshop, quiet=to_stdout)
    if to_stdout:
        typer.echo(to_json(report).decode(), nl=False)
    elif json is not None:
        Path(json).write_bytes(to_json(report))
    if not to_stdout:
        print_report(report, language(), console.out)
    return 0 if report.full else 1


def _grade(path: Path, workshop: Workshop, *, quiet: bool) -> Report:
    if quiet:
        return grade(path, workshop)
    waiting = "채점하는 중입니다 …" if language() == "ko" else "Grading …"
    with console.err.status(waiting):

        def show(step: StepReport) -> None:
            console.out.print(step_line(step, language()))

        report = grade(path, workshop, show)
    console.out.print()
    return report


def located(path: Path) -> Path:
    """The path, or, where `skeleton` or `solution` is not in this folder, the one that came with the project."""
    beside = ROOT / path
    return beside if not path.exists() and str(path) in ("skeleton", "solution") and beside.exists() else path


def _protected() -> bool:
    """Whether this machine has what the sandbox needs; says what is missing where it has not."""
    missing = missing_protection()
    if missing is None:
        return True
    ko = f"샌드박스 없이 채점합니다: {missing} 이(가) 없습니다. 내가 쓴 코드만 채점하세요."
    en = f"Grading without a sandbox: {missing} is missing. Grade your own code only."
    console.err.print(ko if language() == "ko" else en, style="yellow", markup=False)
    return False

"""`lab check`: grade one submission, your own."""

from pathlib import Path
from typing import Annotated

import typer

from grader.grading import grade
from grader.reports.report import Report, StepReport, to_json
from grader.reports.terminal import print_report, step_line
from grader.sandbox.pool import Workshop
from grader.sandbox.process import missing_protection
from kit.messages import language
from lab import console
from lab.places import ROOT, located


def check(
    path: Annotated[Path, typer.Argument(help="폴더, .zip, .py, .ipynb / a folder, or such a file")] = Path("skeleton"),
    json: Annotated[
        str | None, typer.Option(metavar="[FILE]", help="보고서를 JSON으로 / the report as JSON (- : stdout)")
    ] = None,
    sandbox: Annotated[bool, typer.Option(help="샌드박스 안에서 실행 / run in the sandbox")] = True,
    debug: Annotated[bool, typer.Option(help="샌드박스 안의 오류 출력 보기 / show its standard error")] = False,
) -> int:
    """코드를 채점합니다. / Grade a submission.

    종료 코드: 0 만점, 1 만점이 아니거나 읽을 수 없음, 2 채점 불가.

    Exit code: 0 full marks, 1 less or unreadable, 2 could not grade.
    """
    to_stdout = json == "-"
    path = located(path)
    with Workshop(confine=sandbox and protected(path), debug=debug) as workshop:
        workshop.warm_up()
        report = _grade(path, workshop, quiet=to_stdout)
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


def protected(path: Path) -> bool:
    """Whether this machine has what the sandbox needs; where not, only this project's own code runs unasked.

    Raises:
        LabError: something is missing, and the code at that path may be anybody's.
    """
    missing = missing_protection()
    if missing is None:
        return True
    if not {ROOT / "skeleton", ROOT / "solution"} & {path.resolve(), path.resolve().parent}:
        raise console.LabError(
            f"이 컴퓨터에서는 샌드박스를 쓸 수 없습니다: {missing} 이(가) 없습니다. 다른 사람의 코드라면 실행하지 "
            f"마세요. 직접 쓴 코드라면 --no-sandbox를 붙여 다시 실행하세요.",
            f"There is no sandbox on this machine: {missing} is missing. Do not run other people's code here; "
            f"if you wrote it yourself, run again with --no-sandbox.",
        )
    console.err.print(
        f"샌드박스 없이 채점합니다: {missing} 이(가) 없습니다."
        if language() == "ko"
        else f"Grading without a sandbox: {missing} is missing.",
        style="yellow",
        markup=False,
    )
    return False

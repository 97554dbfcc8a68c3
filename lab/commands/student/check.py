"""`lab check`: grade one submission."""

from pathlib import Path
from typing import Annotated

import typer

from grader.grading import grade
from grader.reports.report import Report, StepReport, to_json
from grader.reports.terminal import print_report, step_line
from grader.sandbox.pool import Pool
from kit.files import write_whole
from kit.messages import Bilingual, language
from lab import console
from lab.paths import located
from lab.protection import protected


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

    Exit code: 0 full score, 1 less or unreadable, 2 could not grade.
    """
    to_stdout = json == "-"
    path = located(path)
    with Pool(confine=sandbox and protected(path), debug=debug) as pool:
        pool.warm_up()
        report = _grade(path, pool, quiet=to_stdout)
    if to_stdout:
        console.write(to_json(report).decode())
    elif json is not None:
        write_whole(Path(json), to_json(report))
    if not to_stdout:
        print_report(report, language(), console.out)
    return 0 if report.full else 1


def _grade(path: Path, pool: Pool, *, quiet: bool) -> Report:
    if quiet:
        return grade(path, pool)
    waiting = str(Bilingual("채점하는 중입니다 …", "Grading …"))
    with console.err.status(waiting):

        def show(step: StepReport) -> None:
            console.out.print(step_line(step, language()))

        report = grade(path, pool, show)
    console.out.print()
    return report

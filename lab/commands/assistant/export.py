"""`lab export` and `lab gradescope`: grades in the formats of others, and the autograder that Gradescope runs."""

from pathlib import Path
from typing import Annotated

import typer

from grader.gradebook.exports import FILLED, KINDS
from grader.gradebook.exports import export as exported
from grader.gradebook.exports.results import ExportOptions
from grader.gradebook.publishing import entries_of
from grader.gradebook.store import Store
from kit.files import write_whole
from kit.messages import Bilingual, language
from lab import console
from lab.errors import LabError


def export(
    grades: Annotated[Path, typer.Argument(help="lab grade가 쓴 폴더 / the folder that lab grade wrote")],
    to: Annotated[str, typer.Option(metavar="|".join(KINDS), help="형식 / the format")],
    fill: Annotated[
        Path | None, typer.Option(help="LMS에서 받은 성적 파일 / the gradebook file that the LMS gave")
    ] = None,
    column: Annotated[str, typer.Option(help="그 파일에서 채울 열 / which of its columns to fill")] = "",
    assignment: Annotated[str, typer.Option(help="과제의 이름 / what the assignment is called")] = "kogpt2-lab",
    classroom: Annotated[str, typer.Option(help="Classroom 50의 반 / its classroom")] = "kogpt2-lab",
    out: Annotated[Path | None, typer.Option(help="쓸 폴더 / the folder to write into")] = None,
) -> int:
    """성적을 다른 시스템의 형식으로 씁니다. / Write the grades in the format of another system.

    종료 코드: 0 모두 씀, 1 살펴볼 것이 있음, 2 실행 불가. / Exit code: 0 all written, 1 something to look at, 2 could
    not run.
    """
    if fill is not None and to not in FILLED:
        raise LabError(
            Bilingual(f"--fill은 {', '.join(FILLED)} 에만 씁니다.", f"--fill is for {' and '.join(FILLED)} only.")
        )
    options = ExportOptions(language=language(), column=column, assignment=assignment, classroom=classroom)
    folder = out or grades / "exports"
    with Store(grades, make=False) as store:  # until all is written: nobody else writes the same files meanwhile
        entries, waiting = entries_of(store)
        made = exported(entries, to, None if fill is None else fill.read_bytes(), options)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in made.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_whole(folder / name, content)
    where = folder / next(iter(made.files)) if len(made.files) == 1 else folder
    console.say(
        Bilingual(f"제출물 {len(entries)}개의 성적을 썼습니다: {where}", f"Wrote the grades of {len(entries)}: {where}")
    )
    for note in made.notes:
        console.err.print(str(note), style="yellow")
    if waiting:
        console.err.print(str(_left_out(waiting)), style="yellow")
    return 1 if made.notes or waiting else 0


def _left_out(waiting: int) -> Bilingual:
    return Bilingual(
        f"아직 채점하지 않은 제출물 {waiting}개는 없습니다. lab grade를 다시 실행해 주세요.",
        f"{waiting} submissions are not graded yet, and left out: run lab grade again.",
    )


def gradescope(
    out: Annotated[Path, typer.Argument(help="쓸 zip 파일 / the zip to write")] = Path("autograder.zip"),
) -> int:
    """Gradescope에 올릴 자동 채점기를 만듭니다. / Make the autograder to upload to Gradescope."""
    from grader.gradebook.autograder.build import build_zip

    build_zip(out, language())
    console.say(
        Bilingual(
            f"{out} 을(를) 만들었습니다. Gradescope의 Configure Autograder에 올려 주세요.",
            f"Made {out}: upload it under Configure Autograder on Gradescope.",
        ),
    )
    return 0

"""`lab skeleton`: make the skeleton of the solution, modules and notebooks, or check that it is up to date."""

from pathlib import Path
from typing import Annotated

import typer

from grader.paths import SKELETON, SOLUTION
from kit.messages import Bilingual
from lab.console import say
from lab.errors import LabError
from lab.handout.blocks import skeleton_of
from lab.handout.worksheet import worksheets


def skeleton(
    check: Annotated[bool, typer.Option("--check", help="다르면 실패합니다 / fail where it differs")] = False,
    solution: Annotated[Path, typer.Option(help="정답 코드의 폴더 / the solution's folder")] = SOLUTION,
    out: Annotated[Path, typer.Option(help="뼈대 코드의 폴더 / the skeleton's folder")] = SKELETON,
) -> None:
    """정답 코드의 블록을 비워 뼈대 코드를 만듭니다. / Empty the solution's blocks to make the skeleton."""
    files = skeleton_of(solution) | worksheets(solution)
    different = [name for name, text in files.items() if _read(out / name) != text]
    if check and different:
        names = ", ".join(different)
        raise LabError(
            Bilingual(
                f"{out} 이(가) {solution} 과(와) 맞지 않습니다 ({names}). `lab skeleton`을 실행해 주세요.",
                f"{out} does not match {solution} ({names}): run `lab skeleton`.",
            ),
        )
    if not check:
        out.mkdir(parents=True, exist_ok=True)
        for name in different:
            (out / name).write_text(files[name], encoding="utf-8")
    count = len(files)
    say(
        Bilingual(
            f"{out}: {count}개 파일, 바뀐 파일 {len(different)}개", f"{out}: {count} files, {len(different)} changed"
        )
    )


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None

"""`lab skeleton`: make the skeleton of the solution, modules and notebooks, or check that it is up to date."""

from pathlib import Path
from typing import Annotated

import typer

from grader.paths import SKELETON, SOLUTION
from grader.submission.candidates import PUBLISHED_FILE, published
from grader.submission.notebook import source_of
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
    made = skeleton_of(solution) | worksheets(solution)
    files = {out / name: text for name, text in made.items()}
    if out == SKELETON:  # what the grader knows both by
        sources = {name: _source(name, text) for name, text in made.items()}
        files[PUBLISHED_FILE] = published(solution, sources)
    different = [path for path, text in files.items() if _read(path) != text]
    if check and different:
        names = ", ".join(path.name for path in different)
        raise LabError(
            Bilingual(
                f"{out} 이(가) {solution} 과(와) 맞지 않습니다 ({names}). `lab skeleton`을 실행해 주세요.",
                f"{out} does not match {solution} ({names}): run `lab skeleton`.",
            ),
        )
    if not check:
        out.mkdir(parents=True, exist_ok=True)
        for path in different:
            path.write_text(files[path], encoding="utf-8")
    count = len(files)
    say(
        Bilingual(
            f"{out}: {count}개 파일, 바뀐 파일 {len(different)}개", f"{out}: {count} files, {len(different)} changed"
        )
    )


def _source(name: str, text: str) -> bytes:
    """What a file that is handed out is to the reader of submissions."""
    content = text.encode()
    return source_of(content, name)[0] if name.endswith(".ipynb") else content


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None

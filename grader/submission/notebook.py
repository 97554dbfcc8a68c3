"""Notebooks: the source of their code cells. Outputs, texts, shell lines and magics stay behind; nothing runs."""

import json
import re
from collections.abc import Sequence

import msgspec

from grader.errors import NotPythonError, UnreadableError
from grader.submission.ipython import MAX_SOURCE, commented, python_of, written_file
from kit.messages import Bilingual

DEFINITION = re.compile(r"^(?:async\s+def|def|class)\s+(\w+)", re.MULTILINE)
FIRST_LINE = "# coding: utf-8"  # so that no cookie in a cell counts

Lines = str | list[str] | None


class _Cell(msgspec.Struct):
    cell_type: str
    source: Lines = None
    input: Lines = None  # what nbformat 3 calls the source of a code cell

    def text(self) -> str:
        """The cell's source."""
        lines = self.source or self.input or ""
        return lines if isinstance(lines, str) else "".join(lines)


class _Worksheet(msgspec.Struct):
    cells: list[_Cell] = []


class _Notebook(_Worksheet, kw_only=True):
    nbformat: int
    worksheets: list[_Worksheet] = []  # nbformat 3


def source_of(content: bytes, name: str) -> tuple[bytes, tuple[int, ...]]:
    """Join the code cells of a notebook (nbformat 3 or 4) into one Python source, in their order.

    A function of a broken cell counts only where it is defined nowhere else.

    Args:
        content: the notebook.
        name: its file's name, for reasons.

    Returns:
        See `joined`.

    Raises:
        UnreadableError: it is no notebook, or holds too much code.
    """
    return joined(code_cells(content, name), name)


def files_written(cells: Sequence[str]) -> dict[str, bytes]:
    """The modules and other files that cells write (`%%writefile dialogs.py`), by name."""
    files: dict[str, str] = {}
    for written in filter(None, map(written_file, map(_readable, cells))):
        name, text, is_appended = written
        files[name] = files.get(name, "") + text if is_appended else text
    return {name: text.encode() for name, text in files.items()}


def joined(cells: Sequence[str], name: str, *, newest: bool = False) -> tuple[bytes, tuple[int, ...]]:
    """Join cells into one Python source, in their order.

    Lines that IPython alone understands (`!pip`, `%matplotlib`) and cells that begin with `%%` are turned into
    comments. So are cells that are no Python: a mistake in one cell costs no other, and functions that are defined
    nowhere else say, when they are called, what is wrong with theirs. A comment names each cell.

    Args:
        cells: the cells' texts.
        name: what they are called, for reasons.
        newest: whether a broken cell counts before sound ones above it, as where they are one after the other in time.

    Returns:
        The source, and the number of the line before the first of each cell.

    Raises:
        UnreadableError: there is too much code.
    """
    _check_size(cells, name)
    lines, starts, broken = [FIRST_LINE], [], []
    sound: dict[str, int] = {}  # functions, and the last cell that defines each
    for number, cell in enumerate(map(_readable, cells), 1):
        try:
            text = python_of(cell)
            sound |= dict.fromkeys(DEFINITION.findall(text), number)
        except NotPythonError as error:
            text = commented(cell)
            broken += [(number, *stand_in) for stand_in in _stand_ins(cell, number, error)]
        lines.append(f"# [{number}]")
        starts.append(len(lines))
        lines += [*text.split("\n"), "", ""]
    for number, function, stand_in in broken:
        if function not in sound or (newest and number > sound[function]):
            lines.append(stand_in)
    return "\n".join(lines).encode(), tuple(starts)


def _check_size(cells: Sequence[str], name: str) -> None:
    """Refuse what would take too much memory to parse.

    Raises:
        UnreadableError: there is too much code.
    """
    if sum(len(cell) + len(FIRST_LINE) for cell in cells) > MAX_SOURCE:
        most = MAX_SOURCE // 2**10
        raise UnreadableError(
            Bilingual(
                f"{name}: 코드가 너무 깁니다 (한계: {most:,} KiB). 실습 코드만 내 주세요.",
                f"{name}: too much code (limit: {most:,} KiB); hand in the lab's code only.",
            ),
        )


def code_cells(content: bytes, name: str) -> list[str]:
    """The texts of a notebook's code cells.

    Raises:
        UnreadableError: it is no notebook.
    """
    try:
        notebook = msgspec.convert(json.loads(content), _Notebook)
        return [cell.text() for sheet in (notebook, *notebook.worksheets) for cell in sheet.cells if _is_code(cell)]
    except (ValueError, msgspec.MsgspecError, RecursionError, MemoryError) as error:
        raise UnreadableError(
            Bilingual(
                f"{name}: 노트북을 읽을 수 없습니다. 다시 저장해서 내 주세요.",
                f"{name}: the notebook cannot be read; save it again and hand that in.",
            ),
        ) from error


def _readable(cell: str) -> str:
    """A cell's text as Python can take it: newlines at line ends, no null characters, no half characters."""
    text = cell.encode("utf-8", "backslashreplace").decode()  # half a character can be no source
    return re.sub("\r\n?", "\n", text).replace("\0", "").removeprefix("\ufeff")


def _is_code(cell: _Cell) -> bool:
    return cell.cell_type == "code"


def _stand_ins(cell: str, number: int, error: NotPythonError) -> list[tuple[str, str]]:
    """Functions that raise what is wrong with their cell, by the names of those that it would have defined."""
    line = error.line or 1
    text = cell.split("\n")[line - 1 :][:1]
    details = f"(f'{{__file__}} [{number}]', {line}, None, {''.join(text)!r})"
    body = f"(*_, **__):\n    raise SyntaxError({error.message!r}, {details})"
    return [(name, f"\n\ndef {name}{body}") for name in DEFINITION.findall(cell)]

"""Notebooks: the source of their code cells. Outputs, texts, shell lines and magics stay behind; nothing runs."""

import ast

import nbformat
from jupytext.magics import comment_magic, is_cell_magic

from grader.errors import UnreadableError


def source_of(content: bytes, name: str) -> bytes:
    """One Python source with the code cells of a notebook (nbformat 3 or 4), in their order.

    Lines that IPython alone understands (`!pip`, `%matplotlib`), cells that begin with `%%`, and cells that are no
    Python are turned into comments, so that a mistake in one cell costs no other. A comment names each cell.

    Raises:
        UnreadableError: it is no notebook.
    """
    try:
        notebook = nbformat.reads(content.decode("utf-8-sig"), as_version=4)
        cells = [str(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    except Exception as error:  # nbformat raises whatever a broken file makes its code stumble over
        raise UnreadableError(
            f"{name}: 노트북을 읽을 수 없습니다. 다시 저장해서 내 주세요.",
            f"{name}: the notebook cannot be read; save it again and hand that in.",
        ) from error
    return "\n\n".join(f"# [{number}]\n{_python(cell)}" for number, cell in enumerate(cells, 1)).encode()


def _python(cell: str) -> str:
    """The cell as Python can read it."""
    lines = cell.replace("\r\n", "\n").replace("\0", "").split("\n")
    if any(is_cell_magic(line.lstrip()) for line in lines[:1]):
        return _commented(lines)
    text = "\n".join(comment_magic(lines, "python", explicitly_code=True))
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _commented(lines)
    return text


def _commented(lines: list[str]) -> str:
    return "\n".join(f"# {line}" for line in lines)

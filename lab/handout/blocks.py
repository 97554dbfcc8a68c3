"""Finding the blocks between START and END in the solution, and emptying them to make the skeleton."""

from dataclasses import dataclass
from pathlib import Path

from grader.assignment import ASSIGNMENT
from grader.submission.stubs import stub_of
from kit.messages import Bilingual
from lab.errors import MarkerError

START = "### START CODE HERE ###"
END = "### END CODE HERE ###"
SECTION = "# --8<--"  # begins the section markers of the docs, which are left out of the skeleton


@dataclass(frozen=True)
class Block:
    """A block between START and END.

    Attributes:
        start: index of the START line, from 0.
        end: index of the END line, from 0.
        function: name of the function around it.
    """

    start: int
    end: int
    function: str


def find_blocks(source: str, file: str) -> list[Block]:
    """Find the blocks of a source, in order.

    Args:
        source: text of a module.
        file: its name, for error messages.

    Raises:
        MarkerError: a marker is unpaired or nested, or a block is empty.
    """
    blocks: list[Block] = []
    start: int | None = None
    function = ""
    lines = source.split("\n")
    for index, line in enumerate(lines):
        word = line.strip()
        if start is None and word.startswith("def "):
            function = word[4:].split("(")[0]
        if word == START:
            if start is not None:
                raise MarkerError(
                    file, index + 1, Bilingual(f"블록 안에 {START} 가 또 있습니다.", f"{START} inside a block.")
                )
            start = index
        elif word == END:
            if start is None:
                raise MarkerError(
                    file, index + 1, Bilingual(f"짝이 되는 {START} 가 없습니다.", f"{END} without {START}.")
                )
            if not any(_is_code(inner) for inner in lines[start + 1 : index]):
                raise MarkerError(file, start + 1, Bilingual("블록이 비어 있습니다.", "the block is empty."))
            blocks.append(Block(start, index, function))
            start = None
    if start is not None:
        raise MarkerError(file, start + 1, Bilingual(f"짝이 되는 {END} 가 없습니다.", f"{START} without {END}."))
    return blocks


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.strip().startswith("#")


def empty_blocks(source: str, file: str) -> str:
    """Replace the code of every block by `raise NotImplementedError`, keeping the comment at the block's beginning.

    Args:
        source: text of a module.
        file: its name, for error messages.

    Raises:
        MarkerError: see `find_blocks`.
    """
    lines = source.removesuffix("\n").split("\n")
    for block in reversed(find_blocks(source, file)):
        inner = lines[block.start + 1 : block.end]
        comment = [line for line in inner[: _first_code(inner)] if line.strip()]
        indent = lines[block.start][: -len(lines[block.start].lstrip())]
        lines[block.start + 1 : block.end] = [*comment, indent + stub_of(block.function)]
    return "\n".join(line for line in lines if not line.lstrip().startswith(SECTION)) + "\n"


def _first_code(lines: list[str]) -> int:
    return next(index for index, line in enumerate(lines) if _is_code(line))


def skeleton_of(solution: Path) -> dict[str, str]:
    """Make the skeleton's modules from the solution.

    Args:
        solution: the solution's folder.

    Returns:
        The text of each file, by file name.

    Raises:
        MarkerError: see `find_blocks`.
    """
    files = {"__init__.py": SKELETON_INIT}
    for name in ASSIGNMENT.modules:
        path = solution / f"{name}.py"
        files[path.name] = empty_blocks(path.read_text(encoding="utf-8"), str(path))
    return files


SKELETON_INIT = '''"""Your copy of the lab: fill the START/END blocks, then run `lab check`.

Generated from `solution/` by `lab skeleton`.
"""
'''

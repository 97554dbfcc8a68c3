"""Code as people type it into IPython, as Python can read it: magics, shell lines, prompts and indentation aside.

Nothing runs. Lines stay lines, so that places are told as their author sees them.
"""

import importlib.util
import re
from pathlib import PurePosixPath

from grader.errors import NotPythonError
from grader.submission.encoding import COOKIE, decodes
from grader.submission.parsing import parsed

MAX_SOURCE = 2**20  # of code: a lab's is some ten thousand; reading a source takes a hundred times its size in memory
KEPT_MAGICS = {"capture", "prun", "time"}  # of cells whose definitions stay
WRITING = re.compile(
    r"%%(?:writefile|file)[ \t]+(?P<append>(?:-a|--append)[ \t]+)?(?P<quote>['\"]?)(?P<name>\S+?)(?P=quote)[ \t]*"
)
PROMPT = re.compile(r"^(?:>>>|\.\.\.|In \[\d+\]:|[ \t]+\.{3,}:)(?: |$)")
# What a source has that IPython alone can read: a line of these beginnings or ends, or an indented first line.
TYPED = re.compile(
    rb"^[ \t]*(?:[!%?]|>>>|In \[)|\?[ \t]*\r?$|=[ \t]*[!%]|\A(?:[ \t]*(?:#.*)?\r?\n)*[ \t]+\w", re.MULTILINE
)


def python_of(cell: str) -> str:
    """A cell as Python can read it, line by line.

    Raises:
        NotPythonError: Python can read no such thing.
    """
    head, body = _magics_of(cell)
    if body is None:
        return commented(cell)
    if _is_python(body):
        return head + body
    text = _without_magics(body)
    try:
        parsed(text)
    except NotPythonError:
        pasted = _dedented(_without_prompts(body))
        text = pasted if _is_python(pasted) else _without_magics(pasted)
        if not _is_python(text):
            raise
    return head + text


def written_file(cell: str) -> tuple[str, str, bool] | None:
    """The file that a cell writes (`%%writefile name`): its name, its text, and whether the text is appended."""
    first, _, text = cell.lstrip().partition("\n")
    match = WRITING.fullmatch(first)
    if match is None:
        return None
    name = PurePosixPath(match["name"])
    inside = not name.is_absolute() and ".." not in name.parts and name.parts
    return (str(name), text, match["append"] is not None) if inside else None


def commented(cell: str) -> str:
    """A cell as comments."""
    return "\n".join(f"# {line}" for line in cell.split("\n"))


def plain_source(content: bytes) -> bytes:
    """A single source as Python can read it, as `python_of` a cell; as it is where it already can, or never could.

    Args:
        content: a source that decodes.
    """
    if not TYPED.search(content) or len(content) > MAX_SOURCE or not decodes(content):
        return content
    if _is_python(content):
        return content
    try:
        text = python_of(importlib.util.decode_source(content))
    except (NotPythonError, SyntaxError, ValueError):
        return content
    return COOKIE.sub(r"\1utf-8", text, count=1).encode("utf-8", "backslashreplace")


def _is_python(source: bytes | str) -> bool:
    try:
        parsed(source)
    except NotPythonError:
        return False
    return True


def _magics_of(cell: str) -> tuple[str, str | None]:
    """The lines of a cell's own magics (`%%time`), as comments, and what stands below; None where that is no Python."""
    head, rest = "", cell
    while (first := rest.lstrip().split("\n", 1)[0]).startswith("%%"):
        if not KEPT_MAGICS.intersection(first[2:].split()[:1]):
            return "", None
        before, _, rest = rest.partition(first)
        head += f"{before}# {first}"
    return head, rest


def _without_magics(text: str) -> str:
    """The text with `pass` for lines that IPython alone understands, so that a block of them stays a block."""
    from jupytext.magics import comment_magic  # type: ignore[import-untyped]

    lines = text.split("\n")
    for number, line in enumerate(comment_magic(list(lines), "python", explicitly_code=True)):
        if line != lines[number]:
            rest = lines[number].lstrip()
            indent = lines[number][: len(lines[number]) - len(rest)]
            lines[number] = f"{indent}pass  # {rest}" if line.startswith(indent) else line
    return "\n".join(lines)


def _without_prompts(text: str) -> str:
    """The text without the prompts of a session that was pasted; what the session printed becomes comments."""
    lines = text.split("\n")
    first = next((line for line in lines if line.strip()), "")
    if not PROMPT.match(first):
        return text
    return "\n".join(PROMPT.sub("", line) if PROMPT.match(line) else f"# {line}" for line in lines)


def _dedented(text: str) -> str:
    """The text without the indentation of its first line, wherever a line has it."""
    lines = text.split("\n")
    first = next((line for line in lines if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip())]
    return "\n".join(line.removeprefix(indent) for line in lines)

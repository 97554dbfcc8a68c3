"""Which of the things that were handed in is the submission, where several may be: told or certain, never guessed.

A candidate is a folder of modules, or a source with functions of the contract. What it says about a function is the
code that the function needs; a stub says nothing. Candidates that say the same are one, and one that says all that
another says, and more, stands for both. A copy of the published solution, or of the skeleton, yields to any other.
"""

import ast
import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import combinations
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from grader.assignment import ASSIGNMENT
from grader.errors import UnreadableError
from grader.inside.names.statements import bound_names, needed_statements
from grader.submission.encoding import as_text
from grader.submission.folders import MODULES
from grader.submission.parsing import UNREADABLE, parsed
from grader.submission.stubs import stub_of
from kit.messages import Bilingual

FUNCTIONS = [function for step in ASSIGNMENT.steps for function in step.functions]
PUBLISHED_FILE = Path(__file__).with_name("published.toml")  # made by `lab skeleton`
_PUBLISHED = tomllib.loads(PUBLISHED_FILE.read_text(encoding="utf-8"))
SOLUTION_CODE: dict[str, str] = _PUBLISHED["solution"]  # digests, by function
HANDED_OUT = frozenset(_PUBLISHED["skeleton"].values())  # digests of sources
MAX_SOURCE = 2**17  # bytes: of a larger one the bytes are compared, not the code
MAX_COMPARED = 2**19  # bytes: of more together, likewise
STUBS = {function: ast.unparse(ast.parse(stub_of(function))) for function in FUNCTIONS}
NAMED = re.compile(rb"\b(?:%s)\b" % "|".join(FUNCTIONS).encode())
DEFINED = re.compile(rb"\bdef\s+(%s)\s*\(" % "|".join(FUNCTIONS).encode())


class Code:
    """What one source says about the contract's functions.

    Args:
        path: where it lies, as it is told.
        source: its bytes; of a notebook, its cells as one source.
        is_module: whether it is a module of a folder: one that imports a function has it, too.

    Attributes:
        is_compared_whole: whether its bytes are compared, not its code, as where there is too much to be parsed.
    """

    def __init__(self, path: PurePosixPath, source: bytes, *, is_module: bool = False) -> None:
        self.path = path
        self.source = source
        self.is_module = is_module
        self.is_compared_whole = len(source) > MAX_SOURCE

    @cached_property
    def is_handed_out(self) -> bool:
        """Whether it is as it was handed out, to the last character."""
        return _of_bytes(self.source) in HANDED_OUT

    @cached_property
    def defined(self) -> frozenset[str]:
        """The functions of the contract that it binds, stubs among them."""
        if not NAMED.search(self.source):
            return frozenset()
        if self.is_handed_out or self._tree is None:
            return frozenset(name.decode() for name in DEFINED.findall(self.source))
        return frozenset(FUNCTIONS).intersection(name for one in self._tree.body for name in bound_names(one))

    @cached_property
    def written(self) -> dict[str, str]:
        """A digest of the code of each function that is no stub."""
        if self.is_handed_out:
            return {}
        if self._tree is None:
            return dict.fromkeys(sorted(self.defined), _of_bytes(self.source))
        try:
            digests = {function: _digest(self._tree, function) for function in FUNCTIONS if function in self.defined}
        except UNREADABLE:  # it is nested too deeply to be followed
            return dict.fromkeys(sorted(self.defined), _of_bytes(self.source))
        imported = _of_bytes(self.source) if self.is_module else ""
        return {
            function: known for function, digest in digests.items() if (known := imported if digest is None else digest)
        }

    @cached_property
    def _tree(self) -> ast.Module | None:
        """None where it is no Python, or too much to be compared."""
        try:
            return None if self.is_compared_whole else parsed(self.source)
        except UNREADABLE:
            return None


def _digest(tree: ast.Module, function: str) -> str | None:
    """A digest of what a function needs, imports and docstrings aside; empty for a stub, None where it is imported."""
    needed = needed_statements(tree, function)
    code = [_without_docstring(one) for one in needed if not isinstance(one, ast.Import | ast.ImportFrom)]
    own = [ast.unparse(one) for one in code if function in bound_names(one)]
    if any(STUBS[function] in text for text in own):
        return ""
    return _of_bytes("\n".join(map(ast.unparse, code)).encode("utf-8", "surrogatepass")) if own else None


def _of_bytes(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _without_docstring(statement: ast.stmt) -> ast.stmt:
    match statement:
        case ast.FunctionDef(body=[ast.Expr(value=ast.Constant(value=str())), *rest]) if rest:
            return ast.copy_location(ast.FunctionDef(**dict(ast.iter_fields(statement)) | {"body": rest}), statement)
    return statement


def published(solution: Path, skeleton: Mapping[str, bytes]) -> str:
    """The text of `PUBLISHED_FILE`.

    Args:
        solution: the folder of the solution.
        skeleton: the sources that are handed out, by name; of a notebook, its cells as one source.
    """
    modules = [Code(PurePosixPath(name), (solution / name).read_bytes()) for name in sorted(MODULES)]
    code = [f'{function} = "{digest}"' for module in modules for function, digest in module.written.items()]
    sources = [f'"{name}" = "{_of_bytes(source)}"' for name, source in sorted(skeleton.items())]
    head = "# Made by `lab skeleton`: digests of the code of each function, and of whole sources."
    return "\n".join([head, "", "[solution]", *code, "", "[skeleton]", *sources, ""])


class Candidate(NamedTuple):
    """What may be the whole submission.

    Attributes:
        path: where it lies, as it is told: a folder or a file.
        codes: its sources, by the name of the module; of a single source, under an empty name.
    """

    path: PurePosixPath
    codes: Mapping[str, Code]

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of modules."""
        return "" not in self.codes

    @property
    def defined(self) -> frozenset[str]:
        """See `Code`."""
        return frozenset().union(*(code.defined for code in self.codes.values()))

    @property
    def written(self) -> dict[str, str]:
        """See `Code`."""
        return {name: digest for code in self.codes.values() for name, digest in code.written.items()}

    def is_published(self) -> bool:
        """Whether it is a copy of the published solution."""
        codes = self.codes.values()  # most are told by the first of them
        return all(code.written.items() <= SOLUTION_CODE.items() for code in codes) and bool(self.written)

    @property
    def is_handed_out(self) -> bool:
        """See `Code`."""
        return all(code.is_handed_out for code in self.codes.values())

    def place_of(self, function: str) -> PurePosixPath:
        """The path of the source that has a function."""
        return next(code.path for code in self.codes.values() if function in code.defined)

    def covers(self, other: "Candidate") -> bool:
        """Whether it says all that another one says."""
        return other.written.items() <= self.written.items()


def chosen(candidates: Iterable[Candidate], held: str) -> Candidate:
    """The one that all others agree with, once copies of what was handed out or published have yielded.

    Args:
        candidates: at least one.
        held: what holds them, for the reason.

    Raises:
        UnreadableError: two of them say different things, or each says a part; the reason names both.
    """
    left = _without_copies(sorted(candidates, key=lambda one: (not one.is_folder, len(one.path.parts), str(one.path))))
    folders = [one for one in left if one.is_folder]
    if len(folders) > 1:
        left = [_merged(folders, held), *(one for one in left if not one.is_folder)]
    for one in left:
        if len(left) == 1 or all(one.covers(other) for other in left):
            return one
    for one, other in combinations(left, 2):
        for function, digest in one.written.items():
            if other.written.get(function, digest) != digest:
                raise contradicting(held, function, one.place_of(function), other.place_of(function))
    raise _in_parts(held, [one.path for one in left])


def _without_copies(candidates: list[Candidate]) -> list[Candidate]:
    """Those that stay: a copy of the solution yields to what has its functions too, and so does what is not written."""
    if any(one.is_folder for one in candidates):  # untouched notebooks are handed out beside the modules
        candidates = [one for one in candidates if one.is_folder or not one.is_handed_out]
    for is_copy in (Candidate.is_published, lambda one: not one.written):
        if len(candidates) > 1:
            copies = [one for one in candidates if is_copy(one)]
            others = [one for one in candidates if one not in copies]
            yielding = [one for one in copies if any(one.defined & other.defined for other in others)]
            candidates = [one for one in candidates if one not in yielding]
    return candidates


def _merged(folders: list[Candidate], held: str) -> Candidate:
    """One lab out of the folders over which it is spread.

    Raises:
        UnreadableError: two of them hold a module by different code.
    """
    codes: dict[str, Code] = {}
    for code in (code for folder in folders for code in folder.codes.values()):
        name = code.path.name
        known = codes.setdefault(name, code)
        if known.written.items() <= code.written.items():
            codes[name] = code if known.written != code.written else known
        elif not code.written.items() <= known.written.items():
            function = next(f for f in FUNCTIONS if known.written.get(f) != code.written.get(f))
            raise contradicting(held, function, known.path, code.path)
    return Candidate(folders[0].path, codes)


def contradicting(held: str, what: str, *paths: PurePosixPath) -> UnreadableError:
    """The error for two places that say different things about a function or file."""
    one, other = (as_text(str(path)) for path in paths)
    return UnreadableError(
        Bilingual(
            f"{held}: {one} 과(와) {other} 의 {what} 이(가) 서로 다릅니다. 채점할 것만 남겨 주세요. 두 사람의 것이라면 "
            f"따로 채점해 주세요.",
            f"{held}: {one} and {other} differ in {what}: leave only the one that is to count or, if they are two "
            f"people's, grade them apart.",
        )
    )


def _in_parts(held: str, paths: list[PurePosixPath]) -> UnreadableError:
    names = ", ".join(as_text(str(path)) for path in paths)
    return UnreadableError(
        Bilingual(
            f"{held}: {names} 에 실습의 함수가 나뉘어 있습니다. 노트북 하나나 모듈로 모아 주세요.",
            f"{held}: the lab's functions are divided among {names}: put them into one notebook, or into modules.",
        )
    )

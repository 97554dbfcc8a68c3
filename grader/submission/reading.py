"""Reading a submission on the trusted side: bytes only, nothing is imported or executed here."""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from grader.errors import GraderError, UnreadableError
from grader.inside.messages import SubmittedFiles
from grader.submission.archive import Files, UnpackingBudget, unpack
from grader.submission.encoding import as_text, decodes, readable_source
from grader.submission.folders import MAX_DEPTH, MAX_LEVELS, MODULES, is_wanted, nothing_in
from grader.submission.listing import (
    MAX_BYTES,
    MAX_FILES,
    FolderListing,
    Listing,
    MemoryListing,
    explained,
    find_root,
    read_within,
    too_large,
)
from grader.submission.notebook import joined, source_of
from grader.submission.stubs import is_untouched
from kit.messages import Bilingual

MAX_PACKED = 200 * 2**20  # zips and notebooks, whose pictures and outputs are left out
SUFFIXES = {".py", ".csv", ".json", ".toml", ".txt"}  # modules, and small data that they may read
SINGLE = {".py", ".ipynb"}  # what may be a whole submission


@dataclass(frozen=True)
class Submission:
    """A submission as it was read.

    Attributes:
        name: how the report calls it.
        kind: `"folder"` (modules) or `"source"` (one file with the contract's functions).
        files: contents by relative POSIX path; of a notebook, its cells as one source.
        cells: the numbers of the lines before a notebook's cells.
    """

    name: str
    kind: Literal["folder", "source"]
    files: Files = field(repr=False)
    cells: tuple[int, ...] = field(default=(), repr=False)

    def message(self) -> SubmittedFiles:
        """The submission as it is sent to the child."""
        return SubmittedFiles(self.kind, self.files)

    def place(self, file: str, line: int) -> tuple[str, int]:
        """A line as its author sees it: in a notebook, the cell (`kim.ipynb [3]`) and the line in it."""
        cell = bisect.bisect_left(self.cells, line) if file in self.files else 0
        return (f"{file} [{cell}]", line - self.cells[cell - 1]) if cell else (file, line)


def read(path: Path) -> Submission:
    """Read a folder, a zip, a single `.py` file or a notebook.

    Raises:
        GraderError: there is nothing at that path.
        UnreadableError: there is something, but no submission: the reason is for the report.
    """
    with explained(path):
        if path.is_dir():
            return _searched(FolderListing(path), UnpackingBudget(), as_text(path.resolve().name))
        if not path.exists():
            raise GraderError(
                Bilingual(
                    f"{as_text(path)} 이(가) 없습니다. 폴더나 .zip, .py, .ipynb 파일의 경로를 확인해 주세요.",
                    f"{as_text(path)} does not exist: check the path of the folder or .zip, .py or .ipynb file.",
                ),
            )
        suffix = path.suffix.lower()
        if suffix in {".zip", *SINGLE} and path.is_file():  # not a pipe, which would keep a reader waiting
            limit = MAX_BYTES if suffix == ".py" else MAX_PACKED
            content = read_within(path, limit, limit)
            if suffix in SINGLE:
                return _single(as_text(path.stem), as_text(path.name), content)
            budget = UnpackingBudget()
            files = unpack(content, as_text(path.name), _is_kept, budget)
            return _searched(MemoryListing(path, files), budget, as_text(path.stem))
    raise UnreadableError(
        Bilingual(
            f"{as_text(path.name)}: 폴더나 .zip, .py, .ipynb 파일만 채점할 수 있습니다.",
            f"{as_text(path.name)}: only a folder or a .zip, .py or .ipynb file can be graded.",
        ),
    )


def read_together(name: str, files: dict[str, Path]) -> Submission:
    """A submission whose files an LMS gave one by one.

    Args:
        name: how the report calls it.
        files: where they are, by the names that they had.

    Raises:
        UnreadableError: one cannot be read, or they are too large, or none is a module.
    """
    contents: Files = {}
    left = MAX_BYTES
    for file, path in files.items():
        contents[file] = read_within(path, left, MAX_BYTES)
        left -= len(contents[file])
    return _searched(MemoryListing(Path(name), contents), UnpackingBudget(), name)


def from_cells(file: str, cells: Sequence[str]) -> Submission:
    """A submission out of the cells that were run in a notebook, in that order: what was run last counts.

    Args:
        file: how places are told: `lab.ipynb`, for the third cell that was run, gives `lab.ipynb [3]`.
        cells: their texts.

    Raises:
        UnreadableError: there is too much code.
    """
    source, starts = joined(cells, file, newest=True)
    return Submission(Path(file).stem, "source", {file: source}, starts)


def _searched(listing: Listing, budget: UnpackingBudget, name: str, *, nested: bool = True) -> Submission:
    """A submission out of a listing: its modules, else its single source, else what its zips hold together.

    Args:
        listing: where to look.
        budget: what the zips in it may unpack to.
        name: how the report calls the submission.
        nested: whether zips are looked into: those in a listing are, those in its zips are not.

    Raises:
        UnreadableError: there is no such thing, or too much of it.
    """
    root = find_root(listing)
    if root is not None:
        modules = _modules_in(root)
        _look_beside(modules, root)
        return Submission(name, "folder", modules)
    candidates = _candidates(listing)
    sources = [path for path in candidates if path.suffix.lower() in SINGLE]
    if len(sources) == 1:
        return _single(name, sources[0].name, candidates[sources[0]])
    zips = sorted(candidates.keys() - sources, key=str)
    if sources or not zips or not nested:
        raise nothing_in(listing.path)
    inner: Files = {}
    for number, path in enumerate(zips):
        unpacked = unpack(candidates[path], path.name, _is_kept, budget)
        inner |= {f"{number}/{below}" if len(zips) > 1 else below: content for below, content in unpacked.items()}
    return _searched(MemoryListing(listing.path, inner), budget, name, nested=False)


def _modules_in(root: Listing) -> Files:
    """The modules below a folder, and the small data that they may read.

    Raises:
        UnreadableError: there is too much, or a file and a folder have one name.
    """
    files: Files = {}
    left = MAX_BYTES
    for file in root.files(MAX_DEPTH):
        if file.path.suffix in SUFFIXES:
            if len(files) == MAX_FILES:
                raise too_large(root.path)
            content = file.read(left, MAX_BYTES)
            left -= len(content)
            files[file.path.as_posix()] = readable_source(content) if file.path.suffix == ".py" else content
    if any(folder.as_posix() in files for file in files for folder in PurePosixPath(file).parents):
        raise UnreadableError(
            Bilingual(
                f"{as_text(root.path.name)}: 이름이 같은 파일과 폴더가 들어 있습니다. 다시 압축해 주세요.",
                f"{as_text(root.path.name)}: it holds a file and a folder of one name; pack it again.",
            ),
        )
    return files


def _candidates(listing: Listing) -> dict[PurePosixPath, bytes]:
    """The sources, notebooks and zips where there are no modules, as deep as modules are looked for.

    Raises:
        UnreadableError: there is too much.
    """
    contents: dict[PurePosixPath, bytes] = {}
    left = MAX_PACKED
    for file in listing.files(MAX_LEVELS):
        if file.path.suffix.lower() in {".zip", *SINGLE}:
            contents[file.path] = file.read(left, MAX_PACKED)
            left -= len(contents[file.path])
            if len(contents) > MAX_FILES:
                raise too_large(listing.path)
    return contents


def _look_beside(modules: Files, root: Listing) -> None:
    """Refuse modules that are as they were handed out where a notebook beside them holds the answers.

    Raises:
        UnreadableError: so it is; the modules would get no point, and the notebook would not be looked at.
    """
    written = [name for name in modules if name in MODULES and not is_untouched(modules[name])]
    if written:
        return
    for notebook in (file for file in root.files(0) if file.path.suffix == ".ipynb"):
        name, content = notebook.path.name, notebook.read(MAX_PACKED, MAX_PACKED)
        try:
            source, _ = source_of(content, name)
        except UnreadableError:
            continue
        if not is_untouched(source):
            raise UnreadableError(
                Bilingual(
                    f"모듈의 블록은 모두 비어 있고 답은 옆의 {as_text(name)} 에 있습니다. 노트북만 따로 채점하거나 내 "
                    f"주세요.",
                    f"The modules are still empty, and the answers are in {as_text(name)} beside them: grade, or hand "
                    f"in, the notebook alone.",
                ),
            )


def _single(name: str, file: str, content: bytes) -> Submission:
    """A submission of one source or notebook.

    Raises:
        UnreadableError: it cannot be read.
    """
    if file.lower().endswith(".ipynb"):
        source, cells = source_of(content, file)
        return Submission(name, "source", {file: source}, cells)
    source = readable_source(content)
    if not decodes(source):
        raise UnreadableError(
            Bilingual(
                f"{file}: 글자를 읽을 수 없습니다. UTF-8로 저장한 .py 파일을 내 주세요.",
                f"{file}: its text cannot be decoded; hand in a .py file saved as UTF-8.",
            ),
        )
    return Submission(name, "source", {file: source})


def _is_kept(path: str) -> bool:
    """Whether a file in a zip can belong to a submission."""
    file = PurePosixPath(path)
    wanted = all(is_wanted(Path(part)) for part in file.parts) and len(file.parts) <= MAX_DEPTH
    return wanted and (file.suffix in SUFFIXES or file.suffix.lower() in {".zip", *SINGLE})

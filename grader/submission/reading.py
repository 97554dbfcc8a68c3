"""Reading a submission on the trusted side: bytes only, nothing is imported or executed here."""

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from grader.errors import GraderError, UnreadableError
from grader.inside.messages import SubmittedFiles
from grader.submission.archive import Files, UnpackingBudget, unpack
from grader.submission.candidates import Candidate, Code, chosen, contradicting
from grader.submission.encoding import as_text, decodes, readable_source
from grader.submission.folders import MAX_DEPTH, MODULES, is_wanted, nothing_in
from grader.submission.ipython import plain_source
from grader.submission.listing import (
    MAX_BYTES,
    MAX_FILES,
    MAX_PACKED,
    FolderListing,
    ListedFile,
    Listing,
    MemoryListing,
    explained,
    read_within,
    too_large,
)
from grader.submission.notebook import code_cells, files_written, joined
from grader.submission.search import SINGLE, candidates_in, list_files
from kit.messages import Bilingual

SUFFIXES = {".py", ".csv", ".json", ".toml", ".txt"}  # modules, and small data that they may read


@dataclass(frozen=True)
class Submission:
    """A submission as it was read.

    Attributes:
        name: how the report calls it.
        kind: `"folder"` (modules) or `"source"` (one file with the contract's functions).
        files: contents by relative POSIX path; of a notebook, its cells as one source.
        cells: the numbers of the lines before a notebook's cells.
        main: of a source, its path (without it, the only file's); the others are there to be imported or read. Empty
            for a folder.
    """

    name: str
    kind: Literal["folder", "source"]
    files: Files = field(repr=False)
    cells: tuple[int, ...] = field(default=(), repr=False)
    main: str = ""

    def __post_init__(self) -> None:
        if self.kind == "source" and not self.main:
            [only] = self.files
            object.__setattr__(self, "main", only)

    def message(self) -> SubmittedFiles:
        """The submission as it is sent to the child."""
        return SubmittedFiles(self.kind, self.files, self.main)

    def place(self, file: str, line: int) -> tuple[str, int]:
        """A line as its author sees it: in a notebook, the cell (`kim.ipynb [3]`) and the line in it."""
        cell = bisect.bisect_left(self.cells, line) if file == self.main else 0
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
    return _of_cells(Path(file).stem, file, cells, newest=True)


def _of_cells(name: str, file: str, cells: Sequence[str], *, newest: bool = False) -> Submission:
    """A submission of cells and the files that they write; of modules, where these alone hold the functions.

    Raises:
        UnreadableError: there is too much code.
    """
    source, starts = joined(cells, file, newest=newest)
    written = {name: text for name, text in files_written(cells).items() if PurePosixPath(name).suffix in SUFFIXES}
    written = _fit_for_one_folder(written, file)
    if MODULES & written.keys() and not Code(PurePosixPath(file), source).defined:
        return Submission(name, "folder", written)
    return Submission(name, "source", written | {file: source}, starts, file)


def _searched(listing: Listing, budget: UnpackingBudget, name: str, *, nested: bool = True) -> Submission:
    """A submission out of a listing: its modules or its source, else what its zips hold together.

    Args:
        listing: where to look.
        budget: what the zips in it may unpack to.
        name: how the report calls the submission.
        nested: whether zips are looked into: those in a listing are, those in its zips are not.

    Raises:
        UnreadableError: there is no such thing, or too much of it, or more than one that could be meant.
    """
    listed = list_files(listing)
    found = candidates_in(listing, listed)
    candidates = [candidate for candidate in found.candidates if candidate.is_folder or candidate.defined]
    if not candidates and len(found.candidates) == 1 and not found.broken:
        candidates = found.candidates  # the check will say that nothing is in it
    best = chosen(candidates, as_text(listing.path.resolve().name)) if candidates else None
    if found.broken and (best is None or not best.written):
        raise found.broken[0]
    if best is not None:
        return _of_folders(name, best, listing, listed) if best.is_folder else _of_source(name, listed[best.path])
    zips = [file for path, file in listed.items() if path.suffix.lower() == ".zip"]
    if found.candidates or not zips or not nested:
        raise nothing_in(listing.path, [as_text(str(candidate.path)) for candidate in found.candidates])
    return _searched(MemoryListing(listing.path, _unpacked(zips, budget)), budget, name, nested=False)


def _unpacked(zips: Sequence[ListedFile], budget: UnpackingBudget) -> Files:
    """What zips hold together: of several, each in a folder of its name.

    Raises:
        UnreadableError: one cannot be unpacked, or there is too much.
    """
    inner: Files = {}
    left = MAX_PACKED
    for number, file in enumerate(zips):
        content = file.read(left, MAX_PACKED)
        left -= len(content)
        unpacked = unpack(content, file.path.name, _is_kept, budget)
        same = sum(other.path.name == file.path.name for other in zips) > 1
        folder = f"{file.path.name}~{number + 1}" if same else file.path.name
        inner |= {f"{folder}/{below}" if len(zips) > 1 else below: unpacked[below] for below in unpacked}
    return inner


def _of_folders(name: str, best: Candidate, listing: Listing, listed: Mapping[PurePosixPath, ListedFile]) -> Submission:
    """A submission of modules, which may be spread over folders; what lies beside them comes along.

    Raises:
        UnreadableError: there is too much, or what comes together cannot lie in one folder.
    """
    files: Files = {}
    origin: dict[str, PurePosixPath] = {}
    for folder, first in {code.path.parent: code.path for code in best.codes.values()}.items():
        for file, content in _files_in(listed[first].folder()).items():
            module = best.codes.get(file)
            if module is not None and module.path != folder / file:
                continue
            if files.get(file, content) != content:
                raise contradicting(as_text(listing.path.resolve().name), file, origin[file], folder / file)
            files[file], origin[file] = content, folder / file
    return Submission(name, "folder", _fit_for_one_folder(files, listing.path.name))


def _fit_for_one_folder(files: Files, held: str) -> Files:
    """The files, which the child will write into one folder.

    Raises:
        UnreadableError: a file and a folder have one name, which no disk can hold, but a zip can.
    """
    if any(folder.as_posix() in files for file in files for folder in PurePosixPath(file).parents):
        raise UnreadableError(
            Bilingual(
                f"{as_text(held)}: 이름이 같은 파일과 폴더가 들어 있습니다. 다시 압축해 주세요.",
                f"{as_text(held)}: it holds a file and a folder of one name; pack it again.",
            ),
        )
    return files


def _of_source(name: str, file: ListedFile) -> Submission:
    """A submission of one source; the modules and data beside it come along, as far as there is room."""
    submission = _single(name, file.path.name, file.read(MAX_PACKED, MAX_PACKED))
    files = _files_in(file.folder(), left=MAX_BYTES - sum(map(len, submission.files.values())))
    return replace(submission, files=_fit_for_one_folder(files | submission.files, name))


def _files_in(root: Listing, left: int | None = None) -> Files:
    """The modules below a folder, and the small data that they may read.

    Args:
        root: the folder.
        left: how many bytes there are to be at most: more are left out. Without it, more are refused.

    Raises:
        UnreadableError: there is too much.
    """
    files: Files = {}
    room = MAX_BYTES if left is None else left
    listed = [file for file in root.files(MAX_DEPTH) if file.path.suffix in SUFFIXES]
    for file in sorted(listed, key=lambda file: left is not None and file.path.suffix != ".py"):
        try:
            if len(files) == MAX_FILES:
                raise too_large(root.path)
            content = file.read(room, MAX_BYTES)
        except UnreadableError:
            if left is None:
                raise
            continue
        room -= len(content)
        files[file.path.as_posix()] = readable_source(content) if file.path.suffix == ".py" else content
    return files


def _single(name: str, file: str, content: bytes) -> Submission:
    """A submission of one source or notebook.

    Raises:
        UnreadableError: it cannot be read.
    """
    if file.lower().endswith(".ipynb"):
        return _of_cells(name, file, code_cells(content, file))
    source = plain_source(readable_source(content))
    if not decodes(source):
        raise UnreadableError(
            Bilingual(
                f"{file}: 글자를 읽을 수 없습니다. UTF-8로 저장한 .py 파일을 내 주세요.",
                f"{file}: its text cannot be decoded; hand in a .py file saved as UTF-8.",
            ),
        )
    return Submission(name, "source", {file: source}, main=file)


def _is_kept(path: str) -> bool:
    """Whether a file in a zip can belong to a submission."""
    file = PurePosixPath(path)
    wanted = all(is_wanted(Path(part)) for part in file.parts) and len(file.parts) <= MAX_DEPTH
    return wanted and (file.suffix in SUFFIXES or file.suffix.lower() in {".zip", *SINGLE})

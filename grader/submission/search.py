"""Looking for what may be the submission among the files that were handed in."""

from pathlib import PurePosixPath
from typing import NamedTuple

from grader.errors import UnreadableError
from grader.submission.candidates import MAX_COMPARED, NAMED, Candidate, Code
from grader.submission.encoding import readable_source
from grader.submission.folders import MAX_LEVELS, MODULES
from grader.submission.ipython import plain_source
from grader.submission.listing import MAX_BYTES, MAX_FILES, MAX_PACKED, ListedFile, Listing, too_large
from grader.submission.notebook import code_cells, files_written, joined

MAX_BESIDE = 16 * 2**20  # bytes of a notebook beside modules, which is read in case that it says something else
SINGLE = {".py", ".ipynb"}  # what may be a whole submission


class Found(NamedTuple):
    """What may be the submission.

    Attributes:
        candidates: folders of modules, and sources, of which some may have nothing to do with the lab.
        broken: why notebooks cannot be read.
    """

    candidates: list[Candidate]
    broken: list[UnreadableError]


def list_files(listing: Listing) -> dict[PurePosixPath, ListedFile]:
    """The files of a listing in which a submission is looked for, by path, those that lie deeper behind.

    Raises:
        OSError: a folder on the way cannot be looked into.
    """
    files = sorted(listing.files(MAX_LEVELS, _refuse), key=lambda file: (len(file.path.parts), file.path))
    return {file.path: file for file in files}


def _refuse(error: OSError) -> None:
    raise error


def candidates_in(listing: Listing, listed: dict[PurePosixPath, ListedFile]) -> Found:
    """What may be the submission, among the files of a listing.

    Raises:
        UnreadableError: there is too much.
    """
    folders = _module_folders(listed)
    paths = [path for path in listed if _is_source(path, [folder.path for folder in folders])]
    if len(paths) > MAX_FILES:
        raise too_large(listing.path)
    found, left = Found(folders, []), MAX_PACKED
    for path in paths:
        try:
            content = listed[path].read(min(left, MAX_BESIDE) if folders else left, MAX_PACKED)
            left -= len(content)
            is_notebook = path.suffix.lower() == ".ipynb"
            source = _code_of(content, path) if is_notebook else plain_source(readable_source(content))
        except UnreadableError as error:
            found.broken.append(error)
        else:
            found.candidates.append(Candidate(path, {"": Code(path, source)}))
    codes = [code for candidate in found.candidates for code in candidate.codes.values()]
    if sum(len(code.source) for code in codes if NAMED.search(code.source)) > MAX_COMPARED:
        for code in codes:
            code.is_compared_whole = True
    return found


def _code_of(content: bytes, path: PurePosixPath) -> bytes:
    """What a notebook says; where its cells define none of the functions, what the modules say that they write.

    Raises:
        UnreadableError: it is no notebook, or holds too much code.
    """
    cells = code_cells(content, path.name)
    source, _ = joined(cells, path.name)
    written = [text for name, text in sorted(files_written(cells).items()) if name in MODULES]
    return b"\n\n".join(written) if written and not Code(path, source).defined else source


def _is_source(path: PurePosixPath, folders: list[PurePosixPath]) -> bool:
    """Whether a file may be a whole submission: a module's helpers may not, a notebook beside them may."""
    suffix = path.suffix.lower()
    return suffix == ".ipynb" or (suffix in SINGLE and not any(path.is_relative_to(folder) for folder in folders))


def _module_folders(listed: dict[PurePosixPath, ListedFile]) -> list[Candidate]:
    """The folders that hold modules; one within another counts for those that the other lacks.

    Raises:
        UnreadableError: there is too much.
    """
    names: dict[PurePosixPath, set[str]] = {}
    for path in (path for path in listed if path.name in MODULES):
        if not any(path.name in names.get(folder, ()) for folder in path.parent.parents):
            names.setdefault(path.parent, set()).add(path.name)
    return [
        Candidate(folder, {name: _module(listed[folder / name]) for name in sorted(modules)})
        for folder, modules in names.items()
    ]


def _module(file: ListedFile) -> Code:
    return Code(file.path, readable_source(file.read(MAX_BYTES, MAX_BYTES)), is_module=True)

"""Reading a submission on the trusted side: bytes only, nothing is imported or executed here."""

import bisect
import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from grader.errors import GraderError, UnreadableError
from grader.inside.messages import SubmittedFiles
from grader.submission.archive import Files, UnpackingBudget, unpack
from grader.submission.encoding import as_text, decodes, readable_source
from grader.submission.folders import MAX_DEPTH, MAX_LEVELS, MODULES, find_root, is_wanted, nothing_in, walk
from grader.submission.notebook import joined, source_of
from grader.submission.stubs import is_untouched
from kit.messages import Bilingual

MAX_FILES = 500
MAX_BYTES = 20 * 2**20
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
        """What the child is sent."""
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
    with _explained(path):
        if path.is_dir():
            return _read_any_folder(path)
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
            content = _read_within(path, limit, limit)
            if suffix in SINGLE:
                return _single(as_text(path.stem), as_text(path.name), content)
            budget = UnpackingBudget()
            files = unpack(content, as_text(path.name), _is_kept, budget)
            return _from_files(path, files, budget, name=as_text(path.stem))
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
        contents[file] = _read_within(path, left, MAX_BYTES)
        left -= len(contents[file])
    return _from_files(Path(name), contents, UnpackingBudget(), name=name)


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


def _read_any_folder(path: Path) -> Submission:
    """A folder of modules, or else of a single source or of zips."""
    try:
        root = find_root(path)
    except UnreadableError:
        files = _candidates(path)
        if not files:
            raise
        return _from_files(path, files, UnpackingBudget(), name=as_text(path.resolve().name))
    modules = _read_folder(root)
    _look_beside(modules, lambda: {file.name: _read_within(file, MAX_PACKED, MAX_PACKED) for file in _notebooks(root)})
    return Submission(as_text(path.resolve().name), "folder", modules)


def _notebooks(root: Path) -> list[Path]:
    named = (path for path in sorted(root.iterdir()) if path.suffix == ".ipynb" and is_wanted(path))
    return [path for path in named if path.is_file() and not path.is_symlink()]


def _candidates(path: Path) -> Files:
    """The sources, notebooks and zips in a folder without modules, as deep as modules are looked for."""
    files: Files = {}
    left = MAX_PACKED
    for file, relative in walk(path, MAX_LEVELS):
        if file.suffix.lower() in {".zip", *SINGLE}:
            files[relative] = _read_within(file, left, MAX_PACKED)
            left -= len(files[relative])
            if len(files) > MAX_FILES:
                raise _too_large(path)
    return files


def _from_files(path: Path, files: Files, budget: UnpackingBudget, *, name: str, nested: bool = True) -> Submission:
    """A submission out of what a zip held, as if it were a folder: modules, or a single source, or the same in zips.

    Raises:
        UnreadableError: there is no such thing.
    """
    root = _root_in(files)
    if root is not None:
        modules = _modules_in(files, root, path)
        beside = {file: PurePosixPath(file) for file in files if file.endswith(".ipynb")}
        _look_beside(modules, lambda: {at.name: files[file] for file, at in beside.items() if at.parent == root})
        return Submission(name, "folder", modules)
    levels = {file: len(PurePosixPath(file).parts) - 1 for file in files}
    sources = [file for file in files if PurePosixPath(file).suffix.lower() in SINGLE and levels[file] <= MAX_LEVELS]
    if len(sources) == 1:
        return _single(name, PurePosixPath(sources[0]).name, files[sources[0]])
    zips = [file for file in sorted(files) if file.lower().endswith(".zip") and levels[file] <= MAX_LEVELS]
    if sources or not zips or not nested:
        raise nothing_in(path)
    inner: Files = {}
    for number, file in enumerate(zips):
        unpacked = unpack(files[file], PurePosixPath(file).name, _is_kept, budget)
        inner |= {f"{number}/{below}" if len(zips) > 1 else below: content for below, content in unpacked.items()}
    return _from_files(path, inner, budget, name=name, nested=False)


def _look_beside(modules: Files, notebooks: Callable[[], Files]) -> None:
    """Look whether somebody who wrote a notebook handed in the modules as well, which are as they were given.

    Raises:
        UnreadableError: so it is; the modules would get no point, and the notebook would not be looked at.
    """
    written = [name for name in modules if name in MODULES and not is_untouched(modules[name])]
    if written:
        return
    for name, content in notebooks().items():
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


def _root_in(files: Files) -> PurePosixPath | None:
    """The shallowest folder, at most three levels down, that holds one of the modules."""
    roots = {PurePosixPath(file).parent for file in files if PurePosixPath(file).name in MODULES}
    return min(
        (root for root in roots if len(root.parts) <= MAX_LEVELS),
        key=lambda root: (len(root.parts), root),
        default=None,
    )


def _modules_in(files: Files, root: PurePosixPath, path: Path) -> Files:
    found: Files = {}
    for file in map(PurePosixPath, sorted(files)):
        if file.is_relative_to(root) and file.suffix in SUFFIXES:
            content = files[file.as_posix()]
            found[file.relative_to(root).as_posix()] = readable_source(content) if file.suffix == ".py" else content
    if any(folder.as_posix() in found for file in found for folder in PurePosixPath(file).parents):
        raise UnreadableError(
            Bilingual(
                f"{as_text(path.name)}: 이름이 같은 파일과 폴더가 들어 있습니다. 다시 압축해 주세요.",
                f"{as_text(path.name)}: it holds a file and a folder of one name; pack it again.",
            ),
        )
    if len(found) > MAX_FILES or sum(map(len, found.values())) > MAX_BYTES:
        raise _too_large(path)
    return found


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


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into a sentence."""
    try:
        yield
    except OSError as error:
        raise UnreadableError(
            Bilingual(
                f"{as_text(path.name)} 을(를) 읽을 수 없습니다 ({error.strerror}).",
                f"{as_text(path.name)} cannot be read ({error.strerror}).",
            ),
        ) from error


def _read_folder(root: Path) -> Files:
    files: Files = {}
    left = MAX_BYTES
    for path, relative in walk(root, MAX_DEPTH):
        if path.suffix in SUFFIXES:
            if len(files) == MAX_FILES:
                raise _too_large(root)
            content = _read_within(path, left, MAX_BYTES)
            left -= len(content)
            files[relative] = readable_source(content) if path.suffix == ".py" else content
    return files


def _read_within(path: Path, left: int, limit: int) -> bytes:
    """A file's content.

    Raises:
        UnreadableError: it is larger than what is left of a limit, or cannot be read.
    """
    with _explained(path):
        if path.stat().st_size > left:
            raise _too_large(path, limit)
        return path.read_bytes()


def _too_large(path: Path, limit: int = MAX_BYTES) -> UnreadableError:
    most = f"{MAX_FILES}, {limit // 2**20} MiB"
    return UnreadableError(
        Bilingual(
            f"{as_text(path.name)}: 파일이 너무 많거나 큽니다 (한계: {most}). 실습 파일만 내 주세요.",
            f"{as_text(path.name)}: too many or too large files (limit: {most}); hand in the lab's files only.",
        ),
    )

"""The files of a submission, wherever they lie: a listing gives their paths first, and a content when it is asked for.

A folder, a zip, zips in either, and files that an LMS gave one by one are all listings, and searched in one way.
"""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

from grader.errors import UnreadableError
from grader.submission.archive import Files
from grader.submission.encoding import as_text
from grader.submission.folders import walk
from kit.messages import Bilingual

MAX_FILES = 500
MAX_BYTES = 20 * 2**20
MAX_PACKED = 200 * 2**20  # zips and notebooks, whose pictures and outputs are left out


class ListedFile(NamedTuple):
    """One file of a listing.

    Attributes:
        path: where it lies in the listing, composed (NFC).
        read: its content, given how many bytes it may have and the limit that a reason names. Raises `UnreadableError`
            where it has more, or cannot be read.
        folder: the folder that it lies in, as a listing of its own.
    """

    path: PurePosixPath
    read: Callable[[int, int], bytes]
    folder: Callable[[], "Listing"]


class Listing(Protocol):
    """Files by their paths.

    Attributes:
        path: what reasons name.
    """

    path: Path

    def files(self, depth: int, closed: Callable[[OSError], object] | None = None) -> Iterator[ListedFile]:
        """The files, by path, but for those that are passed over (hidden ones, links).

        Args:
            depth: how many folders within folders are looked into.
            closed: called with the error where a folder cannot be looked into; without it such a folder is empty.
        """


class FolderListing:
    """A folder on the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def files(self, depth: int, closed: Callable[[OSError], object] | None = None) -> Iterator[ListedFile]:
        """See `Listing`."""
        for path, relative in walk(self.path, depth, closed):
            yield ListedFile(PurePosixPath(relative), partial(read_within, path), partial(FolderListing, path.parent))


class MemoryListing:
    """Files that have been read already, as those of a zip.

    Args:
        path: what reasons name.
        contents: by path; of a zip those that are wanted.
    """

    def __init__(self, path: Path, contents: Files) -> None:
        self.path = path
        self._contents = {PurePosixPath(name): contents[name] for name in sorted(contents, key=PurePosixPath)}

    def files(self, depth: int, closed: Callable[[OSError], object] | None = None) -> Iterator[ListedFile]:
        """See `Listing`."""
        del closed  # nothing here is
        for path in self._contents:
            if len(path.parts) <= depth + 1:
                yield ListedFile(path, partial(self._read, path), partial(self._below, path.parent))

    def _read(self, path: PurePosixPath, left: int, limit: int) -> bytes:
        if len(self._contents[path]) > left:
            raise too_large(self.path, limit)
        return self._contents[path]

    def _below(self, folder: PurePosixPath) -> "MemoryListing":
        inside = (path for path in self._contents if path.is_relative_to(folder))
        return MemoryListing(self.path, {str(path.relative_to(folder)): self._contents[path] for path in inside})


def read_within(path: Path, left: int, limit: int) -> bytes:
    """A file's content.

    Args:
        path: where it is.
        left: how many bytes it may have: what others have left of the limit.
        limit: what the reason names.

    Raises:
        UnreadableError: it has more, or cannot be read.
    """
    with explained(path):
        if path.stat().st_size > left:
            raise too_large(path, limit)
        return path.read_bytes()


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into a sentence.

    Raises:
        UnreadableError: it refused something.
    """
    try:
        yield
    except OSError as error:
        raise UnreadableError(
            Bilingual(
                f"{as_text(path.name)} 을(를) 읽을 수 없습니다 ({error.strerror}).",
                f"{as_text(path.name)} cannot be read ({error.strerror}).",
            ),
        ) from error


def too_large(path: Path, limit: int = MAX_BYTES) -> UnreadableError:
    """The error for a file that is too large, or for files that are too many or too large together."""
    most = f"{MAX_FILES}, {limit // 2**20} MiB"
    return UnreadableError(
        Bilingual(
            f"{as_text(path.name)}: 파일이 너무 많거나 큽니다 (한계: {most}). 실습 파일만 내 주세요.",
            f"{as_text(path.name)}: too many or too large files (limit: {most}); hand in the lab's files only.",
        ),
    )

"""Noticing that a file or folder was saved, by whatever means an editor saves, or was removed and came back."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from watchfiles import Change, watch

from grader.submission.folders import MAX_DEPTH, walk
from grader.submission.reading import SUFFIXES
from grader.submission.search import SINGLE

WATCHED_SUFFIXES = SUFFIXES | SINGLE | {".zip", ""}  # "": folders, which may be renamed
# Between two looks at the files themselves: some file systems send no events, and polling sees only whole seconds.
LOOK_SECONDS = 0.5


def changes(path: Path, stop: threading.Event, *, poll: bool | None) -> Iterator[None]:
    """Yield at the start, and then whenever something at or below a path may have changed, until `stop` is set.

    Args:
        path: a file or a folder; need not exist yet.
        stop: set by another thread.
        poll: compare the files' times instead of waiting for events; `None` polls only on systems known to send none.
    """
    while not stop.is_set():
        watched = _identity(path)
        if watched is None:  # it was removed; what comes in its place may be another file or folder
            yield
            while _identity(path) is None and not stop.wait(LOOK_SECONDS):
                pass
        else:
            yield from _until_replaced(path, watched, stop, poll=poll)


def _until_replaced(
    path: Path, watched: tuple[int, int], stop: threading.Event, *, poll: bool | None
) -> Iterator[None]:
    """Yield for each save below a folder, or of one file, until the watched folder is replaced by another.

    A file is watched by way of its folder, as many editors save by moving a new file into its place.
    """

    def concerns(_: Change, changed: str) -> bool:
        return Path(changed).suffix.lower() in WATCHED_SUFFIXES if path.is_dir() else Path(changed).name == path.name

    changes = watch(
        _folder_to_watch(path),
        watch_filter=concerns,
        stop_event=stop,
        rust_timeout=int(LOOK_SECONDS * 1000),
        yield_on_timeout=True,
        raise_interrupt=False,
        force_polling=poll,
        poll_delay_ms=int(LOOK_SECONDS * 500),
        recursive=path.is_dir(),
        ignore_permission_denied=True,
    )
    before = None
    for changed in changes:
        now = _stamps(path)
        if changed or now != before:
            yield
        before = now
        if _identity(path) != watched:
            return


def _stamps(path: Path) -> set[tuple[str, int, int, int]]:
    """Return path, time, size and inode of each file: a snapshot that tells two states apart without reading files."""
    files = (
        (file for file, _ in walk(path, MAX_DEPTH) if file.suffix.lower() in WATCHED_SUFFIXES)
        if path.is_dir()
        else [path]
    )
    stamps = set()
    with contextlib.suppress(OSError):  # a file vanished meanwhile: the next look will notice
        for file in files:
            status = file.stat()
            stamps.add((str(file), status.st_mtime_ns, status.st_size, status.st_ino))
    return stamps


def _folder_to_watch(path: Path) -> Path:
    return path if path.is_dir() else path.resolve().parent


def _identity(path: Path) -> tuple[int, int] | None:
    """Identify the folder to watch by device and inode; `None` if the path does not exist."""
    try:
        status = _folder_to_watch(path).stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if path.exists() else None

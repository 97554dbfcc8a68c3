"""Noticing that a file or folder was saved, however an editor does that, and that it went and came back."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from watchfiles import Change, watch

from grader.submission.folders import MAX_DEPTH, walk
from grader.submission.reading import SINGLE, SUFFIXES

OTHERS = {".zip", ""}  # "": folders, which may be renamed
WANTED = SUFFIXES | SINGLE | OTHERS
LOOK_SECONDS = 0.5  # between two looks for what no event told: some folders have none, and polling sees whole seconds


def changes(path: Path, stop: threading.Event, *, poll: bool | None) -> Iterator[None]:
    """Something at a path, or below it, may have changed; at the start as well. Ends when `stop` is set.

    Args:
        path: a file, a folder, or nothing yet.
        stop: set by another thread.
        poll: look at the files' times instead of waiting for events; `None`: where the machine is known to have none.
    """
    while not stop.is_set():
        watched = _identity(path)
        if watched is None:  # it went away: a new one may be another
            yield
            while _identity(path) is None and not stop.wait(LOOK_SECONDS):
                pass
        else:
            yield from _until_replaced(path, watched, stop, poll=poll)


def _until_replaced(
    path: Path, watched: tuple[int, int], stop: threading.Event, *, poll: bool | None
) -> Iterator[None]:
    """Saves below a folder, or of a file in its folder: a file may be another after each save."""

    def concerns(_: Change, changed: str) -> bool:
        return Path(changed).suffix.lower() in WANTED if path.is_dir() else Path(changed).name == path.name

    changes = watch(
        _place(path),
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
    seen = None
    for changed in changes:
        found = _stamps(path)
        if changed or found != seen:
            yield
        seen = found
        if _identity(path) != watched:
            return


def _stamps(path: Path) -> set[tuple[str, int, int, int]]:
    """What tells one state of the files from another without reading them."""
    files = (file for file, _ in walk(path, MAX_DEPTH) if file.suffix.lower() in WANTED) if path.is_dir() else [path]
    found = set()
    with contextlib.suppress(OSError):  # gone in the middle: the next look will tell
        for file in files:
            status = file.stat()
            found.add((str(file), status.st_mtime_ns, status.st_size, status.st_ino))
    return found


def _place(path: Path) -> Path:
    """The folder to watch for a path."""
    return path if path.is_dir() else path.resolve().parent


def _identity(path: Path) -> tuple[int, int] | None:
    """Which folder there is to watch for a path that exists."""
    try:
        found = _place(path).stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if path.exists() else None

"""Putting a file or folder in its place as a whole: at any moment there is the old one or the new one."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Yield a place beside `path`; what is written there takes the name of `path` when the block ends well.

    What a block that failed, or a process that was killed, has left there is removed, at the latest by the next that
    writes to the same path. Two that write at once must take a lock.

    Args:
        path: a file, which may be there already; or a folder, which may not.
    """
    new = path.with_name(f".{path.name}.new")
    remove(new)
    try:
        yield new
        to_disk(new)
        new.replace(path)
        _entries_to_disk(path.parent)
    except BaseException:
        remove(new)
        raise


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, in a folder that there is, so that at any moment there is the old file or the new one.

    A link is followed. What is no file (a pipe, a terminal) is written to as it is. Two that write to one path at once
    must take a lock.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    with replaced(path) as new:
        new.write_bytes(content)


def remove(path: Path) -> None:
    """Remove a file or a folder with all it holds, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def to_disk(path: Path) -> None:
    """Make a file, or all files of a folder, outlive a power cut."""
    if path.is_dir():
        for entry in path.iterdir():
            to_disk(entry)
        _entries_to_disk(path)
    else:
        with path.open("rb+") as file:  # Windows asks for the right to write
            os.fsync(file.fileno())


def _entries_to_disk(folder: Path) -> None:
    """Make a folder's list of names outlive a power cut, where the system has a way to ask for it."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

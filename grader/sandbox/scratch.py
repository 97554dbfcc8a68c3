"""The folders that fork servers and their children write into: made, measured and removed."""

import contextlib
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from grader.sandbox.limits import Limits

PREFIX, LOCK = "kogpt2-lab-server-", "in_use"


def make_folder(limits: Limits) -> tuple[Path, FileLock]:
    """A new folder for a fork server, and the lock that says that it is in use; those of killed graders are removed.

    The lock ends with the process that holds it, however that ends.
    """
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, Timeout):
            if (old / LOCK).exists() and time.time() - old.stat().st_mtime > limits.young_folder_seconds:
                with FileLock(old / LOCK, timeout=0):
                    remove(old)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = FileLock(folder / LOCK, timeout=0, thread_local=False)
    lock.acquire()
    return folder, lock


def remove(folder: Path) -> None:
    """Remove a folder, also one that is nested so deep that Python's own way gives up."""
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        subprocess.run(["rm", "-rf", "--", str(folder)], check=False, stderr=subprocess.DEVNULL)  # noqa: S607


def too_full(folder: Path, processes: Iterable[psutil.Process], limits: Limits) -> bool:
    """Whether what is in a folder, and what was in it, takes more of the disk than the limits allow.

    Args:
        folder: a child's own.
        processes: those that may hold files open which they have removed.
        limits: how much is allowed, and how long measuring may take.

    Raises:
        subprocess.TimeoutExpired: there are too many files to measure in time, or the disk is very busy.
    """
    try:
        named = _named(folder, limits.measuring_seconds) if any(folder.iterdir()) else 0
    except FileNotFoundError:  # the child has ended; or this system has no `du`
        return False
    return named + _nameless(folder, processes) > limits.disk_bytes


def _named(folder: Path, seconds: float) -> int:
    """The bytes of what is in a folder, however deep: `du` gets where no path is short enough to be opened."""
    command = ["du", "-s", "--block-size=1", "--", str(folder)]
    measured = subprocess.run(command, check=False, capture_output=True, timeout=seconds)
    return int(measured.stdout.split()[0]) if measured.stdout else 0


def _nameless(folder: Path, processes: Iterable[psutil.Process]) -> int:
    """The bytes of a folder's files that have been removed while a process holds them open."""
    sizes: dict[int, int] = {}  # by inode
    for process in processes:
        with contextlib.suppress(OSError):  # it has ended
            for link in Path(f"/proc/{process.pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    file = link.stat()
                    if stat.S_ISREG(file.st_mode) and not file.st_nlink and link.readlink().is_relative_to(folder):
                        sizes[file.st_ino] = 512 * file.st_blocks
    return sum(sizes.values())

"""Bytes on their way through the fork server, in memory that its forks do not inherit.

What passes through the fork server is other people's work. Freed memory still holds what stood in it, and a fork
inherits all of it; only memory of its own, marked so, is left out (`MADV_DONTFORK` in `madvise(2)`).
"""

import mmap
import os
import sys

PIECE = 2**20  # bytes: read at a time, and the least room there is


def _room(size: int) -> mmap.mmap:
    """Memory that a fork does not inherit. Linux only: elsewhere there is no sandbox, and no secret to keep."""
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if sys.platform == "linux":
        memory.madvise(mmap.MADV_DONTFORK)
    return memory


class PrivateBuffer:
    """A queue of bytes that grows as it needs to."""

    def __init__(self) -> None:
        self._memory = _room(PIECE)
        self._start = self._end = 0

    def __len__(self) -> int:
        return self._end - self._start

    def read_from(self, descriptor: int) -> int:
        """Take in what a descriptor gives, up to a piece; returns how many bytes, 0 at the end."""
        self._make_room(PIECE)
        with memoryview(self._memory) as memory, memory[self._end : self._end + PIECE] as free:
            count = os.readv(descriptor, [free])
        self._end += count
        return count

    def write_to(self, descriptor: int, count: int | None = None) -> int:
        """Hand the first bytes to a descriptor: all or so many, as far as it takes them; returns how many it took."""
        stop = self._end if count is None else self._start + count
        with memoryview(self._memory) as memory, memory[self._start : stop] as first:
            taken = os.write(descriptor, first)
        self.drop(taken)
        return taken

    def put(self, content: bytes | memoryview) -> None:
        """Add bytes at the end."""
        self._make_room(len(content))
        with memoryview(self._memory) as memory:
            memory[self._end : self._end + len(content)] = content
        self._end += len(content)

    def move_to(self, other: "PrivateBuffer", count: int) -> None:
        """Move the first bytes to the end of another buffer."""
        with memoryview(self._memory) as memory, memory[self._start : self._start + count] as first:
            other.put(first)
        self.drop(count)

    def peek(self, count: int) -> bytes:
        """A copy of the first bytes: only for what is no secret."""
        return self._memory[self._start : min(self._start + count, self._end)]

    def drop(self, count: int) -> None:
        """Remove the first bytes."""
        self._start += count
        if self._start == self._end:
            self._start = self._end = 0

    def close(self) -> None:
        """Give the memory back."""
        self._memory.close()

    def _make_room(self, count: int) -> None:
        """See to it that so many bytes can be added."""
        if self._end + count <= len(self._memory):
            return
        size = len(self._memory)
        while size < len(self) + count:
            size *= 2
        memory = _room(size)
        with memoryview(self._memory) as old, old[self._start : self._end] as content:
            memory[: len(self)] = content
        self._memory.close()
        self._memory, self._start, self._end = memory, 0, len(self)

"""Bytes on their way through the fork server: a queue, in memory that a fork does not see."""

import ctypes
import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.inside.buffer import PIECE, PrivateBuffer


def drained(buffer: PrivateBuffer, descriptor: int, source: int) -> bytes:
    """All that is in a buffer, through a pipe."""
    found = b""
    while len(buffer):
        buffer.write_to(descriptor, min(len(buffer), 2**12))
        found += os.read(source, 2**12)
    return found


@pytest.fixture
def pipe():
    source, target = os.pipe()
    yield source, target
    os.close(source)
    os.close(target)


@given(st.lists(st.tuples(st.binary(max_size=50), st.integers(0, 60))))
def test_what_comes_first_goes_first(turns):
    buffer, behind, expected, moved = PrivateBuffer(), PrivateBuffer(), b"", b""
    for content, wanted in turns:
        buffer.put(content)
        expected += content
        count = min(wanted, len(buffer))
        assert buffer.peek(count) == expected[:count]
        buffer.move_to(behind, count)
        moved, expected = moved + expected[:count], expected[count:]

    assert buffer.peek(len(buffer) + 1) == expected
    assert behind.peek(len(behind)) == moved


def test_it_grows_with_what_comes_and_keeps_it(pipe):
    source, target = pipe
    content = bytes(range(256)) * (3 * PIECE // 256)
    buffer = PrivateBuffer()
    for start in range(0, len(content), 2**12):
        os.write(target, content[start : start + 2**12])
        assert buffer.read_from(source) == min(2**12, len(content) - start)

    assert drained(buffer, target, source) == content
    assert len(buffer) == 0


def test_the_end_is_no_bytes():
    source, target = os.pipe()
    os.close(target)

    assert PrivateBuffer().read_from(source) == 0
    os.close(source)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has memory that a fork does not inherit")
@pytest.mark.parametrize("size", [10, 3 * PIECE])
def test_a_fork_finds_nothing(size, pipe):
    source, target = pipe
    buffer = PrivateBuffer()
    buffer.put(b"x" * size)
    address = ctypes.addressof(ctypes.c_char.from_buffer(buffer._memory))
    library = ctypes.CDLL(None, use_errno=True)
    library.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]

    assert library.write(target, address, 10) == 10  # here, the kernel can read it
    child = os.fork()
    if child == 0:
        os._exit(0 if library.write(target, address, 10) == -1 else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert os.read(source, 100) == b"x" * 10

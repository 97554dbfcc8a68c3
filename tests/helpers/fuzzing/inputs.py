"""What a target of fuzzing is, its time limit, and bytes that are nearly the ones expected."""

import contextlib
import random
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st

QUIET = settings(database=None, derandomize=True, max_examples=5, phases=(Phase.generate, Phase.shrink))
SECONDS = 10  # for one input, on a busy machine; a hundredth of that is usual at most


@dataclass(frozen=True)
class Target:
    """What is fuzzed.

    Attributes:
        pieces: what hypothesis draws: pieces of inputs.
        make: puts an input together from some pieces, by chance.
        run: takes one input, returns what came of it, raises where it should not have come.
        share: how many of a hundred inputs this target is given.
    """

    name: str
    pieces: st.SearchStrategy[Any]
    make: Callable[[random.Random, list[Any]], Any]
    run: Callable[[Any], str]
    share: int = 100

    def drawn(self) -> st.SearchStrategy[tuple[list[Any], int]]:
        """Pieces and a seed."""
        return st.tuples(st.lists(self.pieces, min_size=1, max_size=8), st.integers(0, 2**32 - 1))

    def inputs(self, pieces: list[Any], seed: int, count: int) -> Iterator[Any]:
        """So many inputs made of the pieces."""
        chance = random.Random(seed)
        return (self.make(chance, pieces) for _ in range(count))


@contextlib.contextmanager
def in_time() -> Iterator[None]:
    """Raise where an input takes longer than any may."""

    def late(*_: object) -> None:
        raise TimeoutError(f"more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, SECONDS, 1)  # again and again: what a garbage collector's hook raises is lost
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# Bytes that are nearly the ones expected

FRAGMENTS = [
    *(b"[" * 2000, b'{"tuple":[' * 12, b'{"a":' * 1500, b"[]," * 3000),
    *(b"1" * 4300, b"9" * 100_000, b"-0", b"1e400", b"1e-400", b"1E5", b"NaN", b"Infinity", b"18446744073709551616"),
    *(b'"\\ud800"', b'"\\u0000"', b"\xff", b"\xed\xa0\x80", b"\x00", b"\xef\xbb\xbf", b'"' + b"\\" * 99, b'""'),
    *(b'{"a":1,"a":2}', b"{}", b"null", b"true", b"5", b'{"float":"0x1p99999"}', b'{"float":"nan"}', b'"value":'),
    b'{"float":"0x' + b"f" * 5000 + b'p-99999999999999999999"}',
    b'{"array":["ndarray","<i8",[2000000,2000000,0],""]}',
    b'{"array":["ndarray","<i8",[0,0,0,0,0,0,0,0,0],""]}',
    b'{"array":["tensor","<u8",[1,1],"//////////8="]}',
    b'{"array":["tensor","|i1",[],"/w=="]}',
    b'{"array":["tensor","<f4",[1],"AADAfw=="]}',
    b'{"integer":["int64",99999999999999999999]}',
    b'{"other":["x","\\u001b[2J"]}',
]
EDITS = ("flip", "insert", "delete", "double", "cut", "splice")


def nearly(chance: random.Random, body: bytes, other: bytes = b"") -> bytes:
    """Bytes after some edits: a bit flipped, something put in, left out, doubled, cut off, another's end put on."""
    for kind in chance.choices(EDITS, k=chance.choice((0, 0, 1, 1, 2, 4))):
        at = chance.randrange(len(body) + 1)
        end = at + chance.randint(1, 40)
        match kind:
            case "flip":
                changed = bytes([body[at] ^ 1 << chance.randrange(8)]) if at < len(body) else b""
                body = body[:at] + changed + body[at + 1 :]
            case "insert":
                body = body[:at] + chance.choice(FRAGMENTS) + body[at:]
            case "delete":
                body = body[:at] + body[end:]
            case "double":
                body = body[:end] + body[at:]
            case "cut":
                body = body[:at]
            case "splice":
                body = body[:at] + other[chance.randrange(len(other) + 1) :]
    return body

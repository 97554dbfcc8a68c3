"""Inputs that nobody means well with, and what must come of each: for `test_fuzz.py` and `benchmarks/fuzz.py`.

Hypothesis draws the pieces (values, texts, bytes) and a seed; from these a target makes many inputs by chance, which
is a great deal faster than to draw each. It runs one at a time: it returns in a word what came of it, and raises
where the grader has a defect. Nothing here imports TensorFlow, and no input is ever executed.
"""

import ast
import base64
import collections
import contextlib
import copy
import encodings
import encodings.aliases
import importlib
import inspect
import io
import itertools
import json
import math
import os
import pkgutil
import random
import shutil
import signal
import string
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import msgspec
import numpy as np
import pytest
from hypothesis import find, settings
from hypothesis import strategies as st

from grader import bench as bench_module
from grader import checks, reference, wire
from grader.assignment import ASSIGNMENT
from grader.bench import Bench, Child, DiedError, UnfitError
from grader.errors import GraderError, UnreadableError
from grader.exam import Examinee, Failure, as_array, as_ids
from grader.grading import check_report
from grader.handin import MAX_BYTES, MAX_FILES, HandIn, decodes, read, readable_source
from grader.inside import child
from grader.inside.bench import Worker
from grader.inside.loading import SingleSource
from grader.inside.names import needed_statements
from grader.showing import show
from tests.test_wire import ANYTHING
from tests.test_wire_format import JSON, NEARLY_VALUES, is_value

QUIET = settings(database=None, derandomize=True, max_examples=5)
SECONDS = 10  # for one input, on a busy machine; a hundredth of that is usual at most
ROOT = Path(__file__).parent.parent


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


# Replies: what a child may send, decoded and judged by the checks

MINI = reference.mini()
DIALOG, PROMPT = MINI.dialog("안녕", "네"), MINI.prompt("안녕")
ROW = np.array([PROMPT])
BATCH = wire.Array("tensor", ROW)
OPTIONS = [["max_length", 50], ["do_sample", True], ["top_k", 20]]
TEXT = f"{reference.BOS}{reference.USR} 안녕{reference.SYS} 네{reference.EOS}"


def value(content: Any) -> dict[str, Any]:
    """A reply with a value."""
    return {"value": wire.pack(content)}


def plain(data: Any) -> bytes:
    """Any data as JSON, lone surrogates too."""
    return json.dumps(data).encode()


def question(name: str, *contents: Any) -> dict[str, Any]:
    """A question that a child asks in the middle of a call."""
    return {"ask": name, "contents": [wire.pack(content) for content in contents]}


ERROR = {"type": "ValueError", "message": "아니요", "file": "dialogs.py", "line": 3, "source": "x"}
REPLIES = [
    *({"raised": ERROR}, {"raised": ERROR | {"file": ""}}, {"raised": ERROR | {"type": "NotImplementedError"}}),
    *({"missing": "encode_dialog"}, {"unfit": "too deep"}, {"loaded": True}),
    *(value([DIALOG, []]), value([[DIALOG], [1]]), value([ROW, []]), value([PROMPT, []]), value(["네", []])),
    *(value([DIALOG]), value("네"), value(None), value(np.float32([7.4])), value([[1, 5], [[1, 5]]])),
    *(value(["_BatchDataset", [np.array([[i, 1000 + i, 2000 + i]] * 8)]]) for i in (0, 3)),
    value([np.array([[5, 6, 7], [8, 0, 0]]), []]),
    value([[["<s>", 0]] * 5, [[1, 2], [3], [4]]]),
    value(np.zeros((2, 7, 5), "f4")),
    value([np.zeros((3, 2), "f4"), np.zeros(3, "f4")]),
    question("encode_dialog", "안녕", "네", 5),
    question("replace_overshooting", [1, 2, 60_000], 1500, 5),
    question("encode_question", "안녕"),
    question("extract_answer", TEXT),
    question("generate", ROW, OPTIONS),
    question("generate", [[-1, 5]], OPTIONS),
]
ODD = [
    *(None, True, 5, -1, 2**63, 2**64, 10**300, 1.5, "", "안녕", "\ud800", "x" * 3000, [], {}, [[]], [[[1]], [[2]]]),
    *({"float": "nan"}, {"float": "-inf"}, {"float": 5}, {"integer": ["int64", 2**63]}, {"other": ["x", "\x1b[2J"]}),
    *({"array": ["ndarray", "<i8", [3, 0], ""]}, {"array": ["tensor", "<i8", [2_000_000, 2_000_000, 0], ""]}),
    *({"array": ["tensor", "<u8", [1, 1], "//////////8="]}, {"array": ["ndarray", "|i1", [], "/w=="]}),
    *({"array": ["tensor", "<f4", [1, 1], "AADAfw=="]}, {"array": ["ndarray", "|b1", [1, 1], "Ag=="]}),
]
DATA = JSON | NEARLY_VALUES | ANYTHING.map(wire.pack)


def grafted(chance: random.Random, data: Any, other: Any) -> Any:
    """JSON data with one part of it replaced by something odd, or by other data."""
    if type(data) not in (list, dict) or not data or chance.random() < 0.2:
        return chance.choice([*ODD, *[other] * 9])
    if type(data) is list:
        at = chance.randrange(len(data))
        return [*data[:at], grafted(chance, data[at], other), *data[at + 1 :]]
    key = chance.choice(sorted(data))
    return data | {key: grafted(chance, data[key], other)}


def make_body(chance: random.Random, pieces: list[Any]) -> bytes:
    """A true reply or a drawn value, most often with something wrong in it; sometimes bytes of no meaning."""
    message = chance.choice([*REPLIES, *({"value": piece} for piece in pieces)])
    match chance.randrange(8):
        case 0:
            return chance.randbytes(chance.randrange(60))
        case 1 | 2 | 3:
            return nearly(chance, plain(message), plain(chance.choice(REPLIES)))
        case 4:
            return plain(message | chance.choice(REPLIES))
    return plain(grafted(chance, message, chance.choice(pieces)))


def make_replies(chance: random.Random, pieces: list[Any]) -> tuple[str, list[bytes]]:
    """A check, and what it is sent."""
    return chance.choice(sorted(CHECKS)), [make_body(chance, pieces) for _ in range(chance.randint(1, 3))]


def every_check() -> dict[str, Callable[[Examinee], None]]:
    """Every check with fixed arguments in the place of hypothesis' examples, by id."""
    found = {}
    for _, name, _ in pkgutil.iter_modules(checks.__path__):
        with mock.patch.object(pytest.mark, "_config", None):  # the tests' own settings know no mark `check`
            module = importlib.import_module(f"{checks.__name__}.{name}")
        for test in vars(module).values():
            for mark in getattr(test, "pytestmark", []):
                found[mark.args[0]] = with_arguments(test)
    return found


def with_arguments(test: Any) -> Callable[[Examinee], None]:
    """A check that tries the simplest of its examples only, twice."""
    parts = inspect.getclosurevars(test).nonlocals
    if "judge" not in parts:
        return test
    arguments = find(st.fixed_dictionaries(parts["search"].hypothesis._given_kwargs), lambda _: True, settings=QUIET)

    def check(examinee: Examinee) -> None:
        failure = examinee.first_failure(parts["judge"], [copy.deepcopy(arguments), copy.deepcopy(arguments)])
        if failure is not None:
            raise failure

    return check


CHECKS = every_check()


class Inbox(bench_module.Inbox):
    """What a child sends: some bodies, the same a few times more, then its end."""

    def __init__(self, bodies: list[bytes]) -> None:
        super().__init__()
        self.left = 3 * len(bodies)
        for body in bodies * 3:
            self.put(body)

    def get(self, seconds: float) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise DiedError(-1)
        return super().get(seconds)


class Started(Child):
    """A child that has loaded its hand-in."""

    def ask(self, request: Any, *rest: Any) -> dict[str, Any]:
        return {"value": None} if request["do"] == "find" else super().ask(request, *rest)


class Fake(Examinee):
    """An examinee whose children send what they are told to, with a referee that computes nothing."""

    def __init__(self, bodies: list[bytes]) -> None:
        inbox = Inbox(bodies)
        sent: list[bytes] = []
        bench = SimpleNamespace(send=lambda _, message: sent.append(wire.dumps(message)), forget=lambda _: None)

        def start(*_: Any, **__: Any) -> Child:
            started = Started(bench, 1, inbox)
            started.loaded = True
            return started

        workshop = SimpleNamespace(child=start, probe=lambda: "probe")
        super().__init__(HandIn("kim", "folder", {"dialogs.py": b""}), workshop)

    def referee(self, operation: str, *, checkpoint: str, batch: list[list[int]], **_: Any) -> Any:
        if operation == "reference_loss":
            return np.float32(7.4)
        size = (MINI if checkpoint == "mini" else reference.probe()).vocab_size
        return np.zeros((len(batch), len(batch[0]), size), "f4")


def decoded(body: bytes) -> str:
    """What the decoder makes of a body: a value that can be shown and judged, or a reason."""
    try:
        message = wire.loads(body)
        came = wire.unpack(message["value"] if type(message) is dict and "value" in message else message)
    except wire.WireError as error:
        return f"refused: {str(error).partition(':')[0]}"
    assert is_value(came)
    assert len(show(came)) <= 300
    ids, array = as_ids(came), as_array(came)
    assert ids is None or all(type(i) is int for i in ids)
    assert array is None or array.dtype.kind in "iu"
    return "a value"


def verdict(check: str, bodies: list[bytes]) -> str:
    """What a check says of an examinee that sends these bodies, as its report."""
    step, described = ASSIGNMENT.checks[check]
    examinee = Fake(bodies)
    examinee.begin(step)
    try:
        CHECKS[check](examinee)
        failure = None
    except Failure as caught:
        failure = caught
    report = check_report(step, described, failure)
    assert json.loads(msgspec.json.encode(report))
    return report.status


def run_replies(given: tuple[str, list[bytes]]) -> str:
    """Decode each body, and let a check judge them."""
    check, bodies = given
    outcomes = [decoded(body) for body in bodies]
    verdict(check, bodies)
    return outcomes[0]


# Values: what crosses comes back


def run_values(sent: Any) -> str:
    """Pack and unpack: what comes back packs to the same."""
    try:
        packed = wire.pack(sent)
    except wire.WireError:
        return "refused: too large or too deep"
    came = wire.unpack(wire.loads(wire.dumps(packed)))
    assert is_value(came)
    assert repack(came) == packed
    return "a value"


def repack(came: Any) -> Any:
    """What was unpacked in the form in which it crossed."""
    match came:
        case wire.Integer():
            return {"integer": [came.kind, came.value]}
        case wire.Other():
            return {"other": [came.type, came.text]}
        case wire.Array(kind=kind, values=array):
            text = base64.b64encode(array.tobytes()).decode()
            return {"array": [kind, array.dtype.newbyteorder("<").str, list(array.shape), text]}
        case list():
            return [repack(item) for item in came]
        case tuple():
            return {"tuple": [repack(item) for item in came]}
        case float():
            return {"float": "nan" if math.isnan(came) else came.hex()}
    return came


# Streams: frames as they come through a pipe

CONTROL_KEYS = st.sampled_from(["ready", "forked", "pid", "ended", "code", "x"])
CONTROL_MESSAGES = JSON | st.dictionaries(CONTROL_KEYS, st.integers(0, 3) | st.booleans() | JSON, max_size=3)
CONTROL_BODIES = st.binary(max_size=30) | CONTROL_MESSAGES.map(plain)


def make_stream(chance: random.Random, pieces: list[bytes]) -> bytes:
    """Some frames, one behind the other."""
    frames = b"".join(frame(chance, chance.choice(pieces)) for _ in range(chance.randrange(6)))
    return nearly(chance, frames, frames)


def frame(chance: random.Random, body: bytes) -> bytes:
    """A frame of which now and then the channel or the length is wrong."""
    channel = chance.choice((0, 0, 1, 2, 3, 2**32 - 1))
    length = chance.choice((*[len(body)] * 5, len(body) + 1, 0, wire.MAX_FRAME, wire.MAX_FRAME + 1, 2**32 - 1))
    return wire.HEADER.pack(channel, length) + body


def relay(stream: bytes) -> Bench:
    """The trusted end of a relay, about to read a stream; it has no process and no folder."""
    bench = Bench.__new__(Bench)
    bench.folder = Path("/no/such/folder")
    bench.process = SimpleNamespace(stdout=io.BytesIO(stream), stdin=io.BytesIO(), pid=0)
    bench.clean, bench._pids, bench._writing = True, {}, threading.Lock()
    bench._ready, bench._gone = threading.Event(), threading.Event()
    bench._inboxes = {channel: bench_module.Inbox() for channel in (1, 2)}
    bench._clear_leftovers = lambda: True  # there are no processes here, and none is to be killed
    return bench


def relayed(stream: bytes) -> list[list[bytes]]:
    """What was put into each inbox when a stream was read: no folder but a channel's own was to be removed."""
    bench, removed = relay(stream), []
    inboxes = list(bench._inboxes.values())
    with mock.patch.object(bench_module, "remove", removed.append):  # nothing is ever removed
        bench._read()
    assert bench._gone.is_set()
    assert bench._ready.is_set()
    assert all(path.parent == bench.folder / "scratch" and path.name.lstrip("-").isdecimal() for path in removed), (
        removed
    )
    return [list(until_the_end(inbox)) for inbox in inboxes]


def until_the_end(inbox: bench_module.Inbox) -> Iterator[bytes]:
    """What is in an inbox; there must be an end."""
    with contextlib.suppress(DiedError, UnfitError):
        while True:
            yield inbox.get(1)


def run_streams(stream: bytes) -> str:
    """Let both ends of the relay read a stream: neither may raise, and who waits must hear of the end."""
    relayed(stream)
    return run_worker(stream)


def run_worker(stream: bytes) -> str:
    """The bench's end: the same bytes from a child, in pieces."""
    worker = Worker(1, 0, 0, 0)
    frames = 0
    try:
        for start in range(0, len(stream), 7):
            worker.incoming += stream[start : start + 7]
            frames += len(worker.frames())
    except wire.WireError as error:
        return f"refused: {error}"
    return "frames" if frames else "an incomplete frame"


# Hand-ins: whatever may lie on a disk

MODULES = [f"{name}.py" for name in ASSIGNMENT.modules]
ODD_NAMES = [
    *("helpers.py", "kim.py", "KIM.PY", "x.Py", "data.csv", "a.json", "words.txt", "notes.md", ".hidden.py", "._a.py"),
    *("__MACOSX", "__pycache__", ".git", "dialogs", "tools", "a b.py", "새 폴더", "똠방각하.py", "줄\n바꿈.py", "..py"),
    *("-rf.py", "~", "$HOME.py", "\u00e9.py", "e\u0301.py", "\u202egnp.py", "\u200b.py", "😀.py", "%s{0}.py", "'\".py"),
    *("a" * 255, "긴" * 84 + ".py", "\udcbe\udcc8\udcb3\udce7.py", "\udcff", "[x].py", "\t.py", "...", "py", ".py"),
]
FOLDERS = ["src", "a", "b", *ODD_NAMES]
TARGETS = [
    *("../outside", "../outside/secret.py", "../outside/dialogs.py", ".", "..", "nowhere"),
    *("loop", "/dev/zero", "/dev/stdin", "/proc/self/environ", "dialogs.py", "kim.py", "x" * 300),
]
CODECS = sorted({name for _, name, _ in pkgutil.iter_modules(encodings.__path__)} | set(encodings.aliases.aliases))
COOKIES = [*CODECS, "utf-16", "utf-8-sig", "no-such", "..", "encodings.utf_8", "x" * 3000, "_", "-"]
HEADS = [
    "# coding: {}",
    "#!/usr/bin/python\n# -*- coding: {} -*-",
    "\n#coding={}",
    "\ufeff# coding: {}",
    "\r# coding:{}",
]
TEXTS = [
    *("x = 1\n", "인사 = '안녕'\r\n", "print('똠방각하')\r", "\\N{DASH}\\x", "+AGE-\n", "xn--a.b..c\n", "\0", "\u2028"),
    *("(" * 300, "a." * 200, "ab-" * 500, "\\ud800", "~{<:Ky~}", "\x1b$B", "-" * 2000 + "1"),
]
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "cp949", "cp949", "euc-kr", "utf-16", "utf-32", "utf-7", "latin-1")
CONTENTS = (
    st.binary(max_size=60)
    | st.text(max_size=30).map(lambda text: text.encode())
    | st.sampled_from([text.encode(encoding, "replace") for text in TEXTS for encoding in ENCODINGS])
)


def make_source(chance: random.Random, pieces: list[bytes]) -> bytes:
    """A source, most often with a coding cookie, in an encoding that need not be the cookie's."""
    head = chance.choice(HEADS).format(chance.choice(COOKIES)) + "\n" if chance.random() < 0.7 else ""
    return nearly(
        chance, head.encode(chance.choice(ENCODINGS), "replace") + chance.choice(pieces), chance.choice(pieces)
    )


KINDS = ("file", "file", "file", "link", "folder", "pipe", "mode")
MODES = (0o000, 0o444, 0o111, 0o700)


def make_tree(chance: random.Random, pieces: list[bytes]) -> list[tuple[str, str, Any]]:
    """Entries of a folder: path, kind, and content or target or mode."""
    first = [(chance.choice(MODULES), "file", make_source(chance, pieces))] if chance.random() < 0.5 else []
    return first + [make_entry(chance, pieces) for _ in range(chance.randrange(7))]


def make_entry(chance: random.Random, pieces: list[bytes]) -> tuple[str, str, Any]:
    """One entry."""
    leaf = chance.choice([*MODULES, *MODULES, *ODD_NAMES, "".join(chance.choices(string.printable, k=3)) + ".py"])
    parts = [*chance.choices(FOLDERS, k=chance.choice((0, 0, 0, 1, 2, 3, 4))), leaf.replace("/", "_")]
    kind = chance.choice(KINDS)
    choices: dict[str, Callable[[], Any]] = {
        "file": lambda: make_source(chance, pieces),
        "link": lambda: chance.choice(TARGETS),
        "mode": lambda: chance.choice(MODES),
    }
    return "/".join(parts), kind, choices.get(kind, lambda: None)()


def put(root: Path, name: str, kind: str, what: Any) -> None:
    """Make an entry of a tree; one that this file system refuses, or that stands in another's way, is left out."""
    path = root / name
    with contextlib.suppress(OSError, ValueError):
        below = list(itertools.accumulate(Path(name).parts, os.path.join))
        if os.path.lexists(path) or any((root / part).is_symlink() for part in below):
            return  # nothing is written through a link
        path.parent.mkdir(parents=True, exist_ok=True)
        match kind:
            case "file":
                path.write_bytes(what)
            case "link":
                path.symlink_to(what)
            case "folder":
                path.mkdir()
            case "pipe":
                os.mkfifo(path)
            case "mode":
                path.touch(what)
                path.parent.chmod(what | 0o200 if path.parent != root else 0o755)


PYTHON = [Path(sys.prefix), Path(sys.base_prefix), Path(encodings.__path__[0])]  # where it looks for codecs
READS = {"open", "os.listdir", "os.scandir", "os.walk"}
HARMLESS = {"sys._getframe", "object.__getattr__", "object.__setattr__", "builtins.id", "import", "marshal.loads"}


class Watch:
    """Sees, by the interpreter's audit events, what the reading of a hand-in opens, writes, runs or starts."""

    def __init__(self) -> None:
        self.watching = False
        self.events: list[tuple[str, tuple[Any, ...]]] = []
        sys.addaudithook(self.note)

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Keep an event."""
        if self.watching and event not in HARMLESS:
            self.events.append((event, arguments))

    @contextlib.contextmanager
    def over(self) -> Iterator[None]:
        """Watch a block."""
        self.events.clear()
        self.watching = True
        try:
            yield
        finally:
            self.watching = False

    def outside(self, path: Path) -> list[tuple[str, tuple[Any, ...]]]:
        """What was anything but reading at this path or below it."""
        return [(event, arguments) for event, arguments in self.events if not is_reading(event, arguments, path)]


def is_reading(event: str, arguments: tuple[Any, ...], path: Path) -> bool:
    """Whether an event is the opening of a file for reading, or the listing of a folder, no link led out to."""
    if event not in READS or not isinstance(arguments[0], str | os.PathLike):
        return False
    writing = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    real = Path(os.path.realpath(arguments[0]))
    return not writing and any(place == real or place in real.parents for place in [path, *PYTHON])


class Yard:
    """A folder in which hand-ins are made, with files beside them that are no concern of theirs."""

    def __init__(self) -> None:
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=memory if memory.is_dir() else None)).resolve()
        self.folder.chmod(0o755)
        self.kim = self.folder / "kim"
        for name in ("dialogs.py", "secret.py"):
            (self.folder / "outside").mkdir(exist_ok=True)
            (self.folder / "outside" / name).write_bytes(b"SECRET = 1\n")
        self.before = self.snapshot()
        self.outside = 0
        self.restricted = False

    def snapshot(self) -> list[tuple[str, int, int]]:
        """What lies beside the hand-in."""
        found = [entry for folder in (self.folder, self.folder / "outside") for entry in os.scandir(folder)]
        return sorted((e.name, e.stat().st_mtime_ns, e.stat().st_size) for e in found if e.path != str(self.kim))

    def make(self, entries: list[Any]) -> None:
        """Make a hand-in."""
        self.clear()
        self.kim.mkdir(mode=0o755)
        self.restricted = any(kind == "mode" for _, kind, _ in entries)
        for entry in entries:
            put(self.kim, *entry)

    def clear(self) -> None:
        """Remove the hand-in."""
        if not self.kim.exists():
            return
        for folder, folders, _ in os.walk(self.kim) if os.geteuid() else ():
            for path in (Path(folder) / name for name in folders):
                if not path.is_symlink():
                    path.chmod(0o700)
        shutil.rmtree(self.kim)

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, for whom no file is unreadable."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


WATCH = Watch()
for codec in CODECS:
    with contextlib.suppress(LookupError):
        "".encode(codec) if codec in encodings._cache else encodings.search_function(codec)


def run_handins(yard: Yard) -> Callable[[list[Any]], str]:
    """Read a tree as a folder, and what lies at its top as single files."""

    def run(entries: list[Any]) -> str:
        yard.make(entries)
        outcome = judged(yard, yard.kim)
        for path in sorted(yard.kim.iterdir())[:1]:
            judged(yard, path)
        changed = yard.snapshot() != yard.before
        yard.outside += changed
        assert not changed
        return outcome

    return run


def judged(yard: Yard, path: Path) -> str:
    """Read one path: a hand-in that can be sent, or a reason that can be said; nothing outside is touched."""
    try:
        with as_nobody() if yard.restricted else contextlib.nullcontext(), WATCH.over():
            hand_in = read(path)
    except UnreadableError as error:
        said(error)
        outcome = "refused: unreadable"
    except GraderError as error:
        said(error)
        outcome = "refused: nothing there"
    else:
        acceptable(hand_in)
        outcome = f"a {hand_in.kind}"
    strange = WATCH.outside(Path(os.path.realpath(path)))
    yard.outside += len(strange)
    assert not strange, strange
    return outcome


def said(error: UnreadableError | GraderError) -> None:
    """A reason must be a text in both languages."""
    assert error.ko.encode()
    assert error.en.encode()


def acceptable(hand_in: HandIn) -> None:
    """A hand-in must fit a message, and its files must lie below the folder that the child writes them to."""
    assert hand_in.name.encode()
    assert len(wire.dumps(hand_in.message())) <= wire.MAX_FRAME
    assert len(hand_in.files) <= MAX_FILES
    assert sum(map(len, hand_in.files.values())) <= 2 * MAX_BYTES
    for name in hand_in.files:
        parts = name.split("/")
        assert all(part not in ("", ".", "..") and "\0" not in part for part in parts)
        assert hand_in.kind == "folder" or len(parts) == 1


# Sources: the bytes of a file, and the names that a function of it needs


def run_sources(content: bytes) -> str:
    """Read a source: what Python can decode after that is what it could decode before, or was CP949."""
    came = readable_source(content)
    assert type(came) is bytes
    assert readable_source(came) == came
    if not decodes(came):
        return "refused: no encoding"
    return "as it was" if came == content else "made readable"


STATEMENTS = [
    *("import a.b, c as d", "from x import *", "from . import y", "from __future__ import annotations, braces"),
    *(
        "from .__future__ import z",
        "x = y = [z for z in x]",
        "x: int = 1",
        "x: int",
        "x += y",
        "x[y].z = f",
        "*x, y = 1",
    ),
    *("def f(x, *, y=z, **k): return g(x) + lambda: y", "async def g(): await f", "def f(a, a): pass", "return x"),
    *("class f(g, metaclass=x):\n    y = f\n    def z(self): return __class__", "f = x(f)", "del f", "break", "f()"),
    *("try:\n    import a\nexcept E:\n    a = None\nelse:\n    f()", "try:\n    x = 1\nexcept* E:\n    pass"),
    *("def g():\n    global f, x\n    nonlocal y", "def f():\n    nonlocal q", "with x as f: pass", "f: g = f", "\0"),
    *("match x:\n    case f: pass", "x = (yield)", "def f(): return await x", "if x:\n    def f(): pass", "x = 1 if"),
    *("x = " + "-" * 3000 + "1", "x = " + "(" * 250 + "1", "def f(): return " + "x." * 3000 + "y", "__debug__ = 1"),
    *("x = " + "1" * 5000, "def f(): return " + "+".join("x" * 2000), "x = '\\N{nothing}'", "x = f'{f!x}'"),
    *("def f():\n" + "".join(" " * i + "if x:\n" for i in range(1, 99)), "def f():\n\tx\n        y", "@f\ndef f(): f"),
]
FILES = [path.read_text(encoding="utf-8").split("\n") for path in sorted((ROOT / "solution").glob("*.py"))]


def make_program(chance: random.Random, pieces: list[bytes]) -> bytes:
    """Statements in any order, or the solution without some of its lines; half of them after some edits."""
    lines = list(chance.choice(FILES))
    for _ in range(chance.randrange(3)):
        del lines[chance.randrange(len(lines))]
    program = "\n".join(chance.choice((lines, chance.choices(STATEMENTS, k=chance.randint(1, 8))))).encode()
    return chance.choice((program, nearly(chance, program, chance.choice(pieces))))


FUNCTIONS = ("f", "encode_dialog", "compute_loss")


def run_programs(yard: Yard) -> Callable[[bytes], str]:
    """Ask which statements a function needs, as the child does: a list of them, or an error of the submission's."""
    file = yard.folder / "kim.py"

    def run(content: bytes) -> str:
        if not decodes(content):
            return "refused: no encoding"
        file.write_bytes(content)
        submission = SingleSource(file.parent, file.name)
        replies = [child.answer(ask, submission, None, {"name": name}) for name in FUNCTIONS]
        file.unlink()
        for reply in replies:
            assert wire.loads(wire.dumps(reply)) == reply
        kinds = [described(reply) for reply in replies if "raised" in reply]
        return kinds[0] if kinds else "statements"

    return run


def described(reply: dict[str, Any]) -> str:
    """The kind of the error in a reply, which must be one that Python has for a source."""
    kind = reply["raised"]["type"]
    assert kind in ("SyntaxError", "IndentationError", "TabError", "ValueError", "RecursionError", "MemoryError"), reply
    return f"refused: {kind}"


def ask(submission: SingleSource, _: Any, name: str) -> list[str]:
    """The kinds of the statements that a function needs; none is executed."""
    tree = ast.parse((submission.root / submission.file).read_bytes(), str(submission.root / submission.file))
    statements = needed_statements(tree, name)
    places = [tree.body.index(statement) for statement in statements]
    assert places == sorted(set(places))
    return [type(statement).__name__ for statement in statements]


def targets(yard: Yard) -> list[Target]:
    """Everything that is fuzzed."""
    return [
        Target("replies", DATA, make_replies, run_replies),
        Target(
            "values",
            ANYTHING,
            lambda chance, pieces: chance.sample(pieces, chance.randint(1, len(pieces))),
            run_values,
            10,
        ),
        Target("streams", CONTROL_BODIES, make_stream, run_streams, 20),
        Target("hand-ins", CONTENTS, make_tree, run_handins(yard)),
        Target("sources", CONTENTS, make_source, run_sources, 50),
        Target("programs", CONTENTS, make_program, run_programs(yard), 5),
    ]


def tried(target: Target, given: Any, counts: collections.Counter[str]) -> None:
    """Run one input in bounded time and count what came of it."""
    with in_time():
        counts[target.run(given)] += 1

"""What a child may send: replies, values and streams, decoded and judged as the grader does."""

import base64
import contextlib
import copy
import importlib
import inspect
import io
import json
import math
import pkgutil
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import msgspec
import numpy as np
import pytest
from hypothesis import find
from hypothesis import strategies as st

from grader import checks, reference
from grader.assignment import ASSIGNMENT
from grader.checks.examinee import Examinee
from grader.checks.verdict import Failure, as_array, as_ids
from grader.errors import DiedError, UnfitError
from grader.grading import check_report
from grader.inside import messages, wire
from grader.inside.buffer import PrivateBuffer
from grader.inside.errors import WireError
from grader.inside.messages import MAX_FRAME, MAX_REPLY
from grader.inside.relay import first_frame
from grader.reports.formatting import show
from grader.sandbox import forkserver
from grader.sandbox.forkserver import Child, ForkServer
from grader.sandbox.limits import Limits
from grader.submission.reading import Submission
from tests.grader.inside.test_wire import ANY_JSON, ANYTHING
from tests.grader.inside.test_wire_format import JSON, NEARLY_VALUES, is_value
from tests.helpers.fuzzing.inputs import QUIET, nearly

# Replies: what a child may send, decoded and judged by the checks

MINI = reference.mini()
DIALOG, PROMPT = MINI.dialog("안녕", "네"), MINI.prompt("안녕")
ROW = np.array([PROMPT])
BATCH = wire.Array("tensor", ROW)
OPTIONS = [["max_length", 50], ["do_sample", True], ["top_k", 20]]
TEXT = f"{reference.BOS}{reference.USR} 안녕{reference.SYS} 네{reference.EOS}"


def said(message: messages.Message) -> dict[str, Any]:
    """A message as plain data, for others to change."""
    return json.loads(wire.dumps(message))


def value(content: Any) -> dict[str, Any]:
    """A reply with a value."""
    return said(messages.Value(wire.pack(content)))


def plain(data: Any) -> bytes:
    """Any data as JSON, lone surrogates too."""
    return json.dumps(data).encode()


def question(name: str, *contents: Any) -> dict[str, Any]:
    """A question that a child asks in the middle of a call."""
    return said(messages.Ask(name, [wire.pack(content) for content in contents]))


def raised(**changes: str) -> dict[str, Any]:
    """A reply with an exception."""
    error = messages.ErrorPlace(type="ValueError", message="아니요", file="dialogs.py", line=3, source="x")
    return said(messages.Raised(msgspec.structs.replace(error, **changes)))


REPLIES = [
    *(raised(), raised(file=""), raised(type="NotImplementedError")),
    *map(said, (messages.Missing("encode_dialog"), messages.Unfit("too deep"), messages.Loaded())),
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
    message = chance.choice([*REPLIES, *({"type": "value", "value": piece} for piece in pieces)])
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
    search = inspect.getclosurevars(parts["simple_first"]).nonlocals["search"]
    arguments = find(st.fixed_dictionaries(search.hypothesis._given_kwargs), lambda _: True, settings=QUIET)

    def check(examinee: Examinee) -> None:
        failure = examinee.first_failure(parts["judge"], [copy.deepcopy(arguments), copy.deepcopy(arguments)])
        if failure is not None:
            raise failure

    return check


CHECKS = every_check()


class Inbox(forkserver.Inbox):
    """What a child sends: some bodies, the same a few times more, then its end."""

    def __init__(self, bodies: list[bytes]) -> None:
        super().__init__(Limits().unread_bytes)
        self.left = 3 * len(bodies)
        for body in bodies * 3:
            self.put(body)

    def get(self, seconds: float) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise DiedError(-1)
        return super().get(seconds)


class Started(Child):
    """A child that has loaded its submission."""

    def ask(self, request: Any, *rest: Any) -> messages.Reply:
        return messages.Value(None) if isinstance(request, messages.Find) else super().ask(request, *rest)


class Fake(Examinee):
    """An examinee whose children send what they are told to, with reference values that nobody computed."""

    def __init__(self, bodies: list[bytes]) -> None:
        inbox = Inbox(bodies)
        sent: list[bytes] = []
        server = SimpleNamespace(
            send=lambda _, message: sent.append(wire.dumps(message)), forget=lambda _: None, limits=Limits()
        )

        def start(*_: Any, **__: Any) -> Child:
            return Started(server, 1, inbox)

        pool = SimpleNamespace(child=start, probe=lambda: "probe", limits=Limits())
        super().__init__(Submission("kim", "folder", {"dialogs.py": b""}), pool)

    def reference_value(self, request: messages.ReferenceLoss | messages.ReferenceLogits) -> Any:
        if isinstance(request, messages.ReferenceLoss):
            return np.float32(7.4)
        size = (MINI if request.checkpoint == "mini" else reference.probe()).vocab_size
        return np.zeros((len(request.batch), len(request.batch[0]), size), "f4")


def decoded(body: bytes) -> str:
    """What the decoder makes of a body: a message, or a value that can be shown and judged, or a reason."""
    try:
        message = wire.loads(body, messages.FROM_CHILD)
        if not isinstance(message, messages.Value):
            return f"a message: {type(message).__name__}"
        came = wire.unpack(message.value)
    except WireError as error:
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
    except WireError:
        return "refused: too large or too deep"
    came = wire.unpack(wire.loads(wire.dumps(packed), ANY_JSON))
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

CHANNELS = st.integers(1, 3)
NOTES = st.builds(messages.Ready) | st.builds(messages.Forked, CHANNELS, st.integers(0, 3))
NOTES |= st.builds(messages.Ended, CHANNELS, st.integers(-3, 3))
CONTROL_TYPES = st.sampled_from(["ready", "forked", "ended", "fork", "x"]) | JSON
CONTROL_KEYS = st.sampled_from(["channel", "pid", "code", "x"])
NEARLY_NOTES = st.builds(
    lambda kind, rest: {"type": kind} | rest,
    CONTROL_TYPES,
    st.dictionaries(CONTROL_KEYS, st.integers(-1, 3) | st.booleans() | JSON, max_size=3),
)
CONTROL_BODIES = st.binary(max_size=30) | NOTES.map(wire.dumps) | (JSON | NEARLY_NOTES).map(plain)


def make_stream(chance: random.Random, pieces: list[bytes]) -> bytes:
    """Some frames, one behind the other."""
    frames = b"".join(frame(chance, chance.choice(pieces)) for _ in range(chance.randrange(6)))
    return nearly(chance, frames, frames)


def frame(chance: random.Random, body: bytes) -> bytes:
    """A frame of which now and then the channel or the length is wrong."""
    channel = chance.choice((0, 0, 1, 2, 3, 2**32 - 1))
    length = chance.choice((*[len(body)] * 5, len(body) + 1, 0, MAX_FRAME, MAX_FRAME + 1, 2**32 - 1))
    return wire.HEADER.pack(channel, length) + body


def relay(stream: bytes, limits: Limits) -> ForkServer:
    """The trusted end of a relay, about to read a stream; it has no process and no folder."""
    server = ForkServer.__new__(ForkServer)
    server.folder = Path("/no/such/folder")
    server.process = SimpleNamespace(stdout=io.BytesIO(stream), stdin=io.BytesIO(), pid=0)
    server.clean, server._pids, server._writing = True, {}, threading.Lock()
    server._ready, server._gone = threading.Event(), threading.Event()
    server.limits = limits
    server._inboxes = {channel: forkserver.Inbox(limits.unread_bytes) for channel in (1, 2)}
    server._clear_leftovers = lambda: True  # there are no processes here, and none is to be killed
    return server


def relayed(stream: bytes, **limits: int) -> list[list[bytes]]:
    """What was put into each inbox when a stream was read: no folder but a channel's own was to be removed."""
    server, removed = relay(stream, Limits(**limits)), []
    inboxes = list(server._inboxes.values())
    with mock.patch.object(forkserver, "remove", removed.append):  # nothing is ever removed
        server._read()
    assert server._gone.is_set()
    assert server._ready.is_set()
    assert all(path.parent == server.folder / "scratch" and path.name.isdecimal() for path in removed), removed
    return [list(until_the_end(inbox)) for inbox in inboxes]


def until_the_end(inbox: forkserver.Inbox) -> Iterator[bytes]:
    """What is in an inbox; there must be an end."""
    with contextlib.suppress(DiedError, UnfitError):
        while True:
            yield inbox.get(1)


def run_streams(stream: bytes) -> str:
    """Let both ends of the relay read a stream: neither may raise, and who waits must hear of the end."""
    relayed(stream)
    return run_worker(stream)


def run_worker(stream: bytes) -> str:
    """The fork server's end: the same bytes from a child, in pieces."""
    incoming, frames = PrivateBuffer(), 0
    try:
        for start in range(0, len(stream), 7):
            incoming.put(stream[start : start + 7])
            while (frame := first_frame(incoming, MAX_REPLY)) is not None:
                incoming.drop(wire.HEADER.size + frame[1])
                frames += 1
    except WireError as error:
        return f"refused: {error}"
    return "frames" if frames else "an incomplete frame"

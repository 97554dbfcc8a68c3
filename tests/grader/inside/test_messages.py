"""Every message comes back as it was sent, and what is not just of its form is refused."""

import json
from typing import get_args

import msgspec
import pytest

from grader.inside import messages, operations, wire
from grader.inside.errors import WireError
from grader.sandbox.arguments import array, table, tokenizer

ARGUMENTS = [tokenizer(), table([["가", "나", 0]]), array([[1, 2]]), [1, [2]], "글", 5, 0.5, True, None]
ERROR = messages.ErrorPlace("ValueError", "아니요", "dialogs.py", 3, "x")
SENT = {
    messages.ORDERS: [messages.Fork(1), messages.End(2**32 - 1), messages.Cleared()],
    messages.NOTES: [messages.Ready(), messages.Forked(1, 500), messages.Ended(1, -9)],
    messages.TO_CHILD: [
        messages.Load(messages.SubmittedFiles("folder", {"dialogs.py": b"\xff\x00"}, "")),
        messages.Load(None),
        messages.WarmUp("mini", models=True),
        messages.Find("dialogs"),
        messages.Call("f", "dialogs", args=ARGUMENTS),
        messages.Call("f", "dialogs", args=[], kwargs={"top_k": 5}),
        messages.Compose("f", "dialogs", args=ARGUMENTS, pieces=["g"]),
        messages.Dataset("f", "batches", args=[array([[1]])], kwargs={"batch_size": 5}),
        messages.DescribeTokenizer("f", "pretrained", checkpoint="mini", names=["bos_token"], texts=["가"]),
        messages.DescribeModel("f", "pretrained", checkpoint="mini", batch=[[1, 2]]),
        messages.Loss("f", "training", checkpoint="mini", dropout=0.0, batch=[[1, 2]]),
        messages.Train("f", "training", checkpoint="mini", batch=[[1, 2]], steps=2, rate=1e-2),
        messages.Chat("f", "answering", args=["가", tokenizer()], config={"a": 1}, pieces=[], kwargs={"top_k": 5}),
        messages.ReferenceLoss("mini", [[1]], [[2]], [b"\xff\x00\x00\x00"]),
        messages.ReferenceLogits("mini", [[1]]),
        messages.Answer([1, 2]),
        messages.TensorAnswer([[1, 2]]),
        messages.Refusal("아니요"),
    ],
    messages.FROM_CHILD: [
        messages.Loaded(),
        messages.Value([{"float": "0x1p0"}, None]),
        messages.Missing("f"),
        messages.Unfit("too deep"),
        messages.Raised(ERROR),
        messages.Ask("f", [1, {"tuple": []}]),
    ],
}
ALL = [(decoder, message) for decoder, sent in SENT.items() for message in sent]


@pytest.mark.parametrize(("decoder", "message"), ALL, ids=lambda given: type(given).__name__)
def test_a_message_comes_back_as_it_was_sent(decoder, message):
    assert wire.loads(wire.dumps(message), decoder) == message


def test_all_there_are_are_tried_and_there_is_an_operation_for_each_request():
    told = {kind for kind in vars(messages).values() if isinstance(kind, type) and issubclass(kind, messages.Message)}
    parts = {messages.Message, messages.Operation, *get_args(messages.Argument)}
    assert told - parts == {type(message) for _, message in ALL}
    assert set(operations.OPERATIONS) == set(get_args(messages.Request)) - {messages.Load}


@pytest.mark.parametrize(("decoder", "message"), ALL, ids=lambda given: type(given).__name__)
def test_nobody_may_say_what_is_anothers_to_say(decoder, message):
    for other in SENT.keys() - {decoder}:
        with pytest.raises(WireError, match="no known form"):
            wire.loads(wire.dumps(message), other)


@pytest.mark.parametrize(("decoder", "message"), ALL, ids=lambda given: type(given).__name__)
def test_a_field_more_or_less_is_refused(decoder, message):
    plain = json.loads(wire.dumps(message))
    optional = {field.name for field in msgspec.structs.fields(message) if not field.required}
    wrong = [plain | {"more": 1}, plain | {"type": 5}]
    wrong += [{name: part for name, part in plain.items() if name != key} for key in plain.keys() - optional]
    for data in wrong:
        with pytest.raises(WireError):
            wire.loads(json.dumps(data).encode(), decoder)


FORGED = [
    *({"type": "missing", "name": name} for name in (None, 5, ["f"], {"a": 1})),
    *({"type": "raised", "error": {**msgspec.structs.asdict(ERROR), "line": line}} for line in (3.0, "3", None, True)),
    *({"type": "raised", "error": error} for error in (None, 5, [], {}, {"type": "ValueError"})),
    *({"type": "ask", "question": "f", "contents": contents} for contents in (None, 5, "f", {"a": 1})),
    *({"type": "ask", "question": question, "contents": []} for question in (None, 5, [], {})),
    *({"type": kind, "value": 1} for kind in ("Value", "", None, 5, ["value"])),
    *({"value": 1}, {}, [], [["type", "value"]], "value", 5, None, True),
]


@pytest.mark.parametrize("data", FORGED, ids=repr)
def test_a_forged_reply_is_refused(data):
    with pytest.raises(WireError):
        wire.loads(json.dumps(data).encode(), messages.FROM_CHILD)


@pytest.mark.parametrize("key", ["value", "more"])
def test_a_reply_nested_beyond_recursion_is_refused(key):
    body = f'{{"type":"value","{key}":{"[" * 200_000}{"]" * 200_000}}}'.encode()
    with pytest.raises(WireError):
        wire.loads(body, messages.FROM_CHILD)

"""Nothing malformed gets through the wire: it is a value, or it is said to be none."""

import base64

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.inside import wire
from grader.inside.errors import WireError
from tests.grader.inside.test_wire import ANY_JSON, UNTIMED

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)
BASE64 = st.binary(max_size=40).map(lambda raw: base64.b64encode(raw).decode())
NAMES = st.sampled_from(["ndarray", "tensor", "int64", "list", ""])
DTYPE_TEXTS = st.sampled_from(["<i8", "<i4", "<f4", "|b1", "|i1", "<f2", "<b4", "<f1", ">i8", "|O", "<U2", "O", "i8"])
SHAPES = st.lists(st.integers(-1, 5) | st.sampled_from([2**31, 2**63, wire.MAX_ITEMS, True, 1.0, None]), max_size=4)
HEX_LIKE = st.sampled_from(["nan", "-inf", "0x1p0", "0x1p99999", "0x", "", "1e5", "\x00", "\ud800"]) | st.text()
NEARLY = {
    "array": st.tuples(NAMES | JSON, DTYPE_TEXTS | JSON, SHAPES | JSON, BASE64 | JSON).map(list) | JSON,
    "float": HEX_LIKE | JSON,
    "integer": st.tuples(NAMES | JSON, st.integers() | JSON).map(list) | JSON,
    "other": st.tuples(NAMES | JSON, st.text() | JSON).map(list) | JSON,
}


def forms(inner):
    known = st.sampled_from(sorted(NEARLY)).flatmap(lambda key: st.fixed_dictionaries({key: NEARLY[key]}))
    crowded = st.builds(dict.__or__, known, st.dictionaries(st.text(max_size=5), inner, min_size=1, max_size=1))
    return known | crowded | st.fixed_dictionaries({"tuple": st.lists(inner, max_size=4) | inner})


NEARLY_VALUES = st.recursive(JSON, lambda inner: forms(inner) | st.lists(inner, max_size=4), max_leaves=10)


def is_value(value):
    if type(value) in (list, tuple):
        return all(map(is_value, value))
    return value is None or type(value) in (bool, int, float, str, wire.Integer, wire.Array, wire.Other)


@given(JSON | NEARLY_VALUES)
@example({"array": ["ndarray", "<i8", [2], base64.b64encode(bytes(8)).decode()]})
@example({"array": ["ndarray", "<i8", [0, 2**40], ""]})
@example({"array": ["ndarray", "<i8", [1] * 40, base64.b64encode(bytes(8)).decode()]})
@example({"array": ["ndarray", "<i8", [1], "한글"]})
@example({"array": ["ndarray", "<i8", [1], "A"]})
@example({"array": []})
@example({})
@example(1.5)
@settings(UNTIMED, max_examples=400)
def test_unpack_gives_a_value_or_says_that_it_is_none(data):
    try:
        value = wire.unpack(data)
    except WireError:
        return
    assert is_value(value)


MALFORMED = [
    {"array": ["ndarray", "<i8", [2], base64.b64encode(bytes(8)).decode()]},
    {"array": ["ndarray", "<i8", [-1], base64.b64encode(bytes(8)).decode()]},
    {"array": ["ndarray", "<i8", [True], base64.b64encode(bytes(8)).decode()]},
    {"array": ["ndarray", "|O", [1], base64.b64encode(bytes(8)).decode()]},
    {"array": ["ndarray", "<i8", [wire.MAX_ITEMS, 2], ""]},
    {"array": ["matrix", "<i8", [0], ""]},
    {"array": ["ndarray", "<i8", [0], "", ""]},
    {"float": 1.5},
    {"float": "one"},
    {"float": "0x1p99999"},
    {"array": ["ndarray", "<b4", [1], base64.b64encode(bytes(4)).decode()]},
    {"integer": ["int64", True]},
    {"integer": ["int64", "5"]},
    {"integer": ["int64" * 10, 5]},
    {"other": ["list"]},
    {"other": ["list", "x" * 100_000]},
    {"tuple": "ab"},
    {"tuple": [], "other": ["a", "b"]},
    {"list": []},
    {},
    1.5,
    [[], [1.5]],
]


@pytest.mark.parametrize("data", MALFORMED, ids=lambda data: str(data)[:60])
def test_unpack_takes_no_near_miss(data):
    with pytest.raises(WireError):
        wire.unpack(data)


@pytest.mark.parametrize("kind", [list, lambda items: {"tuple": list(items)}], ids=["list", "tuple"])
def test_unpack_goes_no_deeper_than_pack(kind):
    data = 1
    for _ in range(wire.MAX_DEPTH + 2):
        data = kind([data])
    with pytest.raises(WireError):
        wire.unpack(data)


def test_unpack_takes_no_more_items_than_pack():
    with pytest.raises(WireError):
        wire.unpack([None] * (wire.MAX_ITEMS + 1))


@given(
    st.binary()
    | st.text().map(str.encode)
    | JSON.map(msgspec.json.encode)
    | JSON.map(lambda data: msgspec.json.encode(data)[:-1])
)
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b"1" * 5_000)
@example(b"1e999")
@example(b'"\xff"')
@example(b'"\\ud800"')
@example(b"")
@example(b"NaN")
@settings(UNTIMED, max_examples=400)
def test_loads_gives_json_or_says_that_it_is_none(body):
    try:
        message = wire.loads(body, ANY_JSON)
    except WireError:
        return
    assert wire.loads(wire.dumps(message), ANY_JSON) == message


@pytest.mark.parametrize("body", [b"", b"{", b"nothing", b"[1,]", b'"\xff"', b"[" * 100_000, b"NaN"], ids=repr)
def test_loads_takes_nothing_but_json(body):
    with pytest.raises(WireError):
        wire.loads(body, ANY_JSON)

"""Values cross the wire as what they are, lies as `Other`, and nothing malformed gets through."""

import io
import math

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.inside import wire
from grader.inside.errors import WireError
from grader.inside.messages import MAX_FRAME

UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
ANY_JSON = msgspec.json.Decoder()
INT64 = st.integers(-(2**63), 2**63 - 1)
ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates too
LEAVES = st.none() | st.booleans() | INT64 | st.floats() | ANY_TEXT
NUMPY_INTEGERS = sorted(
    {np.dtype(code).type for code in np.typecodes["AllInteger"]}, key=lambda kind: (kind.__name__, kind(0).itemsize)
)
CODES = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "?"]
DTYPES = st.builds(np.dtype, st.builds("{}{}".format, st.sampled_from("<>="), st.sampled_from(CODES)))
ARRAYS = hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
OBJECTS = st.builds(object) | st.binary() | st.complex_numbers() | st.sets(INT64) | st.dictionaries(ANY_TEXT, INT64)


def nested(leaves):
    deep = st.recursive(leaves, lambda inner: st.lists(inner) | st.lists(inner).map(tuple), max_leaves=25)
    return deep.filter(lambda value: depth(value) <= wire.MAX_DEPTH)


def depth(value):
    return 1 + max(map(depth, value), default=0) if type(value) in (list, tuple) else 0


def wrapped(kind, times):
    value = kind()
    for _ in range(times - 1):
        value = kind([value])
    return value


def across(value):
    return wire.unpack(wire.loads(wire.dumps(wire.pack(value)), ANY_JSON))


def escaped(text):
    return "".join(f"\\u{ord(sign):x}" if "\ud800" <= sign <= "\udfff" else sign for sign in text)


def equal(sent, came):
    if type(sent) is not type(came):
        return False
    if type(sent) in (list, tuple):
        return len(sent) == len(came) and all(map(equal, sent, came))
    if type(sent) is float:
        return math.isnan(sent) == math.isnan(came) and (math.isnan(sent) or repr(sent) == repr(came))
    return came == (escaped(sent) if type(sent) is str else sent)


@given(nested(LEAVES))
@example([math.nan, math.inf, -math.inf, -0.0])
@example((True, 1, 1.0))
@example(["\ud800 a\udfff", "안녕 😀"])
@UNTIMED
def test_plain_values_come_back_as_they_were(value):
    assert equal(value, across(value))


@pytest.mark.parametrize("kind", [list, tuple])
def test_nesting_is_possible_up_to_the_limit(kind):
    deepest = wrapped(kind, wire.MAX_DEPTH)
    assert across(deepest) == deepest
    with pytest.raises(WireError):
        wire.pack(kind([deepest]))


@given(st.sampled_from([-(2**63) - 1, 2**63, 10**30, -(10**5000)]) | st.integers(min_value=2**63))
@UNTIMED
def test_integers_beyond_64_bits_are_no_integers(value):
    assert across(value).type == "int"


@pytest.mark.parametrize("kind", NUMPY_INTEGERS, ids=lambda kind: kind.__name__)
@given(data=st.data())
@UNTIMED
def test_numpy_integers_of_every_kind(kind, data):
    limits = np.iinfo(kind)
    number = data.draw(st.integers(int(limits.min), min(int(limits.max), 2**63 - 1)))
    assert across(kind(number)) == wire.Integer(kind.__name__, number)


def test_an_unsigned_integer_beyond_64_signed_bits_is_no_integer():
    assert across(np.uint64(2**63)).type == "uint64"


@pytest.mark.parametrize("value", [np.timedelta64(3, "D"), np.timedelta64(3, "ns"), np.timedelta64("NaT")], ids=repr)
def test_a_span_of_time_is_no_integer(value):
    assert across(value).type == "timedelta64"


@given(st.floats(width=16))
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.longdouble])
@UNTIMED
def test_numpy_floats_come_back_as_floats(kind, value):
    assert equal(value, across(kind(value)))


def came_equal(array):
    came = across(array)
    assert type(came) is wire.Array
    assert came.kind == "ndarray"
    assert (came.values.shape, came.values.dtype) == (array.shape, array.dtype.newbyteorder("="))
    return np.array_equal(came.values, array, equal_nan=array.dtype.kind == "f")


@given(ARRAYS)
@example(np.array(7))
@example(np.empty((0, 3), ">i8"))
@example(np.array([[1.5, math.nan], [math.inf, -0.0]], ">f4"))
@UNTIMED
def test_arrays_come_back_equal(array):
    assert came_equal(array)


@given(ARRAYS)
@UNTIMED
def test_arrays_that_are_not_contiguous_come_back_equal(array):
    assert came_equal(array.T)
    assert came_equal(np.asfortranarray(array))
    assert came_equal(np.broadcast_to(array, (2, *array.shape)))
    if array.ndim:
        assert came_equal(array[::-2])


def test_an_array_that_came_cannot_be_changed():
    came = across(np.arange(3))
    with pytest.raises(ValueError, match="read-only"):
        came.values[0] = 9


class LyingInt(int):
    def __int__(self):
        return 5

    __index__ = __int__

    def __eq__(self, _):
        return True

    def __hash__(self):
        return 5


class LyingFloat(float):
    def hex(self):
        return "0x1p0"


class LyingStr(str):
    __slots__ = ()

    def encode(self, *_):
        return b"right"


class LyingList(list):
    def __iter__(self):
        return iter([0, 5, 1])

    def __len__(self):
        return 3


class LyingTuple(tuple):
    __slots__ = ()

    def __iter__(self):
        return iter([0, 5, 1])


class LyingArray(np.ndarray):
    def tobytes(self, *_):
        return bytes(8)


class LyingNumpyInteger(np.int64):
    def __int__(self):
        return 5


LIARS = [
    LyingInt(1),
    LyingFloat(1.5),
    LyingStr("a"),
    LyingList([1]),
    LyingTuple([1]),
    np.arange(3).view(LyingArray),
    LyingNumpyInteger(1),
]


@pytest.mark.parametrize("liar", LIARS, ids=lambda liar: type(liar).__name__)
def test_a_subclass_with_methods_of_its_own_is_something_else(liar):
    for came in (across(liar), across([liar])[0]):
        assert type(came) is wire.Other
        assert came.type == type(liar).__name__


STRANGE = [
    {"float": "0x1p0"},
    {1, 2},
    b"\xff",
    1 + 2j,
    np.bool_(1),
    np.str_("a"),
    len,
    range(3),
]


@pytest.mark.parametrize("value", STRANGE, ids=repr)
def test_what_the_contract_has_no_use_for_is_something_else(value):
    assert across(value) == wire.Other(type(value).__name__, repr(value))


UNUSED_ARRAYS = [
    np.array([None, 1], dtype=object),
    np.array(["a", "b"]),
    np.array([1 + 2j]),
    np.array(["2024-01-01"], dtype="datetime64[D]"),
    np.zeros(2, dtype=[("left", "i4"), ("right", "f8")]),
    np.zeros(2, dtype=np.longdouble),
]


@pytest.mark.parametrize("array", UNUSED_ARRAYS, ids=lambda array: str(array.dtype))
def test_an_array_of_another_dtype_is_something_else(array):
    came = across(array)
    assert type(came) is wire.Other
    assert str(array.dtype) in came.type


class Raises:
    def __repr__(self):
        raise ValueError("no")


class NoText:
    def __repr__(self):
        return 3


@pytest.mark.parametrize("kind", [Raises, NoText])
def test_an_object_whose_repr_fails_still_crosses(kind):
    assert across([kind(), 1]) == [wire.Other(kind.__name__, "?"), 1]


@given(ANY_TEXT)
@example("\ud800" * 1000)
@UNTIMED
def test_of_a_repr_only_a_piece_crosses_escaped(text):
    kind = type("Talkative", (), {"__repr__": lambda _: text})
    assert across(kind()) == wire.Other("Talkative", escaped(text[: wire.MAX_TEXT]))


class LyingName(type):
    @property
    def __name__(cls):
        return "\ud800"


class Nameless(metaclass=LyingName):
    pass


def test_a_class_that_lies_about_its_name_still_crosses():
    assert type(across(Nameless())) is wire.Other


def test_a_list_within_itself_is_too_deep():
    endless = []
    endless.append(endless)
    with pytest.raises(WireError):
        wire.pack(endless)


TOO_MANY = {
    "list": lambda: [None] * (wire.MAX_ITEMS + 1),
    "tuple": lambda: (None,) * (wire.MAX_ITEMS + 1),
    "text": lambda: "a" * (wire.MAX_ITEMS + 1),
    "array": lambda: np.broadcast_to(np.int8(0), (wire.MAX_ITEMS + 1,)),
    "huge array": lambda: np.broadcast_to(np.int8(0), (2**20, 2**20)),
    "together": lambda: ["a" * wire.MAX_ITEMS, "b"],
}


@pytest.mark.parametrize("name", TOO_MANY)
def test_too_many_items_do_not_cross(name):
    with pytest.raises(WireError):
        wire.pack(TOO_MANY[name]())


def test_as_many_items_as_allowed_cross():
    array = np.arange(wire.MAX_ITEMS, dtype="i4")
    assert came_equal(array)


@given(st.integers(0, 2**32 - 1), st.binary())
@UNTIMED
def test_a_frame_says_its_channel_and_length(channel, body):
    stream = io.BytesIO()
    wire.write_frame(stream, channel, body)
    header, rest = stream.getvalue()[: wire.HEADER.size], stream.getvalue()[wire.HEADER.size :]
    assert wire.HEADER.unpack(header) == (channel, len(body))
    assert rest == body


def test_a_frame_that_is_too_large_is_not_written():
    stream = io.BytesIO()
    with pytest.raises(WireError):
        wire.write_frame(stream, 1, bytes(MAX_FRAME + 1))
    assert stream.getvalue() == b""


ANYTHING = nested(LEAVES | st.builds(lambda kind: kind(3), st.sampled_from(NUMPY_INTEGERS)) | ARRAYS | OBJECTS)


@given(ANYTHING)
@UNTIMED
def test_what_pack_gives_is_plain_json(value):
    packed = wire.pack(value)
    assert wire.loads(wire.dumps(packed), ANY_JSON) == packed

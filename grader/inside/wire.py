"""How messages and values cross between the trusted side and the sandbox: frames of plain JSON.

A frame is eight bytes (channel and length, big-endian) and a JSON body, one of `grader.inside.messages`. Values of a
submission, which such a message may hold, are JSON where JSON has them
(`null`, booleans, strings, integers, lists) and a one-key object where it has not: `{"float": "0x1.8p+1"}`,
`{"tuple": [...]}`, `{"integer": ["int64", 5]}`, `{"array": [kind, dtype, shape, base64]}`, `{"other": [type, text]}`.
Pickle never crosses.
"""

import base64
import binascii
import math
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeVar, cast

import msgspec
import numpy as np

from grader.inside.errors import WireError
from grader.inside.messages import MAX_FRAME

HEADER = struct.Struct(">II")
MAX_DEPTH = 8
MAX_ITEMS = 2_000_000
MAX_TEXT = 200  # characters of an unknown object's repr
_DTYPE = re.compile(r"[<|][biuf][1248]|\|b1")
_INT64 = range(-(2**63), 2**63)

T = TypeVar("T")


@dataclass(frozen=True)
class Integer:
    """A NumPy or TensorFlow scalar integer: as good as an int, but told apart in messages."""

    kind: str
    value: int


@dataclass(frozen=True, eq=False)
class Array:
    """An array as it crossed.

    Attributes:
        kind: `"ndarray"` or `"tensor"`.
        values: the contents, read-only.
    """

    kind: str
    values: np.ndarray[Any, Any]


@dataclass(frozen=True)
class Other:
    """A value that has no place in the contract: only its type's name and a piece of its repr cross."""

    type: str
    text: str


class ItemBudget:
    """How many items one value may still have."""

    def __init__(self) -> None:
        self.left = MAX_ITEMS

    def spend(self, count: int) -> None:
        """Take `count` items off.

        Raises:
            WireError: there are not so many left.
        """
        self.left -= count
        if self.left < 0:
            raise WireError(f"more than {MAX_ITEMS:,} items")


def write_frame(stream: BinaryIO, channel: int, body: bytes) -> None:
    """Write one frame and flush.

    Raises:
        WireError: the body is larger than `MAX_FRAME`.
    """
    if len(body) > MAX_FRAME:
        raise WireError(f"a frame of {len(body):,} bytes")
    stream.write(HEADER.pack(channel, len(body)) + body)
    stream.flush()


def dumps(message: Any) -> bytes:
    """A message as JSON."""
    return msgspec.json.encode(message)


def loads(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """The message in a frame's body.

    Args:
        body: any bytes.
        decoder: what may come: one of those of `grader.inside.messages`.

    Raises:
        WireError: it is not JSON, or no message that may come.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise WireError(f"a message of no known form: {error}") from error
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise WireError(f"not JSON: {error}") from error


def pack(value: Any) -> Any:
    """Turn a value into what JSON can carry.

    Only exact types count: a subclass of `int`, `list`, `str` or `ndarray` with methods of its own crosses as `other`.

    Raises:
        WireError: the value is too deep or has too many items.
    """
    return _pack(value, 0, ItemBudget())


def _pack(value: Any, depth: int, budget: ItemBudget) -> Any:
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is str:
        text = value.encode("utf-8", "backslashreplace").decode()
        budget.spend(len(text))
        return text
    if kind is int:
        return value if value in _INT64 else _other(value)
    if kind is float:
        return {"float": value.hex()}
    if kind is list or kind is tuple:
        if depth == MAX_DEPTH:
            raise WireError(f"nested deeper than {MAX_DEPTH}")
        budget.spend(len(value))
        items = [_pack(item, depth + 1, budget) for item in value]
        return items if kind is list else {"tuple": items}
    if kind is np.ndarray:
        return _pack_array("ndarray", value, budget)
    if issubclass(kind, np.integer) and kind.__module__ == "numpy" and kind.__name__ != "timedelta64":
        return {"integer": [kind.__name__, int(value)]} if int(value) in _INT64 else _other(value)
    if issubclass(kind, np.floating) and kind.__module__ == "numpy":
        return {"float": float(value).hex()}
    if kind.__name__ in ("EagerTensor", "ResourceVariable") and kind.__module__.startswith("tensorflow"):
        return _pack_array("tensor", value.numpy(), budget)
    return _other(value)


def _pack_array(kind: str, value: Any, budget: ItemBudget) -> Any:
    array = np.asarray(value)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        return {"other": [f"{kind} of {array.dtype}"[:MAX_TEXT], ""]}
    budget.spend(_room(array.shape))
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return {"array": [kind, little.dtype.str, list(array.shape), base64.b64encode(little.tobytes()).decode()]}


def _room(shape: Iterable[int]) -> int:
    """How many items an array counts as: an empty one may still be a great many lists, as `tolist` writes it."""
    return math.prod(max(n, 1) for n in shape)


def _other(value: Any) -> Any:
    kind = type(value)
    try:
        text = repr(value)[:MAX_TEXT].encode("utf-8", "backslashreplace").decode()
    except Exception:  # a repr of the submission's own may do anything
        text = "?"
    return {"other": [str(kind.__name__).encode("utf-8", "backslashreplace").decode()[:MAX_TEXT], text]}


def unpack(data: Any) -> Any:
    """Turn what crossed back into a value: plain Python, `Integer`, `Array` or `Other`.

    Raises:
        WireError: it does not follow the format.
    """
    return _unpack(data, 0, ItemBudget())


def _unpack(data: Any, depth: int, budget: ItemBudget) -> Any:
    if data is None or type(data) is bool:
        return data
    if type(data) is int and data in _INT64:
        return data
    if type(data) is str:
        budget.spend(len(data))
        return data
    if depth > MAX_DEPTH:
        raise WireError(f"nested deeper than {MAX_DEPTH}")
    if type(data) is list:
        budget.spend(len(data))
        return [_unpack(item, depth + 1, budget) for item in data]
    if type(data) is dict and len(data) == 1:
        [(key, content)] = data.items()
        if key == "tuple" and type(content) is list:
            return tuple(_unpack(content, depth, budget))
        if key == "array":
            return _unpack_array(content, budget)
        if key in _SPECIAL:
            return _SPECIAL[key](content)
    raise WireError("a value of no known form")


def _unpack_float(content: Any) -> float:
    if type(content) is not str:
        raise WireError("a float that is not text")
    try:
        return float.fromhex(content)
    except (ValueError, OverflowError) as error:
        raise WireError("a float that is none") from error


def _unpack_integer(content: Any) -> Integer:
    match content:
        case [str() as kind, int() as value] if len(kind) < 20 and type(value) is int and value in _INT64:
            return Integer(kind, value)
    raise WireError("an integer of no known form")


def _unpack_other(content: Any) -> Other:
    match content:
        case [str() as kind, str() as text] if len(kind) <= MAX_TEXT and len(text) <= 10 * MAX_TEXT:
            return Other(kind, text)
    raise WireError("an object of no known form")


def _unpack_array(content: Any, budget: ItemBudget) -> Array:
    match content:
        case ["ndarray" | "tensor" as kind, str() as dtype, list() as shape, str() as data]:
            pass
        case _:
            raise WireError("an array of no known form")
    if not _DTYPE.fullmatch(dtype) or len(shape) > MAX_DEPTH:
        raise WireError("an array of a dtype or rank that the contract has no use for")
    if not all(type(n) is int and 0 <= n <= MAX_ITEMS for n in shape):
        raise WireError("an array of an impossible shape")
    budget.spend(_room(shape))
    try:
        raw = base64.b64decode(data, validate=True)
        values = np.frombuffer(raw, dtype=np.dtype(dtype)).reshape(shape)
    except (binascii.Error, ValueError, TypeError) as error:
        raise WireError("an array whose bytes do not fit its shape") from error
    return Array(cast("str", kind), values)


_SPECIAL = {
    "float": _unpack_float,
    "integer": _unpack_integer,
    "other": _unpack_other,
}

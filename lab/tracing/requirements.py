"""What a trace needs of each function's value in order to go on; anything else is said, and the solution stands in.

A value that is merely wrong is shown as it is: that is what a trace is for.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from kit.messages import Bilingual
from lab.errors import LabError


def _unusable(ko: str, en: str, value: Any) -> LabError:
    name = type(value).__name__
    return LabError(Bilingual(f"{ko} 돌려준 것: {name}", f"{en}; it returned {name}"))


def tokenizer(vocab_size: int) -> Callable[[Any], Any]:
    """A tokenizer whose special tokens have rows in the model."""

    def read(value: Any) -> Any:
        ids = [getattr(value, f"{name}_token_id", None) for name in ("bos", "eos", "unk", "pad")]
        if not all(isinstance(token_id, int) and token_id < vocab_size for token_id in ids):
            raise LabError(
                Bilingual(
                    f"특수 토큰의 id가 없거나 모델에 그 행이 없습니다 (bos, eos, unk, pad: {ids}).",
                    f"A special token has no id, or the model no row for it (bos, eos, unk, pad: {ids}).",
                ),
            )
        return value

    return read


def model(value: Any) -> Any:
    """A model that can generate."""
    if not callable(getattr(value, "generate", None)) or not hasattr(value, "config"):
        raise _unusable("답변을 생성할 수 있는 모델이어야 합니다.", "It should be a model that can generate", value)
    return value


def token_ids(value: Any, vocab_size: int | None = None) -> list[int]:
    """A list of ids; with a vocabulary size, each of them with a row."""
    array = integers(value, 1, "id의 리스트여야 합니다.", "It should be a list of ids")
    within(array, vocab_size)
    return [int(token_id) for token_id in array]


def dialogs(count: int, vocab_size: int) -> Callable[[Any], list[list[int]]]:
    """As many lists of ids as there are rows in the table."""

    def read(value: Any) -> list[list[int]]:
        if not isinstance(value, list) or len(value) != count:
            raise _unusable(f"대화 {count}개의 리스트여야 합니다.", f"It should be a list of {count} dialogs", value)
        return [token_ids(dialog, vocab_size) for dialog in value]

    return read


def matrix(rows: int, vocab_size: int | None = None) -> Callable[[Any], Any]:
    """A matrix of ids; with a vocabulary size, each of them with a row in the model."""

    def read(value: Any) -> Any:
        array = integers(value, 2, f"{rows}행의 정수 행렬이어야 합니다.", f"It should be a matrix of {rows} rows")
        if len(array) != rows:
            raise _unusable(f"{rows}행의 정수 행렬이어야 합니다.", f"It should be a matrix of {rows} rows", value)
        within(array, vocab_size)
        return array

    return read


def first_batch(rows: int, vocab_size: int) -> Callable[[Any], Any]:
    """The first batch of a dataset, as a tensor."""

    def read(value: Any) -> Any:
        batch = next(iter(value), None)
        matrix(rows, vocab_size)(batch)
        return batch

    return read


def loss(value: Any) -> float:
    """One finite number."""
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind != "f" or not np.isfinite(array).all():
        raise _unusable("유한한 수 하나여야 합니다.", "It should be one finite number", value)
    return float(array.reshape(()))


def prompt(value: Any) -> list[int]:
    """The ids of a tensor of one row."""
    ids: list[int] = matrix(1)(value)[0].tolist()
    return ids


def text(value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise _unusable("글이어야 합니다.", "It should be a text", value)
    return value


def integers(value: Any, axes: int, ko: str, en: str) -> Any:
    """An array of integers with so many axes, none of them empty."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        raise _unusable(ko, en, value) from None
    if array.ndim != axes or array.dtype.kind not in "iu" or array.size == 0:
        raise _unusable(ko, en, value)
    return array


def within(array: Any, vocab_size: int | None) -> None:
    """Each id has a row in the model.

    Raises:
        LabError: one has none.
    """
    wrong = array[(array < 0) | (array >= vocab_size)] if vocab_size is not None else array[array < 0]
    if wrong.size:
        raise LabError(
            Bilingual(
                f"모델에 행이 없는 id {wrong.flat[0]}이(가) 있습니다.",
                f"There is the id {wrong.flat[0]}, for which the model has no row.",
            ),
        )

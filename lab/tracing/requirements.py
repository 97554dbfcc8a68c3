"""What a trace requires of each function's value in order to go on.

These functions convert a value, or raise an error that says what is required; then the solution's function is used
instead. A value that has the right form but is wrong is accepted: a trace is there to show it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from kit.messages import Bilingual
from lab.errors import LabError


def _unusable(required: Bilingual, value: Any) -> LabError:
    name = type(value).__name__
    return LabError(Bilingual(f"{required.ko} 돌려준 것: {name}", f"{required.en}; it returned {name}"))


def tokenizer(vocab_size: int) -> Callable[[Any], Any]:
    """Require a tokenizer whose special tokens have rows in the model."""

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
    """Require a model that can generate."""
    if not callable(getattr(value, "generate", None)) or not hasattr(value, "config"):
        raise _unusable(
            Bilingual("답변을 생성할 수 있는 모델이어야 합니다.", "It should be a model that can generate"), value
        )
    return value


def token_ids(value: Any, vocab_size: int | None = None) -> list[int]:
    """Require a list of ids; given the size of the vocabulary, each must have a row in the model."""
    array = integers(value, 1, Bilingual("id의 리스트여야 합니다.", "It should be a list of ids"))
    check_range(array, vocab_size)
    return [int(token_id) for token_id in array]


def dialogs(count: int, vocab_size: int) -> Callable[[Any], list[list[int]]]:
    """Require a list of `count` lists of ids."""

    def read(value: Any) -> list[list[int]]:
        if not isinstance(value, list) or len(value) != count:
            raise _unusable(
                Bilingual(f"대화 {count}개의 리스트여야 합니다.", f"It should be a list of {count} dialogs"), value
            )
        return [token_ids(dialog, vocab_size) for dialog in value]

    return read


def matrix(rows: int, vocab_size: int | None = None) -> Callable[[Any], Any]:
    """Require an integer array (rows, T); given the size of the vocabulary, each id must have a row in the model."""
    required = Bilingual(f"{rows}행의 정수 행렬이어야 합니다.", f"It should be a matrix of {rows} rows")

    def read(value: Any) -> Any:
        array = integers(value, 2, required)
        if len(array) != rows:
            raise _unusable(required, value)
        check_range(array, vocab_size)
        return array

    return read


def first_batch(rows: int, vocab_size: int) -> Callable[[Any], Any]:
    """Take the first batch of a dataset and require it to be a matrix of ids, (rows, T)."""

    def read(value: Any) -> Any:
        batch = next(iter(value), None)
        matrix(rows, vocab_size)(batch)
        return batch

    return read


def loss(value: Any) -> float:
    """Require one finite number."""
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind != "f" or not np.isfinite(array).all():
        raise _unusable(Bilingual("유한한 수 하나여야 합니다.", "It should be one finite number"), value)
    return float(array.reshape(()))


def prompt(value: Any) -> list[int]:
    """Require an integer tensor (1, T); returns its ids."""
    ids: list[int] = matrix(1)(value)[0].tolist()
    return ids


def text(value: Any) -> str:
    """Require a text."""
    if not isinstance(value, str):
        raise _unusable(Bilingual("글이어야 합니다.", "It should be a text"), value)
    return value


def integers(value: Any, axes: int, required: Bilingual) -> Any:
    """Require an integer array with a number of axes, and at least one element.

    Args:
        value: anything that NumPy can make an array of.
        axes: how many axes it must have.
        required: what is required, for the error.

    Raises:
        LabError: it is something else.
    """
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        raise _unusable(required, value) from None
    if array.ndim != axes or array.dtype.kind not in "iu" or array.size == 0:
        raise _unusable(required, value)
    return array


def check_range(array: Any, vocab_size: int | None) -> None:
    """Check that no id is negative and, given the size of the vocabulary, that each has a row in the model.

    Raises:
        LabError: an id has none.
    """
    wrong = array[(array < 0) | (array >= vocab_size)] if vocab_size is not None else array[array < 0]
    if wrong.size:
        raise LabError(
            Bilingual(
                f"모델에 행이 없는 id {wrong.flat[0]}이(가) 있습니다.",
                f"There is the id {wrong.flat[0]}, for which the model has no row.",
            ),
        )

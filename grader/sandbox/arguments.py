"""Arguments that JSON cannot carry, as a check asks for them: the child makes them."""

from typing import Any

from grader import reference
from grader.inside.messages import MakeArray, MakeTable, MakeTokenizer


def tokenizer(checkpoint: str = "mini") -> MakeTokenizer:
    """A checkpoint's tokenizer with its special tokens set."""
    return MakeTokenizer(checkpoint, reference.SPECIAL_TOKENS)


def table(rows: list[list[Any]]) -> MakeTable:
    """A table with the columns `Q`, `A` and `label`."""
    return MakeTable(rows)


def array(rows: list[list[int]]) -> MakeArray:
    """An int64 array of shape (N, T)."""
    return MakeArray(rows)

"""How arguments that JSON cannot carry are asked for: the child makes them (`grader.inside.operations.make`)."""

from typing import Any

from grader import reference


def tokenizer(checkpoint: str = "mini") -> dict[str, Any]:
    """A checkpoint's tokenizer with its special tokens set."""
    return {"make": ["tokenizer", checkpoint, [list(pair) for pair in reference.SPECIAL_TOKENS]]}


def table(rows: list[list[Any]]) -> dict[str, Any]:
    """A table with the columns `Q`, `A` and `label`."""
    return {"make": ["table", rows]}


def array(rows: list[list[int]]) -> dict[str, Any]:
    """An int64 array."""
    return {"make": ["array", rows]}

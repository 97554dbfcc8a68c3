"""Step 5: padding."""

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from grader import wire
from grader.exam import Examinee, wrong
from grader.showing import verbatim
from grader.strategies import dialogs
from grader.trying import tried

Dialogs = list[list[int]]


def _pad(examinee: Examinee, rows: Dialogs, pad_id: int) -> tuple[str, Any, Any]:
    """The call, the right array, and what came."""
    call = f"pad_dialogs({rows}, {pad_id})"
    longest = max(map(len, rows))
    expected = np.array([row + [pad_id] * (longest - len(row)) for row in rows])
    return call, expected, examinee.call("pad_dialogs", rows, pad_id, call=call)


@pytest.mark.check("padding.shape")
@tried(30, rows=dialogs(), pad_id=st.integers(0, 4))
def test_shape(examinee: Examinee, rows: Dialogs, pad_id: int) -> None:
    """An integer array of shape (N, longest)."""
    call, expected, got = _pad(examinee, rows, pad_id)
    wanted = verbatim(f"{expected.shape} {expected.tolist()}")
    if not isinstance(got, wire.Array):
        wrong(call, wanted, got, "wrong_type")
    if got.values.dtype.kind not in "iu":
        wrong(call, wanted, got, "float_dtype")
    if got.values.shape != expected.shape:
        width = got.values.shape[1] if got.values.ndim == 2 else None
        diagnosis = None
        if width is not None and got.values.shape[0] == len(rows):
            diagnosis = "truncated" if width < expected.shape[1] else "too_wide"
        wrong(call, wanted, got, diagnosis)


@pytest.mark.check("padding.content")
@tried(60, rows=dialogs(), pad_id=st.integers(0, 4))
def test_content(examinee: Examinee, rows: Dialogs, pad_id: int) -> None:
    """Every row begins with its tokens; whatever follows is `pad_id`."""
    call, expected, got = _pad(examinee, rows, pad_id)
    values = got.values if isinstance(got, wire.Array) else None
    if values is None or values.ndim != 2 or len(values) != len(rows):
        wrong(call, expected.tolist(), got)
    for row, found in zip(rows, values.tolist(), strict=True):
        if found[: len(row)] != row or any(i != pad_id for i in found[len(row) :]):
            wrong(call, expected.tolist(), values.tolist(), _diagnose(row, found))


def _diagnose(row: list[int], found: list[Any]) -> str | None:
    if found[: len(row)] == row:
        return "wrong_pad"
    if found[-len(row) :] == row:
        return "padded_before"
    return "truncated" if len(found) < len(row) else None

"""Step 5: padding."""

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from grader.checks import Examinee, dialogs, for_examples, verbatim, wire, wrong

Dialogs = list[list[int]]


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Dialogs, int]:
    """Dialogs and a pad id that is none of theirs; some begin with `<s>`, in some the last dialog is long."""
    rows, pad_id = draw(dialogs()), draw(st.integers(0, 4))
    if draw(st.booleans()):
        rows = [[0 if pad_id else 1, *row] for row in rows]
    if draw(st.booleans()):
        rows = [*rows[:-1], rows[-1] + [5] * draw(st.integers(1, 300))]
    return rows, pad_id


SIMPLEST = [{"case": (rows, 0)} for rows in [[[5]], [[5], [5]], [[5, 5]], [[5], [5, 5]]]]


def _pad(examinee: Examinee, rows: Dialogs, pad_id: int) -> tuple[str, Any, Any]:
    """The call, the right array, and what came."""
    call = f"pad_dialogs({rows}, {pad_id})"
    longest = max(map(len, rows))
    expected = np.array([row + [pad_id] * (longest - len(row)) for row in rows])
    return call, expected, examinee.call("pad_dialogs", rows, pad_id, call=call)


@pytest.mark.check("padding.shape")
@for_examples(30, simplest=SIMPLEST, case=_cases())
def test_shape(examinee: Examinee, case: tuple[Dialogs, int]) -> None:
    """An integer array of shape (N, longest)."""
    rows, pad_id = case
    call, expected, got = _pad(examinee, rows, pad_id)
    wanted = verbatim(f"{expected.shape} {expected.tolist()}")
    if not isinstance(got, wire.Array):
        wrong(call, wanted, got, "wrong_type")
    if got.values.dtype.kind not in "iu":
        wrong(call, wanted, got, "float_dtype")
    if got.values.shape != expected.shape:
        diagnosis = _diagnose_shape(got.values, expected)
        wrong(call, wanted, got, diagnosis)


def _diagnose_shape(got: Any, expected: Any) -> str | None:
    if got.ndim != 2:
        return "not_two_axes"
    if np.array_equal(got.T, expected):
        return "transposed"
    if len(got) == len(expected):
        return "truncated" if got.shape[1] < expected.shape[1] else "too_wide"
    rows = expected.tolist()
    return "missing_rows" if len(got) < len(rows) and all(row in rows for row in got.tolist()) else None


@pytest.mark.check("padding.content")
@for_examples(60, simplest=SIMPLEST, case=_cases())
def test_content(examinee: Examinee, case: tuple[Dialogs, int]) -> None:
    """Every row begins with its tokens; whatever follows is `pad_id`."""
    rows, pad_id = case
    call, expected, got = _pad(examinee, rows, pad_id)
    values = got.values if isinstance(got, wire.Array) else None
    if values is None or values.ndim != 2 or len(values) != len(rows):
        wrong(call, expected.tolist(), got)
    if sorted(values.tolist()) == sorted(expected.tolist()) and not np.array_equal(values, expected):
        wrong(call, expected.tolist(), values.tolist(), "wrong_order")
    for row, got in zip(rows, values.tolist(), strict=True):
        if got[: len(row)] != row or any(i != pad_id for i in got[len(row) :]):
            wrong(call, expected.tolist(), values.tolist(), _diagnose(row, got, pad_id))


def _diagnose(row: list[int], padded: list[Any], pad_id: int) -> str | None:
    if padded[: len(row)] == row:
        return "wrong_pad"
    if padded[-len(row) :] == row:
        return "padded_before"
    if len(padded) < len(row):
        return "truncated"
    if all(there in (token, pad_id) for token, there in zip(row, padded, strict=False)):
        return "tokens_became_pads"
    narrow = [np.array(row).astype(dtype).tolist() for dtype in ("i1", "u1", "i2", "u2")]
    return "ids_overflowed" if padded[: len(row)] in narrow else None

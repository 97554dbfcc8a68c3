"""Step 6: batching."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from grader.checks import Dataset, Examinee, array, as_array, for_examples, verbatim, wrong

WIDTH = 3
MANY = 120  # rows; that they come in the order given by chance is out of the question


def _rows(count: int) -> list[list[int]]:
    """`count` different rows, with ids as large as they come, in no order within a row."""
    return [[i, 51_000 - i, 1_000 + i] for i in range(count)]


def _batches(examinee: Examinee, count: int, batch_size: int, buffer: int | None) -> tuple[str, str, list[Any]]:
    """The call, the name of the result's type, and the arrays of one epoch; without a buffer, the defaults' call."""
    given = "" if buffer is None else f", {batch_size}, {buffer}"
    call = f"make_dataset(padded{given})  # padded.shape == {(count, WIDTH)}"
    options = {} if buffer is None else {"batch_size": batch_size, "shuffle_buffer": buffer}
    epoch = Dataset("make_dataset", args=[array(_rows(count))], kwargs=options)
    kind, batches = examinee.parts((str, list), epoch, call)
    arrays = [as_array(batch) for batch in batches]
    if any(batch is None for batch in arrays):
        wrong(call, verbatim(f"({batch_size}, {WIDTH})"), batches[0], "wrong_type")
    return call, kind, arrays


def _rows_of(call: str, batches: list[Any]) -> list[list[int]]:
    """The rows of all batches, as they came."""
    if any(batch.ndim == 3 for batch in batches):
        wrong(call, verbatim("(batch_size, T)"), verbatim(str(batches[0].shape)), "batched_twice")
    if any(batch.ndim != 2 for batch in batches):
        wrong(call, verbatim("(batch_size, T)"), verbatim(str(batches[0].shape)), "not_batched")
    return [row for batch in batches for row in batch.tolist()]


@pytest.mark.check("batching.shape")
@for_examples(
    5,
    {"count": 33, "batch_size": 8, "buffer": 500},
    {"count": 32, "batch_size": 8, "buffer": 500},
    {"count": 700, "batch_size": 4, "buffer": 100},
    {"count": 100, "batch_size": 32, "buffer": None},
    count=st.integers(1, 40),
    batch_size=st.integers(1, 9),
    buffer=st.integers(1, 80),
)
def test_shape(examinee: Examinee, count: int, batch_size: int, buffer: int | None) -> None:
    """A dataset of `N // batch_size` batches of exactly (batch_size, T)."""
    call, kind, batches = _batches(examinee, count, batch_size, buffer)
    full = count // batch_size
    shapes = [batch.shape for batch in batches]
    if shapes != [(batch_size, WIDTH)] * full:
        wrong(call, _count(full, (batch_size, WIDTH)), _describe(shapes), _diagnose(batches, batch_size, count))
    if "Dataset" not in kind:
        wrong(call, verbatim("tf.data.Dataset"), kind, "not_a_dataset")


def _count(count: int, shape: tuple[int, ...]) -> str:
    return verbatim(f"{count} × {shape}")


def _describe(shapes: list[tuple[int, ...]]) -> str:
    return verbatim(", ".join(f"{count} × {shape}" for shape, count in Counter(shapes).items()) or "0")


def _diagnose(batches: list[Any], batch_size: int, count: int) -> str | None:
    shapes = [batch.shape for batch in batches]
    if any(len(shape) != 2 for shape in shapes):
        return "batched_twice" if any(len(shape) == 3 for shape in shapes) else "not_batched"
    if set(shapes) == {(WIDTH, batch_size)} != {(batch_size, WIDTH)}:
        return "transposed"
    if any(width != WIDTH for _, width in shapes):
        return "truncated" if all(width < WIDTH for _, width in shapes) else None
    if shapes == [(batch_size, WIDTH)] * (count // batch_size) + [(count % batch_size, WIDTH)]:
        return "remainder_kept"
    if any(rows != batch_size for rows, _ in shapes):
        return "wrong_batch_size"
    return _diagnose_rows([row for batch in batches for row in batch.tolist()], count)


def _diagnose_rows(rows: list[list[int]], count: int) -> str | None:
    """What is wrong with rows that are too few or too many."""
    different = set(map(tuple, rows))
    if not rows:
        return None
    if not different <= set(map(tuple, _rows(count))):
        return "altered_rows"
    return "repeated_rows" if len(different) < len(rows) else "missing_rows"


@pytest.mark.check("batching.rows")
@for_examples(
    5,
    {"count": 130, "batch_size": 4, "buffer": 16},
    count=st.integers(8, 60),
    batch_size=st.integers(1, 4),
    buffer=st.integers(4, 80),
)
def test_rows(examinee: Examinee, count: int, batch_size: int, buffer: int) -> None:
    """No row comes twice in an epoch, and none is altered."""
    call, _, batches = _batches(examinee, count, batch_size, buffer)
    given_rows, rows = _rows(count), _rows_of(call, batches)
    strange = [row for row in rows if row not in given_rows]
    if strange:
        wrong(call, verbatim(f"padded: {given_rows[0]}, …"), strange[0], "altered_rows")
    twice = [list(row) for row, times in Counter(map(tuple, rows)).items() if times > 1]
    if twice:
        wrong(call, verbatim("1 ×"), verbatim(f"{rows.count(twice[0])} × {twice[0]}"), "repeated_rows")
    if not rows:
        wrong(call, _count(count // batch_size, (batch_size, WIDTH)), verbatim("0"))


@pytest.mark.check("batching.shuffled")
def test_shuffled(examinee: Examinee) -> None:
    """Rows that were neighbours are mostly neighbours no more, whatever the size of a batch."""
    for batch_size in (8, 1):
        call, _, batches = _batches(examinee, MANY, batch_size, 500)
        rows = _rows_of(call, batches)
        if not set(map(tuple, rows)) <= set(map(tuple, _rows(MANY))) or len(rows) < MANY // 2:
            wrong(call, verbatim("padded"), rows[:3], _diagnose_rows(rows, MANY))
        steps = np.diff([row[0] for row in rows])
        if 2 * np.count_nonzero(abs(steps) == 1) >= len(steps):
            wrong(call, verbatim("[37, 5, 81, …]"), [row[0] for row in rows[:16]], _diagnose_order(steps, batch_size))


def _diagnose_order(steps: Any, batch_size: int) -> str | None:
    """What is wrong with rows that stand where they stood; `steps` lead from one to the next."""
    if all(steps > 0):
        return "in_order"
    if all(steps < 0):
        return "reversed_order"
    within = np.delete(steps, range(batch_size - 1, len(steps), batch_size))
    return "whole_batches_shuffled" if len(within) and all(within == 1) else None

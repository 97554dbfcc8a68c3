"""Batches by length: nothing lost, nothing altered, nearly nothing padded, the same again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.fast.training import IGNORE_INDEX, batches_by_length

DIALOGS = st.lists(st.lists(st.integers(0, 51_199), min_size=2, max_size=30), min_size=1, max_size=120)
SIZES = st.integers(1, 40)


def rows(batches):
    """The dialogs that batches hold, without what is behind them."""
    dialogs = []
    for batch in batches:
        for row in batch:
            length = int((row != IGNORE_INDEX).sum())
            assert (row[length:] == IGNORE_INDEX).all(), "a gap inside a dialog"
            dialogs.append(tuple(row[:length].tolist()))
    return dialogs


@given(DIALOGS, SIZES, st.integers(0, 5), st.integers(0, 5))
def test_every_dialog_is_there_once(dialogs, size, seed, epoch):
    batches = batches_by_length(dialogs, size, seed, epoch)

    assert sorted(rows(batches)) == sorted(map(tuple, dialogs))


@given(DIALOGS, SIZES)
def test_all_batches_are_full_but_one(dialogs, size):
    sizes = sorted((len(batch) for batch in batches_by_length(dialogs, size)), reverse=True)
    full, rest = divmod(len(dialogs), size)

    assert sizes == [size] * full + [rest] * (rest > 0)


@given(DIALOGS, SIZES)
def test_a_batch_is_as_wide_as_its_longest_dialog(dialogs, size):
    for batch in batches_by_length(dialogs, size):
        assert (batch[:, -1] != IGNORE_INDEX).any()
        assert batch.dtype == np.int32


@given(DIALOGS, SIZES)
def test_full_batches_do_not_overlap_in_length(dialogs, size):
    lengths = [
        (min(map(len, of_batch)), max(map(len, of_batch)))
        for batch in batches_by_length(dialogs, size)
        if len(batch) == size and (of_batch := rows([batch]))
    ]
    for (_, longest), (shortest, _) in zip(sorted(lengths), sorted(lengths)[1:], strict=False):
        assert longest <= shortest


@given(DIALOGS, SIZES, st.integers(0, 5), st.integers(0, 5))
def test_the_same_seed_and_epoch_give_the_same_batches(dialogs, size, seed, epoch):
    first, second = (batches_by_length(dialogs, size, seed, epoch) for _ in range(2))

    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("other", [(1, 0), (0, 1)])
def test_another_seed_or_epoch_gives_other_batches(other):
    dialogs = [[n, n] for n in range(100)]

    assert rows(batches_by_length(dialogs, 10, *other)) != rows(batches_by_length(dialogs, 10, 0, 0))


def test_lengths_come_in_a_random_order():
    dialogs = [[7] * (2 + n // 10) for n in range(300)]
    widths = [batch.shape[1] for batch in batches_by_length(dialogs, 10)]

    assert len(set(widths)) == 30
    assert widths != sorted(widths)
    assert widths != sorted(widths, reverse=True)

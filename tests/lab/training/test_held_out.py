"""What is held out of training, and the loss on it."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit import read_dialogs
from kit.checkpoints import MINI
from lab.training.held_out import held_out_loss, perplexity, split

QUESTIONS = ("배고파", "배 고파", "가", "가", "Ａ", "A", "잘 자", "안녕", "안녕?", "")  # some are the same, some nearly
tables = st.lists(st.tuples(st.sampled_from(QUESTIONS), st.text(max_size=3)), min_size=1, max_size=60).map(
    lambda rows: pd.DataFrame(rows, columns=["Q", "A"])
)
shares = st.floats(0, 0.5)


def rows(table):
    return sorted(zip(table.Q, table.A, strict=True))


def bare(table):
    return {question.replace(" ", "").replace("Ａ", "A").replace("가", "가") for question in table.Q}


@settings(deadline=None)
@given(tables, shares, st.integers(0, 5))
def test_every_row_is_on_one_side_and_no_question_on_both(table, share, seed):
    train, held_out = split(table, share, seed)

    assert rows(pd.concat([train, held_out])) == rows(table)
    assert not bare(train) & bare(held_out)
    assert list(train.index) == list(range(len(train)))
    assert list(held_out.index) == list(range(len(held_out)))


@settings(deadline=None)
@given(tables, shares, st.integers(0, 5))
def test_as_many_are_held_out_as_asked_but_for_one_question(table, share, seed):
    _, held_out = split(table, share, seed)
    wanted = round(share * len(table))

    assert wanted <= len(held_out)
    if wanted:
        assert len(held_out) < wanted + max(table.Q.map(lambda q: bare(pd.DataFrame({"Q": [q]})).pop()).value_counts())
    else:
        assert held_out.empty


@settings(deadline=None)
@given(tables, shares, st.integers(0, 5))
def test_the_same_seed_splits_alike_and_keeps_the_order(table, share, seed):
    numbered = table.assign(number=range(len(table)))
    first, second = split(numbered, share, seed), split(numbered, share, seed)

    for one, other in zip(first, second, strict=True):
        assert one.equals(other)
        assert one.number.is_monotonic_increasing


def test_the_bundled_dialogs_are_split_by_chance():
    table = read_dialogs("bundled")
    _, held_out = split(table, 0.05)

    assert len(held_out) == round(0.05 * len(table))
    assert not split(table, 0.05, seed=1)[1].equals(held_out)
    assert set(held_out.label) == {0, 1, 2}


@pytest.fixture(scope="module")
def model():
    from solution.pretrained import load_model

    return load_model(str(MINI))


@pytest.fixture(scope="module")
def dialogs():
    generator = np.random.default_rng(0)
    return [[0, 2, *generator.integers(10, 5999, n).tolist(), 1] for n in (3, 9, 1, 4, 6)]


def padded(dialogs, width):
    return np.array([dialog + [3] * (width - len(dialog)) for dialog in dialogs])


def test_the_loss_is_the_mean_over_tokens_one_dialog_at_a_time(model, dialogs):
    losses = [float(np.mean(model(np.array([d]), labels=np.array([d])).loss)) * (len(d) - 1) for d in dialogs]
    expected = sum(losses) / sum(len(d) - 1 for d in dialogs)

    assert held_out_loss(model, padded(dialogs, 12), 3) == pytest.approx(expected, rel=1e-5)


def test_neither_padding_nor_batches_matter(model, dialogs):
    loss = held_out_loss(model, padded(dialogs, 12), 3)

    assert held_out_loss(model, padded(dialogs, 30), 3) == pytest.approx(loss, rel=1e-6)
    assert held_out_loss(model, padded(dialogs, 12), 3, batch_size=2) == pytest.approx(loss, rel=1e-5)


def test_a_model_that_knows_nothing_is_as_perplexed_as_its_vocabulary_is_large(model, dialogs):
    from transformers import TFGPT2LMHeadModel

    blank = TFGPT2LMHeadModel(model.config)
    blank(np.array([[0]]))
    blank.set_weights([np.zeros_like(weight) for weight in blank.get_weights()])

    assert perplexity(held_out_loss(blank, padded(dialogs, 12), 3)) == pytest.approx(6000, rel=1e-4)


def test_a_loss_beyond_all_bounds_has_a_perplexity():
    assert perplexity(1e6) == math.inf
    assert math.isnan(perplexity(math.nan))

"""Fast generation is the model's own: the same tokens greedily, the same candidates and shares when sampling."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import GPT2Config, TFGPT2LMHeadModel
from transformers.generation.tf_logits_process import TFTopKLogitsWarper

from kit import KitError, resolve
from lab.fast.generation import FastGenerator, among_top, draw

PROMPTS = [[0, 2, 500, 4], [0, 2, 4], [0, 2, *range(900, 912), 4]]


@pytest.fixture(scope="module")
def model():
    return TFGPT2LMHeadModel.from_pretrained(resolve("mini"))


@pytest.fixture(scope="module")
def generator(model):
    return FastGenerator(model)


@pytest.mark.parametrize("max_length", [16, 40])
@pytest.mark.parametrize("prompt", PROMPTS, ids=len)
def test_greedy_is_the_models_own_to_the_token(model, generator, prompt, max_length):
    ids = tf.constant([prompt])
    wanted = model.generate(ids, max_length=max_length, do_sample=False)

    assert generator.generate(ids, max_length=max_length).numpy().tolist() == wanted.numpy().tolist()


def test_generation_stops_at_the_end_token_or_at_the_limit(generator):
    tf.random.set_seed(0)
    rows = [
        generator.generate(tf.constant([PROMPTS[0]]), max_length=20, do_sample=True).numpy()[0].tolist()
        for _ in range(20)
    ]
    for row in rows:
        assert row[:4] == PROMPTS[0]
        assert 1 not in row[:-1]
        assert row[-1] == 1 or len(row) == 20
    assert len({tuple(row) for row in rows}) > 1


def test_the_past_changes_no_logits(model, generator):
    ids = tf.constant([PROMPTS[2]])
    config = model.config
    past = tf.zeros((config.n_layer, 2, 1, config.n_head, 0, config.n_embd // config.n_head))
    for token in PROMPTS[2]:
        logits, past = generator.next_logits(tf.constant([[token]]), past)

    np.testing.assert_allclose(logits, model(ids).logits[:, -1], atol=1e-4)


@settings(max_examples=50)
@given(st.lists(st.integers(-8, 8), min_size=1, max_size=30), st.data())
def test_the_candidates_are_those_of_transformers(numbers, data):
    count = data.draw(st.integers(1, len(numbers)))
    logits = tf.constant([numbers], tf.float32)
    wanted = TFTopKLogitsWarper(count)(None, logits, 0)

    assert among_top(logits, count).numpy().tolist() == wanted.numpy().tolist()


def test_tokens_are_drawn_in_proportion_to_their_probability():
    """Chi-squared of 4,000 draws over 5 candidates: 18.5 is passed by one fair draw in a thousand."""
    tf.random.set_seed(0)
    logits = tf.constant([[0.0, 1.0, 2.0, 0.5, 1.5, -1.0, -2.0]])
    draws = 4000
    repeat = tf.function(lambda: tf.map_fn(lambda _: draw(logits, tf.constant(5))[0, 0], tf.range(draws)))
    counts = np.bincount(repeat().numpy(), minlength=7)
    shares = tf.nn.softmax(among_top(logits, 5))[0].numpy() * draws

    assert counts[5:].sum() == 0
    assert float(np.sum((counts[:5] - shares[:5]) ** 2 / shares[:5])) < 18.5


def test_a_seed_makes_sampling_repeatable(model):
    def sample():
        tf.keras.utils.set_random_seed(7)
        return FastGenerator(model).generate(tf.constant([PROMPTS[0]]), do_sample=True, top_k=20).numpy().tolist()

    assert sample() == sample()


def test_another_activation_gets_a_sentence():
    with pytest.raises(KitError, match="relu"):
        FastGenerator(TFGPT2LMHeadModel(GPT2Config(n_layer=1, n_embd=8, n_head=1, activation_function="relu")))


def test_other_arguments_get_a_sentence(generator):
    with pytest.raises(KitError, match="temperature"):
        generator.generate(tf.constant([PROMPTS[0]]), temperature=2.0)

"""The fast step computes what the plain one computes without pads: loss, gradients, weights."""

import numpy as np
import pytest
import tensorflow as tf
from typer.testing import CliRunner

from kit import resolve
from lab.__main__ import app_for
from lab.fast.model import hidden_states, keep
from lab.fast.precision import matrix_type
from lab.fast.training import IGNORE_INDEX, batches_by_length, cross_entropy, loss_and_gradients, make_step
from solution.training import make_optimizer, train_step
from tests.helpers.tiny import tiny_for_mini

EPSILON = {tf.float32: 2.0**-24, tf.bfloat16: 2.0**-8}  # the largest relative error of one rounding


@pytest.fixture(scope="module")
def model():
    return load(blocks=4)


tiny = pytest.fixture(tiny_for_mini)


def load(dropout=0.0, blocks=2):
    """The bundled model, without its last blocks."""
    from transformers import TFGPT2LMHeadModel

    return TFGPT2LMHeadModel.from_pretrained(
        resolve("mini"), n_layer=blocks, attn_pdrop=dropout, embd_pdrop=dropout, resid_pdrop=dropout
    )


def dialogs(lengths, seed=0):
    random = np.random.default_rng(seed)
    return [random.integers(0, 6000, length).tolist() for length in lengths]


def plain(model, rows):
    """Loss and gradients of the model's own forward pass, one dialog at a time, so that there are no pads."""
    with tf.GradientTape() as tape:
        total = tf.add_n(
            [model(tf.constant([row]), labels=tf.constant([row])).loss[0] * (len(row) - 1) for row in rows]
        )
        loss = total / sum(len(row) - 1 for row in rows)
    gradients = tape.gradient(loss, model.trainable_variables)
    return loss.numpy(), [tf.convert_to_tensor(gradient).numpy() for gradient in gradients]


def distance(actual, wanted):
    """How far apart two lists of arrays are, relative to the second, as one long vector."""
    apart = sum(float(np.sum((np.float64(a) - b) ** 2)) for a, b in zip(actual, wanted, strict=True))
    return (apart / sum(float(np.sum(np.float64(b) ** 2)) for b in wanted)) ** 0.5


@pytest.mark.parametrize("lengths", [[6, 6, 6], [2, 9, 17, 5]], ids=["equal", "ragged"])
@pytest.mark.parametrize("dtype", EPSILON, ids=lambda dtype: dtype.name)
def test_loss_and_gradients_are_those_of_the_plain_step_without_pads(model, dtype, lengths):
    """Roundings of about a dozen products in a row, each off by at most epsilon, add up in the gradient."""
    rows = dialogs(lengths)
    (batch,) = batches_by_length(rows, len(rows))
    loss, gradients = loss_and_gradients(model, tf.constant(batch), dtype, keep)
    wanted_loss, wanted = plain(model, rows)

    products = 2 * (4 * len(model.transformer.h) + 1)  # forwards and backwards
    assert loss.numpy() == pytest.approx(wanted_loss, rel=products * EPSILON[dtype])
    assert distance([g.numpy() for g in gradients], wanted) < products * EPSILON[dtype]


def test_an_all_but_impossible_answer_has_a_finite_loss_and_the_right_gradient():
    states, table = tf.constant([[200.0]]), tf.constant([[1.0], [0.0]])
    with tf.GradientTape() as tape:
        tape.watch(states)
        loss = cross_entropy(states, table, tf.constant([1]), tf.float32)

    assert np.isfinite(loss.numpy()).all()
    assert tape.gradient(loss, states).numpy() == pytest.approx(1.0)


def test_pads_change_nothing(model):
    (batch,) = batches_by_length(dialogs([4, 7]), 2)
    wider = np.pad(batch, [(0, 0), (0, 5)], constant_values=IGNORE_INDEX)
    narrow, wide = (loss_and_gradients(model, tf.constant(b), tf.float32, keep) for b in (batch, wider))

    assert narrow[0].numpy() == pytest.approx(wide[0].numpy(), rel=1e-6)
    assert distance(narrow[1], [g.numpy() for g in wide[1]]) < 1e-5


def test_the_states_are_the_models_own(model):
    ids = tf.constant(dialogs([12, 12]))
    states, _ = hidden_states(model, tf.gather(model.transformer.wte.embeddings, ids), tf.float32)

    np.testing.assert_allclose(states, tf.reshape(model.transformer(ids).last_hidden_state, (24, -1)), atol=2e-5)


@pytest.mark.parametrize(
    "make", [make_optimizer, lambda: tf.keras.optimizers.Adam(3e-5, clipnorm=1e9), lambda: tf.keras.optimizers.SGD(0.1)]
)
def test_three_steps_change_the_weights_as_three_plain_steps_do(make):
    fast, slow = load(), load()
    fast_optimizer, slow_optimizer = make(), make()
    step = make_step(fast, fast_optimizer, tf.float32)
    start = [w.numpy() for w in fast.trainable_variables]
    for seed in range(3):
        batch = np.array(dialogs([9, 9], seed), np.int32)
        assert float(step(batch)) == pytest.approx(
            float(train_step(slow, slow_optimizer, tf.constant(batch))), rel=1e-4
        )

    moved, wanted = ([w.numpy() - s for w, s in zip(m.trainable_variables, start, strict=True)] for m in (fast, slow))
    assert distance(moved, wanted) < 0.02  # Adam turns the noise of vanishing gradients into steps of full length
    assert int(fast_optimizer.iterations) == int(slow_optimizer.iterations) == 3


def test_one_trace_serves_all_shapes(model):
    step = make_step(load(), make_optimizer(), tf.float32)
    for length in (4, 6, 9):
        step(np.array(dialogs([length] * 3), np.int32))

    assert step.experimental_get_tracing_count() == 1


def test_dropout_depends_on_seed_and_iteration_alone():
    batch = np.array(dialogs([9, 9]), np.int32)

    def losses(seed, start=0, steps=2):
        optimizer = make_optimizer(0.0)
        optimizer.iterations.assign(start)
        step = make_step(load(dropout=0.3), optimizer, tf.float32, seed)
        return [float(step(batch)) for _ in range(steps)]

    first, second = losses(0)
    assert first != second
    assert losses(0, start=1, steps=1) == pytest.approx([second], rel=1e-5)
    assert losses(1, steps=1) != pytest.approx([first], rel=1e-5)


def test_without_units_for_bfloat16_products_stay_in_float32(monkeypatch, tmp_path):
    (tmp_path / "cpuinfo").write_text("flags : fpu sse2 avx512f avx512_bf16x\n", encoding="utf-8")
    monkeypatch.setattr("lab.fast.precision.CPUINFO", tmp_path / "cpuinfo")

    assert matrix_type() == tf.float32


@pytest.mark.parametrize(("rate", "chosen"), [(1.1, tf.float32), (1.3, tf.bfloat16)])
def test_with_units_the_measurement_decides(monkeypatch, tmp_path, rate, chosen):
    (tmp_path / "cpuinfo").write_text("flags : fpu avx512f avx512_bf16 gfni\n", encoding="utf-8")
    monkeypatch.setattr("lab.fast.precision.CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr("lab.fast.precision.multiplying_rate", {"bfloat16": rate, "float32": 1.0}.get)

    assert matrix_type() == chosen


def run(*arguments):
    result = CliRunner().invoke(app_for(arguments), list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.usefixtures("tiny")
def test_the_commands_train_and_talk(tmp_path):
    data, out = tmp_path / "dialogs.csv", tmp_path / "run"
    data.write_text("Q,A\n" + "".join(f"{n}번 질문이에요,{n}번 답변이에요.\n" for n in range(50)), encoding="utf-8")
    output = run("train", "--fast", "--data", str(data), "--epochs", "2", "--batch-size", "10", "--out", str(out))
    costs = [float(line.split("=")[1]) for line in output.splitlines() if "cost =" in line]
    question = ("chat", "3번 질문이에요", "--greedy", "--checkpoint", str(out))

    assert "행렬 곱은" in output
    assert len(costs) == 2
    assert costs[1] < costs[0]
    assert run(*question, "--fast") == run(*question)
    assert run("chat", "안녕", "--fast", "--seed", "7", "--checkpoint", str(out)).strip()

"""Step 7: the loss. What a loss does to a model is measured on the weights that it leaves behind."""

import math
from typing import Any

import numpy as np
import pytest

from grader.checks import Examinee, Loss, ReferenceLogits, ReferenceLoss, Train, reference, verbatim, wire, wrong

PROBE = reference.probe()
ROWS, WIDTH = 4, 8
FRAME = (reference.BOS, reference.USR, reference.SYS, reference.EOS)

# Measured with the probe model (`benchmarks/loss_spread.py`): the same loss computed in six ways differs by less than
# 1e-6; labels shifted by hand are off by more than 0.08 on the two batches used.
VALUE_TOLERANCE = 2e-3
# In training mode with half of all units dropped, the loss is off the inference loss by up to 0.3, and by less than
# 5e-4 in one draw of some three hundred: three draws in a row are no chance. In inference mode it is off by 1e-6.
MODE_DIFFERENCE, MODE_RANGE, MODE_SEEDS = 5e-4, 2.0, (2, 4, 5)
# 2 steps of Adam at 1e-2 take the true loss from 7.4 to 5.4; losses that follow something else than the text (the
# square of the logits, one label everywhere) gain less than 0.4, and without a gradient it stays.
STEPS, RATE, LEAST_GAIN = 2, 1e-2, 0.5


def _batch(seed: int) -> list[list[int]]:
    """Ids without a pad."""
    return np.random.default_rng(seed).integers(9, PROBE.vocab_size, (ROWS, WIDTH)).tolist()  # type: ignore[no-any-return]


def _framed(batch: list[list[int]]) -> list[list[int]]:
    """The batch with `<s> <usr>`, `<sys>` and `</s>` where a dialog has them."""
    frame = dict(zip((0, 1, WIDTH // 2, WIDTH - 1), map(PROBE.id, FRAME), strict=True))
    return [[frame.get(i, token) for i, token in enumerate(row)] for row in batch]


def _true_loss(
    examinee: Examinee, inputs: list[list[int]], labels: list[list[int]], weights: list[bytes] | None = None
) -> float:
    """The loss in inference mode, computed apart from the submission."""
    value = examinee.reference_value(ReferenceLoss(examinee.pool.probe(), inputs, labels, weights))
    return float(value.reshape(-1)[0])


def _loss(examinee: Examinee, batch: list[list[int]], dropout: float, expected: float) -> tuple[str, float]:
    """The call and the submission's loss as one number."""
    call = f"compute_loss(model, batch)  # batch.shape == {(ROWS, WIDTH)}"
    asked = Loss("compute_loss", checkpoint=examinee.pool.probe(), dropout=dropout, batch=batch)
    got = examinee.do(asked, call)
    if not isinstance(got, wire.Array) or got.values.dtype.kind != "f":
        wrong(call, _number(expected), got, "wrong_type")
    if got.values.size != 1:
        wrong(call, verbatim(f"{expected:.4f} ()"), verbatim(str(got.values.shape)), "not_scalar")
    return call, float(got.values.reshape(-1)[0])


def _number(value: float) -> str:
    return verbatim(f"{value:.4f}")


@pytest.mark.check("loss.value")
def test_value(examinee: Examinee) -> None:
    """Without dropout it is the model's own loss of the batch against itself."""
    losses = []
    for batch in (_batch(0), _framed(_batch(6))):
        expected = _true_loss(examinee, batch, batch)
        losses.append(expected)
        call, got = _loss(examinee, batch, 0.0, expected)
        if not math.isclose(got, expected, abs_tol=VALUE_TOLERANCE):
            logits = examinee.reference_value(ReferenceLogits(examinee.pool.probe(), batch))
            wrong(call, _number(expected), _number(got), _diagnose(got, losses, np.array(batch), logits))


def _diagnose(got: float, losses: list[float], batch: Any, logits: Any) -> str | None:
    """Which mistake gives just this value; `losses` are the right ones up to now."""
    loss, scores = losses[-1], _log_softmax(logits)
    inner, following = scores[:, :-1], batch[:, 1:]  # a model that looks back only: the scores of a cut batch too
    positive = np.clip(logits, 1e-7, 1 - 1e-7)
    for diagnosis, values in (
        ("negated", [-loss]),
        ("perplexity", [math.exp(loss)]),
        ("running_mean", [float(np.mean(losses))]),
        ("summed_loss", [loss * count for count in (ROWS, WIDTH - 1, ROWS * (WIDTH - 1))]),
        ("wrong_divisor", [loss / ROWS, loss / WIDTH, loss / (WIDTH - 1), loss * (WIDTH - 1) / WIDTH]),
        ("hand_shifted", [_loss_of(scores[:, :-2], batch[:, 2:]), _loss_of(inner, np.roll(batch, -2, axis=1)[:, :-1])]),
        ("not_shifted", [_loss_of(scores, batch)]),
        ("shifted_back", [_loss_of(scores[:, 1:], batch[:, :-1])]),
        ("first_row_only", [_loss_of(inner[:1], following[:1])]),
        ("eos_left_out", [_loss_of(inner, following, following != PROBE.id(reference.EOS))]),
        ("truncated", [_loss_of(scores[:, :-2], batch[:, 1:-1])]),
        ("softmax_twice", [_loss_of(_log_softmax(np.exp(inner)), following)]),
        ("logits_as_probabilities", [_loss_of(_log_softmax(np.log(positive[:, :-1])), following)]),
        ("mean_of_logits", [float(logits.mean())]),
    ):
        if any(math.isclose(got, value, rel_tol=1e-4, abs_tol=1e-4) for value in values):
            return diagnosis
    return None


def _log_softmax(logits: Any) -> Any:
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def _loss_of(scores: Any, labels: Any, counted: Any | None = None) -> float:
    """The mean cross entropy of log probabilities, of those labels that count."""
    losses = -np.take_along_axis(scores, labels[..., None], axis=-1)[..., 0]
    return float(losses.mean() if counted is None else losses[counted].mean())


@pytest.mark.check("loss.training_mode")
def test_training_mode(examinee: Examinee) -> None:
    """With dropout it is not the loss of inference mode, but near it."""
    for seed in MODE_SEEDS:
        batch = _batch(seed)
        inference = _true_loss(examinee, batch, batch)
        call, got = _loss(examinee, batch, 0.5, inference)
        if not abs(got - inference) < MODE_RANGE:
            wrong(call, verbatim(f"≠ {inference:.4f}"), _number(got))
        if abs(got - inference) > MODE_DIFFERENCE:
            return
    wrong(call, verbatim(f"≠ {inference:.4f}"), _number(got), "no_dropout")


@pytest.mark.check("loss.trains")
def test_trains(examinee: Examinee) -> None:
    """A few steps with it lower the true loss of the batch."""
    batch = _batch(3)
    before = _true_loss(examinee, batch, batch)
    call = "train_step(model, optimizer, batch)"
    training = Train("compute_loss", checkpoint=examinee.pool.probe(), batch=batch, steps=STEPS, rate=RATE)
    left = examinee.do(training, call)
    goal = verbatim(f"< {before - LEAST_GAIN:.4f}")
    if left is None:
        wrong(call, goal, _number(before), "detached")
    after = _true_loss(examinee, batch, batch, _weights(call, goal, left))
    if not after < before - LEAST_GAIN:
        wrong(call, goal, _number(after), "detached" if after == before else None)


def _weights(call: str, goal: str, left: Any) -> list[bytes]:
    """The weights as `ReferenceLoss` takes them; what has other shapes is no weights of this model."""
    weights = left if type(left) is list else [None]
    arrays = [weight.values if isinstance(weight, wire.Array) else np.empty(0) for weight in weights]
    if [array.shape for array in arrays] != reference.probe_shapes() or any(a.dtype != np.float32 for a in arrays):
        wrong(call, goal, verbatim("?"))
    return [array.tobytes() for array in arrays]

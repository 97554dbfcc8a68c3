"""Step 7: the loss. What a loss does to a model is measured on the weights that it leaves behind."""

import math
from typing import Any

import numpy as np
import pytest

from grader import reference, wire
from grader.exam import Examinee, wrong
from grader.showing import verbatim

PROBE = reference.probe()
ROWS, WIDTH = 4, 8

# Measured with the probe model (loss about 7.4): two computations of one loss, also in other orders of summation,
# differ by less than 1e-5; labels shifted by hand, by more than 0.05.
VALUE_TOLERANCE = 2e-3
# In training mode with half of all units dropped, the loss is off the inference loss by 0.01 to 0.6 for this
# model; in inference mode it is off by less than 1e-5.
MODE_DIFFERENCE, MODE_RANGE = 5e-4, 2.0
# 3 steps of Adam at 1e-2 take the true loss from 7.5 to 5.2; losses that follow something else than the text (the
# square of the logits, one label everywhere) gain less than 0.45, and without a gradient it stays.
STEPS, RATE, LEAST_GAIN = 3, 1e-2, 0.5


def _batch(seed: int) -> list[list[int]]:
    """Ids without a pad."""
    return np.random.default_rng(seed).integers(9, PROBE.vocab_size, (ROWS, WIDTH)).tolist()  # type: ignore[no-any-return]


def _true_loss(
    examinee: Examinee, inputs: list[list[int]], labels: list[list[int]], weights: list[str] | None = None
) -> float:
    """The loss in inference mode, computed apart from the submission."""
    request = {"checkpoint": examinee.workshop.probe(), "batch": inputs, "labels": labels}
    value = examinee.referee("reference_loss", **request | ({} if weights is None else {"weights": weights}))
    return float(value.reshape(-1)[0])


def _loss(examinee: Examinee, batch: list[list[int]], dropout: float, expected: float) -> tuple[str, float]:
    """The call and the submission's loss as one number."""
    call = f"compute_loss(model, batch)  # batch.shape == {(ROWS, WIDTH)}"
    checkpoint = examinee.workshop.probe()
    got = examinee.do("loss", "compute_loss", call, checkpoint=checkpoint, dropout=dropout, batch=batch)
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
    for seed in range(2):
        batch = _batch(seed)
        expected = _true_loss(examinee, batch, batch)
        call, got = _loss(examinee, batch, 0.0, expected)
        if not math.isclose(got, expected, abs_tol=VALUE_TOLERANCE):
            shifted = _true_loss(examinee, [row[:-1] for row in batch], [row[1:] for row in batch])
            wrong(call, _number(expected), _number(got), _diagnose(got, expected, shifted))


def _diagnose(got: float, expected: float, shifted: float) -> str | None:
    if math.isclose(got, shifted, abs_tol=VALUE_TOLERANCE):
        return "hand_shifted"
    for count in (ROWS, WIDTH - 1, ROWS * (WIDTH - 1)):
        if math.isclose(got, count * expected, rel_tol=1e-3):
            return "summed_loss"
    return None


@pytest.mark.check("loss.training_mode")
def test_training_mode(examinee: Examinee) -> None:
    """With dropout it is not the loss of inference mode, but near it."""
    batch = _batch(2)
    inference = _true_loss(examinee, batch, batch)
    call, got = _loss(examinee, batch, 0.5, inference)
    if not MODE_DIFFERENCE < abs(got - inference) < MODE_RANGE:
        near = abs(got - inference) <= MODE_DIFFERENCE
        wrong(call, verbatim(f"≠ {inference:.4f}"), _number(got), "no_dropout" if near else None)


@pytest.mark.check("loss.trains")
def test_trains(examinee: Examinee) -> None:
    """A few steps with it lower the true loss of the batch."""
    batch = _batch(3)
    before = _true_loss(examinee, batch, batch)
    call = "train_step(model, optimizer, batch)"
    left = examinee.do(
        "train",
        "compute_loss",
        call,
        checkpoint=examinee.workshop.probe(),
        batch=batch,
        steps=STEPS,
        rate=RATE,
    )
    goal = verbatim(f"< {before - LEAST_GAIN:.4f}")
    if left is None:
        wrong(call, goal, _number(before), "detached")
    after = _true_loss(examinee, batch, batch, _weights(call, goal, left))
    if not after < before - LEAST_GAIN:
        wrong(call, goal, _number(after), "detached" if after == before else None)


def _weights(call: str, goal: str, left: Any) -> list[str]:
    """The weights as the referee takes them; shapes it cannot take are not weights of this model."""
    found = left if type(left) is list else [None]
    arrays = [weight.values if isinstance(weight, wire.Array) else np.empty(0) for weight in found]
    if [array.shape for array in arrays] != reference.probe_shapes() or any(a.dtype != np.float32 for a in arrays):
        wrong(call, goal, verbatim("?"))
    return [array.tobytes().hex() for array in arrays]

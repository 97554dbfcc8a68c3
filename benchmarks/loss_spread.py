"""How much correct losses differ, and wrong ones: the basis for the tolerances of step 7's checks.

The loss is computed with the grader's probe model in many ways that a submission may choose; the table shows the spread
beside the tolerance in `grader/checks/test_loss.py`.
"""

import os
from typing import Any

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import tensorflow as tf
from rich.console import Console
from rich.table import Table
from transformers import TFGPT2LMHeadModel

from grader import reference
from grader.checks import test_loss as check

SEEDS = 30


def model(dropout: float) -> Any:
    """Load the probe model with a dropout rate."""
    return TFGPT2LMHeadModel.from_pretrained(
        reference.PROBE, attn_pdrop=dropout, embd_pdrop=dropout, resid_pdrop=dropout
    )


def batch(seed: int) -> Any:
    """Draw a batch of ids, int32 (B, T), as the checks do."""
    return tf.constant(check._batch(seed), tf.int32)


def entropies(net: Any, ids: Any, dtype: str = "float32") -> Any:
    """Compute the cross-entropy of each token but the first, (B, T - 1), in nats."""
    logits = tf.cast(net(ids, training=True).logits[:, :-1], dtype)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(ids[:, 1:], logits)


RIGHT = {
    "labels=batch": lambda net, ids: net(ids, labels=ids, training=True).loss,
    "own cross-entropy": lambda net, ids: tf.reduce_mean(entropies(net, ids)),
    "in float64": lambda net, ids: tf.cast(tf.reduce_mean(entropies(net, ids, "float64")), "float32"),
    "mean of the rows' means": lambda net, ids: tf.reduce_mean(tf.reduce_mean(entropies(net, ids), axis=1)),
    "rows the other way round": lambda net, ids: net(ids[::-1], labels=ids[::-1], training=True).loss,
    "row by row": lambda net, ids: (
        tf.add_n([net(r, labels=r, training=True).loss for r in tf.split(ids, check.ROWS)]) / check.ROWS
    ),
}
WRONG = {
    "labels shifted by hand": lambda net, ids: net(ids[:, :-1], labels=ids[:, 1:], training=True).loss,
    "the first row alone": lambda net, ids: net(ids[:1], labels=ids[:1], training=True).loss,
    "one label everywhere": lambda net, ids: net(ids, labels=tf.ones_like(ids), training=True).loss,
    "square of the logits": lambda net, ids: tf.reduce_mean(net(ids, training=True).logits ** 2),
}


def number(loss: Any) -> float:
    """Turn a loss of one element into a number."""
    return float(tf.reduce_mean(loss))


def gain(loss: Any, net: Any, start: Any) -> float:
    """Train as the check does; returns how much the true loss falls, in nats per token."""
    net.set_weights(start)
    ids, optimizer = batch(3), tf.keras.optimizers.Adam(check.RATE, epsilon=1e-8)
    before = number(net(ids, labels=ids).loss)
    for _ in range(check.STEPS):
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(loss(net, ids))
        optimizer.apply_gradients(
            zip(tape.gradient(value, net.trainable_variables), net.trainable_variables, strict=True)
        )
    after = number(net(ids, labels=ids).loss)
    net.set_weights(start)
    return before - after


def errors_of_right_losses(net: Any) -> list[float]:
    """Return how far each correct loss is from the model's own, at most."""
    return [
        max(abs(number(loss(net, batch(s))) - number(net(batch(s), labels=batch(s)).loss)) for s in range(SEEDS))
        for loss in RIGHT.values()
    ]


def errors_of_shifted_labels(net: Any) -> list[float]:
    """Return how far the loss with labels shifted by hand is from the correct one, on the batches of the check."""
    batches = [batch(0), tf.constant(check._framed(check._batch(6)), tf.int32)]
    by_hand, right = WRONG["labels shifted by hand"], RIGHT["labels=batch"]
    return [abs(number(by_hand(net, ids)) - number(right(net, ids))) for ids in batches]


def differences_of_modes(net: Any, dropping: Any) -> list[float]:
    """Return how far the losses in training and in inference mode are apart, for several draws of dropout."""
    inference = number(net(batch(2), labels=batch(2)).loss)
    return [abs(number(dropping(batch(2), labels=batch(2), training=True).loss) - inference) for _ in range(SEEDS)]


def main() -> None:
    """Measure and print."""
    still, dropping = model(0.0), model(0.5)
    off, shifted = errors_of_right_losses(still), errors_of_shifted_labels(still)
    mode = differences_of_modes(still, dropping)
    start = still.get_weights()
    gains = {name: gain(loss, still, start) for name, loss in (RIGHT | WRONG).items()}

    table = Table("what", "measured", "the check asks for", title=f"{SEEDS} batches or draws of dropout")
    table.add_row("right losses are off by at most", f"{max(off):.1e}", f"less than {check.VALUE_TOLERANCE:.0e}")
    table.add_row(
        "labels shifted by hand are off by at least", f"{min(shifted):.3f}", f"more than {check.VALUE_TOLERANCE:.0e}"
    )
    table.add_row(
        "training mode is off inference mode by",
        f"{min(mode):.3f} to {max(mode):.3f}",
        f"{check.MODE_DIFFERENCE:.0e} to {check.MODE_RANGE}",
    )
    good = [gains[name] for name in RIGHT]
    table.add_row("right losses gain", f"{min(good):.2f} to {max(good):.2f}", f"more than {check.LEAST_GAIN}")
    for name in WRONG:
        table.add_row(
            f"{name}: gains",
            f"{gains[name]:.2f}",
            "" if gains[name] > check.LEAST_GAIN else f"{check.LEAST_GAIN} is not reached",
        )
    Console(width=110).print(table)


if __name__ == "__main__":
    main()

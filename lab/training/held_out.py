"""Holding dialogs out of training, and computing the loss on them."""

import math
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def split(table: "pd.DataFrame", share: float, seed: int = 0) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """Split a table of dialogs at random into a training set and a held-out set.

    Rows with the same question stay together, as otherwise the model would be tested on questions it has seen.
    Questions that differ only in spaces or Unicode normalization count as the same.

    Args:
        table: dialogs with the columns `Q` and `A`.
        share: share of rows to hold out, between 0 and 1; it may be exceeded, as questions are not divided.
        seed: decides the split; independent of the seed of a training.

    Returns:
        The rows to train on and those held out, each in the table's order, with the index 0 .. N-1.
    """
    import numpy as np

    questions, of_row = np.unique([_bare(question) for question in table["Q"]], return_inverse=True)
    sizes = np.bincount(of_row, minlength=len(questions))
    order = np.random.default_rng(seed).permutation(len(questions))
    before = np.cumsum(sizes[order]) - sizes[order]  # rows taken before each question's turn
    held_out = np.isin(of_row, order[before < round(share * len(table))])
    return table[~held_out].reset_index(drop=True), table[held_out].reset_index(drop=True)


def _bare(question: str) -> str:
    return "".join(unicodedata.normalize("NFKC", question).split())


def held_out_loss(model: Any, padded: "np.ndarray[Any, Any]", pad_id: int, batch_size: int = 32) -> float:
    """Compute the mean cross-entropy of held-out dialogs in inference mode, without padding.

    It cannot be compared with `compute_loss`, whose mean includes padding and is lower, as padding is easy to predict.

    Args:
        model: a `TFGPT2LMHeadModel`.
        padded: integer array (N, T), with padding after the tokens.
        pad_id: the id of `<pad>`.
        batch_size: rows computed at once.

    Returns:
        Mean loss in nats per token, over all tokens but the first of each row, which is not predicted.
    """
    import numpy as np

    lengths = (padded != pad_id).sum(axis=1)
    by_length = padded[np.argsort(lengths, kind="stable")]
    total = 0.0
    for start in range(0, len(by_length), batch_size):
        rows = by_length[start : start + batch_size]
        longest = int((rows != pad_id).sum(axis=1).max())
        total += _summed_loss(model, rows[:, :longest], pad_id)  # cuts off padding only
    return total / float((lengths - 1).sum())


def perplexity(loss: float) -> float:
    """Return the perplexity, `exp(loss)`, of a loss in nats: the number of equally likely tokens it corresponds to."""
    return math.inf if loss >= 700 else math.exp(loss)


def _summed_loss(model: Any, rows: "np.ndarray[Any, Any]", pad_id: int) -> float:
    import tensorflow as tf

    logits = model(tf.constant(rows), training=False).logits[:, :-1]  # (B, T - 1, V)
    targets = tf.constant(rows[:, 1:])  # (B, T - 1)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, tf.cast(logits, tf.float32))
    return float(tf.reduce_sum(tf.where(targets == pad_id, 0.0, losses)))

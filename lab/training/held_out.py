"""Dialogs that are kept out of training, and the loss on them."""

import math
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def split(table: "pd.DataFrame", share: float, seed: int = 0) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """Hold some dialogs out of training.

    Rows that ask the same question stay together, or the model would be examined on what it has seen; questions are
    the same when they differ in nothing but spaces and Unicode forms. Everything else is left to chance.

    Args:
        table: dialogs with the columns `Q` and `A`.
        share: how much to hold out, between 0 and 1; whole questions are taken until that many rows are reached.
        seed: the same one always gives the same split, whatever seed a training has.

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
    """The mean cross-entropy of the held-out dialogs' tokens, in inference mode, without the pads.

    `compute_loss` counts pads as well; they are easy, so its value is lower and not comparable.

    Args:
        model: a `TFGPT2LMHeadModel`.
        padded: integer array (N, T), pads behind the tokens.
        pad_id: the id of `<pad>`.
        batch_size: rows at once.

    Returns:
        nats per token, over all tokens but the first of each row, which nothing precedes.
    """
    import numpy as np

    lengths = (padded != pad_id).sum(axis=1)
    by_length = padded[np.argsort(lengths, kind="stable")]
    total = 0.0
    for start in range(0, len(by_length), batch_size):
        rows = by_length[start : start + batch_size]
        longest = int((rows != pad_id).sum(axis=1).max())
        total += _summed_loss(model, rows[:, :longest], pad_id)  # what is cut off is padding
    return total / float((lengths - 1).sum())


def perplexity(loss: float) -> float:
    """Among how many equally likely tokens the model might as well choose: the exponential of a loss in nats."""
    return math.inf if loss >= 700 else math.exp(loss)


def _summed_loss(model: Any, rows: "np.ndarray[Any, Any]", pad_id: int) -> float:
    import tensorflow as tf

    logits = model(tf.constant(rows), training=False).logits[:, :-1]  # (B, T - 1, V)
    targets = tf.constant(rows[:, 1:])  # (B, T - 1)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, tf.cast(logits, tf.float32))
    return float(tf.reduce_sum(tf.where(targets == pad_id, 0.0, losses)))

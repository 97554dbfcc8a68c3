"""Alternatives that were tried for `--fast` and discarded: CPU seconds of each beside what was kept.

    python benchmarks/training_tried.py --json docs/build/data/tried.json --markdown tried.md

Medians of interleaved rounds. Shapes are KoGPT2's with 576 tokens; the whole step is that of a model of two blocks.
"""

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import tensorflow as tf
from mutants_vs_peers import Tables, keep, parser_of, show_tables
from training import about, seeded_model
from transformers import GPT2Config

from lab.fast.model import keep as no_dropout
from lab.fast.training import cross_entropy, loss_and_gradients, make_step
from solution.training import make_optimizer

TOKENS, WIDTH, INNER, VOCABULARY = 576, 768, 3072, 51_200
ROWS, LENGTH = 32, 18

Attempts = dict[tuple[str, str], tuple[Callable[[], Any], Callable[[], Any]]]  # names and calls of tried and kept


def steps() -> Attempts:
    """Make the attempts on a whole step of a model of two blocks, and on the embedding's gradient."""
    config = GPT2Config(vocab_size=VOCABULARY, n_layer=2, attn_pdrop=0.0, embd_pdrop=0.0, resid_pdrop=0.0)
    model = seeded_model(config, 0)
    batch = tf.random.stateless_uniform((ROWS, LENGTH), (0, 0), 9, VOCABULARY, tf.int32)

    def compiled(*, xla: bool) -> Callable[[], Any]:
        def total() -> Any:
            loss, gradients = loss_and_gradients(model, batch, tf.bfloat16, no_dropout)
            return loss, [tf.reduce_sum(gradient) for gradient in gradients]

        return tf.function(total, jit_compile=xla, autograph=False)

    plain_adam, other = make_optimizer(), tf.keras.optimizers.Adam(3e-5, epsilon=1e-8, clipnorm=1e9)
    fused, keras = (make_step(model, optimizer, tf.bfloat16) for optimizer in (plain_adam, other))
    return {
        ("the whole step by XLA", "the same graph without XLA"): (compiled(xla=True), compiled(xla=False)),
        ("Keras' apply_gradients", "one pass over each weight"): (lambda: keras(batch), lambda: fused(batch)),
    }


def parts() -> Attempts:
    """Make the attempts on the loss of the output layer, and on matrix products."""
    states, table = (tf.random.stateless_normal(shape, (0, 0)) for shape in ((TOKENS, WIDTH), (VOCABULARY, WIDTH)))
    answers = tf.zeros(TOKENS, tf.int32)
    weights, upstream = (
        tf.cast(tf.random.stateless_normal(shape, (1, 1)), tf.bfloat16) for shape in ((WIDTH, INNER), (TOKENS, INNER))
    )

    def gradients(loss: Callable[[], Any]) -> Callable[[], Any]:
        def both() -> Any:
            with tf.GradientTape() as tape:
                tape.watch([states, table])
                value = tf.reduce_mean(loss())
            return tape.gradient(value, [states, table])

        return tf.function(both, autograph=False)

    def of_library(dtype: Any) -> Callable[[], Any]:
        def loss() -> Any:
            logits = tf.matmul(tf.cast(states, tf.bfloat16), tf.cast(table, tf.bfloat16), transpose_b=True)
            return tf.nn.sparse_softmax_cross_entropy_with_logits(answers, tf.cast(logits, dtype))

        return gradients(loss)

    own = gradients(lambda: cross_entropy(states, table, answers, tf.bfloat16))
    by_hand = "softmax and its gradient by hand"
    laid_out = tf.function(lambda: tf.matmul(upstream, tf.transpose(weights)))
    at_once = tf.function(lambda: tf.matmul(upstream, weights, transpose_b=True))
    return {
        ("TensorFlow's cross-entropy, float32", by_hand): (of_library(tf.float32), own),
        ("TensorFlow's cross-entropy, bfloat16", by_hand): (of_library(tf.bfloat16), own),
        ("transposed weights laid out first", "transposed while multiplying"): (laid_out, at_once),
    }


def cpu_seconds(call: Callable[[], Any]) -> float:
    """Measure the CPU seconds of a call, until its result can be read."""
    started = time.process_time()
    tf.nest.map_structure(lambda tensor: tf.reduce_sum(tf.cast(tensor, tf.float32)).numpy(), call())
    return time.process_time() - started


def measure(attempts: Attempts, rounds: int) -> list[dict[str, Any]]:
    """Measure the medians of all attempts and of what was kept instead."""
    results = []
    for (tried, kept), calls in attempts.items():
        pairs = [[cpu_seconds(call) for call in calls] for _ in range(rounds + 1)][1:]  # the first compiles
        of_tried, of_kept = (round(statistics.median(side), 4) for side in zip(*pairs, strict=True))
        results.append({"tried": tried, "kept": kept, "seconds_tried": of_tried, "seconds_kept": of_kept})
    return results


def tables(figures: dict[str, Any]) -> Tables:
    """Make the table, a line for each attempt."""
    head = ["tried", "kept", "CPU seconds, tried", "CPU seconds, kept"]
    lines = [
        [one["tried"], one["kept"], f"{one['seconds_tried']:.3f}", f"{one['seconds_kept']:.3f}"]
        for one in figures["attempts"]
    ]
    return [("Tried, and what was kept", [head, *lines])]


def main() -> None:
    """Measure, print the table, and write it to the files that were asked for."""
    parser = parser_of(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    attempts = measure(parts(), arguments.rounds) + measure(steps(), arguments.rounds)
    figures = about(arguments.rounds) | {"attempts": attempts}
    show_tables(tables(figures))
    keep(arguments, tables(figures), figures)


if __name__ == "__main__":
    main()

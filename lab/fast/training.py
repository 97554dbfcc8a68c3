"""What `lab train --fast` puts in the place of padded batches and the plain training step.

The loss is the plain one with the pads left out: the mean cross-entropy of each next token, pads being neither inputs
that a token could see nor answers that it is judged by.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from lab.fast.model import check_supported, hidden_states

NOTHING = -100  # no token here; the id that transformers' losses pass over


def batches_by_length(
    dialogs: Sequence[Sequence[int]], batch_size: int = 32, seed: int = 0, epoch: int = 0
) -> list[np.ndarray]:
    """Batches of dialogs of about the same length, in a random order.

    Every dialog is in exactly one batch. Dialogs of one length are shuffled before they are divided; what does not
    fill a batch is drawn from all lengths and is a smaller batch of its own.

    Args:
        dialogs: N dialogs, token ids.
        batch_size: dialogs in a batch.
        seed: the same seed and epoch give the same batches.
        epoch: the number of the epoch.

    Returns:
        Integer arrays (B, T), T the longest of the batch's dialogs, `NOTHING` behind the shorter ones. As pads come
        behind, a token's position is its column, as without padding.
    """
    random = np.random.default_rng((seed, epoch))
    order = random.permutation(len(dialogs))
    rest = len(dialogs) % batch_size
    sorted_order = rest + np.argsort([len(dialogs[i]) for i in order[rest:]], kind="stable")
    groups = [order[sorted_order[i : i + batch_size]] for i in range(0, len(sorted_order), batch_size)]
    if rest:
        groups.append(order[:rest])
    return [_rectangle([dialogs[i] for i in groups[place]]) for place in random.permutation(len(groups))]


def _rectangle(dialogs: Sequence[Sequence[int]]) -> np.ndarray:
    batch = np.full((len(dialogs), max(map(len, dialogs))), NOTHING, np.int32)
    for row, dialog in zip(batch, dialogs, strict=True):
        row[: len(dialog)] = dialog
    return batch


def make_step(model: Any, optimizer: Any, dtype: Any, seed: int = 0) -> Callable[[Any], Any]:
    """Compile the training step.

    Args:
        model: a `TFGPT2LMHeadModel`; its weights are changed and stay float32.
        optimizer: what `make_optimizer` returned. Dropout is a function of the seed and of its `iterations`, so a step
            that is taken again after a restart is the same step.
        dtype: the type of the matrix products, see `lab.fast.precision`.
        seed: of dropout.

    Returns:
        A function from a batch of `batches_by_length` to its loss before the step, shape (). One trace for all shapes.

    Raises:
        KitError: the model's activation is another than GPT-2's own.
    """
    check_supported(model.config)
    weights = model.trainable_variables
    optimizer.build(weights)
    change = _adam(optimizer, weights) if _is_plain_adam(optimizer) else _any(optimizer, weights)

    @tf.function(input_signature=[tf.TensorSpec((None, None), tf.int32)], autograph=False)  # type: ignore[untyped-decorator]
    def step(batch: Any) -> Any:
        loss, gradients = loss_and_gradients(model, batch, dtype, _dropout(seed, optimizer.iterations))
        change(gradients)
        return loss

    return step  # type: ignore[no-any-return]


def loss_and_gradients(model: Any, batch: Any, dtype: Any, drop: Any) -> tuple[Any, list[Any]]:
    """The loss of a batch, and its gradients by all weights.

    Only tokens that have a next token reach the head, the largest matrix of all. The embedding rows are a source of
    their own: their gradient is added in place to that of the head, which shares the matrix, not as a second matrix.
    """
    weights = model.trainable_variables
    table = model.transformer.wte.embeddings
    ids = tf.maximum(batch, 0)
    rows = tf.gather(table, ids)
    answers = tf.reshape(tf.pad(batch[:, 1:], [[0, 0], [0, 1]], constant_values=NOTHING), [-1])
    counted = tf.where(answers != NOTHING)[:, 0]
    with tf.GradientTape() as tape:
        tape.watch(rows)
        states, _ = hidden_states(model, rows, dtype, drop)
        losses = cross_entropy(tf.gather(states, counted), table, tf.gather(answers, counted), dtype)
        loss = tf.reduce_mean(losses)
    of_rows, *gradients = tape.gradient(loss, [rows, *weights])
    place = next(number for number, weight in enumerate(weights) if weight is table)
    gradients[place] = tf.tensor_scatter_nd_add(gradients[place], ids[..., None], of_rows)
    return loss, [tf.convert_to_tensor(gradient) for gradient in gradients]


def cross_entropy(states: Any, table: Any, answers: Any, dtype: Any) -> Any:
    """The head and its cross-entropy in one, so that the largest tensor is passed over as seldom as possible.

    Args:
        states: (N, E), float32.
        table: the head, which is the embedding matrix (V, E), float32.
        answers: ids (N,).
        dtype: the type of the matrix products; the (N, V) gradient is kept in it.

    Returns:
        The losses (N,), float32, in nats.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def losses(states: Any, table: Any) -> Any:
        narrow = tf.cast(table, dtype)
        odds = tf.nn.softmax(tf.cast(tf.matmul(tf.cast(states, dtype), narrow, transpose_b=True), tf.float32))
        places = tf.stack([tf.range(tf.shape(answers)[0]), answers], 1)
        errors = tf.tensor_scatter_nd_sub(odds, places, tf.ones_like(answers, tf.float32))

        def gradient(upstream: Any) -> Any:
            wrong, scale = tf.cast(errors, dtype), upstream[:, None]
            of_table = tf.matmul(wrong, tf.cast(states * scale, dtype), transpose_a=True)
            return tf.cast(tf.matmul(wrong, narrow), tf.float32) * scale, tf.cast(of_table, tf.float32)

        # The smallest float32 keeps the loss finite where an answer is all but impossible; the gradient needs no help.
        return -tf.math.log(tf.maximum(tf.gather_nd(odds, places), np.finfo(np.float32).tiny)), gradient

    return losses(states, table)


def _dropout(seed: int, iteration: Any) -> Any:
    """Dropout (Srivastava et al. 2014) as a function of the seed, the iteration and the place in the model."""
    places = iter(range(10**6))

    def drop(x: Any, rate: float) -> Any:
        if not rate:
            return x
        draw = tf.stack([tf.cast(iteration, tf.int64), tf.constant(seed * 10**6 + next(places), tf.int64)])
        return tf.nn.experimental.stateless_dropout(x, rate, draw)

    return drop


def _is_plain_adam(optimizer: Any) -> bool:
    extras = ("amsgrad", "weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema", "loss_scale_factor")
    settings = optimizer.get_config()
    return type(optimizer) is tf.keras.optimizers.Adam and not any(settings.get(name) for name in extras)


def _any(optimizer: Any, weights: list[Any]) -> Callable[[list[Any]], Any]:
    return lambda gradients: optimizer.apply_gradients(zip(gradients, weights, strict=True))


def _adam(optimizer: Any, weights: list[Any]) -> Callable[[list[Any]], Any]:
    """Adam (Kingma & Ba 2015) in one pass over each weight instead of a dozen, in the optimizer's own slots."""

    def change(gradients: list[Any]) -> None:
        rounds = tf.cast(optimizer.iterations + 1, tf.float32)
        slots = zip(weights, optimizer._momentums, optimizer._velocities, gradients, strict=True)  # noqa: SLF001
        for weight, first, second, gradient in slots:
            tf.raw_ops.ResourceApplyAdam(
                var=weight.handle,
                m=first.handle,
                v=second.handle,
                beta1_power=optimizer.beta_1**rounds,
                beta2_power=optimizer.beta_2**rounds,
                lr=tf.cast(optimizer.learning_rate, tf.float32),
                beta1=optimizer.beta_1,
                beta2=optimizer.beta_2,
                epsilon=optimizer.epsilon,
                grad=gradient,
            )
        optimizer.iterations.assign_add(1)

    return change

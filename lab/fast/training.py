"""The replacement of padded batches and the plain training step in `lab train --fast`.

The loss is the mean cross-entropy of each next token, as in the plain step, but without padding: it is neither attended
to nor predicted.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from lab.fast.model import check_supported, hidden_states

IGNORE_INDEX = -100  # a place without a token, as in the labels of transformers


def batches_by_length(
    dialogs: Sequence[Sequence[int]], batch_size: int = 32, seed: int = 0, epoch: int = 0
) -> list[np.ndarray]:
    """Make batches of dialogs of similar length, in random order.

    Every dialog is in exactly one batch. Dialogs of equal length are shuffled before they are divided into batches. If
    the number of dialogs is no multiple of `batch_size`, the rest, drawn from all lengths, is a smaller batch.

    Args:
        dialogs: N lists of token ids.
        batch_size: dialogs in a batch.
        seed: together with `epoch`, determines the batches.
        epoch: number of the epoch, from 0.

    Returns:
        int32 arrays (B, T), T the length of the batch's longest dialog, filled up with `IGNORE_INDEX` at the end.
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
    batch = np.full((len(dialogs), max(map(len, dialogs))), IGNORE_INDEX, np.int32)
    for row, dialog in zip(batch, dialogs, strict=True):
        row[: len(dialog)] = dialog
    return batch


def make_step(model: Any, optimizer: Any, dtype: Any, seed: int = 0) -> Callable[[Any], Any]:
    """Compile the training step.

    Args:
        model: a `TFGPT2LMHeadModel`; its weights are updated and stay float32.
        optimizer: a Keras optimizer. Dropout depends only on the seed and on its `iterations`, so that a step repeated
            after a restart gives the same result.
        dtype: type of the matrix products, see `lab.fast.precision`.
        seed: of dropout.

    Returns:
        A function that trains on a batch of `batches_by_length` and returns the loss before the update, float32 with
        shape (). It is traced once for all batch shapes.

    Raises:
        KitError: the model's activation function is not GPT-2's.
    """
    check_supported(model.config)
    weights = model.trainable_variables
    optimizer.build(weights)
    update = _adam_update(optimizer, weights) if _is_plain_adam(optimizer) else _keras_update(optimizer, weights)

    @tf.function(input_signature=[tf.TensorSpec((None, None), tf.int32)], autograph=False)  # type: ignore[untyped-decorator]
    def step(batch: Any) -> Any:
        loss, gradients = loss_and_gradients(model, batch, dtype, _dropout(seed, optimizer.iterations))
        update(gradients)
        return loss

    return step  # type: ignore[no-any-return]


def loss_and_gradients(model: Any, batch: Any, dtype: Any, drop: Any) -> tuple[Any, list[Any]]:
    """Compute the loss of a batch and its gradients.

    Only tokens that have a next token are multiplied with the output layer, the largest matrix. That layer is the
    embedding matrix; the gradient of the embedding rows is added in place to the gradient of the layer, which avoids
    a second matrix of that size.

    Args:
        model: a `TFGPT2LMHeadModel`.
        batch: int32 (B, T), see `batches_by_length`.
        dtype: type of the matrix products.
        drop: applies dropout, see `lab.fast.model.Drop`.

    Returns:
        The loss, float32 with shape (), in nats per token, and the gradients in the order of
        `model.trainable_variables`.
    """
    weights = model.trainable_variables
    table = model.transformer.wte.embeddings
    ids = tf.maximum(batch, 0)
    rows = tf.gather(table, ids)
    labels = tf.reshape(tf.pad(batch[:, 1:], [[0, 0], [0, 1]], constant_values=IGNORE_INDEX), [-1])
    predicted = tf.where(labels != IGNORE_INDEX)[:, 0]
    with tf.GradientTape() as tape:
        tape.watch(rows)
        states, _ = hidden_states(model, rows, dtype, drop)
        losses = cross_entropy(tf.gather(states, predicted), table, tf.gather(labels, predicted), dtype)
        loss = tf.reduce_mean(losses)
    of_rows, *gradients = tape.gradient(loss, [rows, *weights])
    index = next(number for number, weight in enumerate(weights) if weight is table)
    gradients[index] = tf.tensor_scatter_nd_add(gradients[index], ids[..., None], of_rows)
    return loss, [tf.convert_to_tensor(gradient) for gradient in gradients]


def cross_entropy(states: Any, table: Any, labels: Any, dtype: Any) -> Any:
    """Apply the output layer and compute the cross-entropy, in few passes over the (N, V) tensor, the largest of all.

    Args:
        states: hidden states, float32 (N, E).
        table: the embedding matrix, which is the output layer too, float32 (V, E).
        labels: ids of the next tokens, (N,).
        dtype: type of the matrix products, and of the stored (N, V) gradient.

    Returns:
        The losses, float32 (N,), in nats.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def losses(states: Any, table: Any) -> Any:
        narrow = tf.cast(table, dtype)
        probabilities = tf.nn.softmax(tf.cast(tf.matmul(tf.cast(states, dtype), narrow, transpose_b=True), tf.float32))
        indices = tf.stack([tf.range(tf.shape(labels)[0]), labels], 1)
        errors = tf.tensor_scatter_nd_sub(probabilities, indices, tf.ones_like(labels, tf.float32))

        def gradient(upstream: Any) -> Any:
            wrong, scale = tf.cast(errors, dtype), upstream[:, None]
            of_table = tf.matmul(wrong, tf.cast(states * scale, dtype), transpose_a=True)
            return tf.cast(tf.matmul(wrong, narrow), tf.float32) * scale, tf.cast(of_table, tf.float32)

        # The smallest float32 keeps the loss finite where a probability underflows to 0; the gradient is finite anyway.
        of_labels = tf.maximum(tf.gather_nd(probabilities, indices), np.finfo(np.float32).tiny)
        return -tf.math.log(of_labels), gradient

    return losses(states, table)


def _dropout(seed: int, iteration: Any) -> Any:
    """Make a dropout (Srivastava et al. 2014) that depends only on seed, iteration and place in the model."""
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


def _keras_update(optimizer: Any, weights: list[Any]) -> Callable[[list[Any]], Any]:
    return lambda gradients: optimizer.apply_gradients(zip(gradients, weights, strict=True))


def _adam_update(optimizer: Any, weights: list[Any]) -> Callable[[list[Any]], Any]:
    """Make an Adam update (Kingma & Ba 2015) with one pass over each weight, where Keras takes about a dozen.

    It uses the optimizer's own moments, so that saving and restoring the optimizer still works.
    """

    def update(gradients: list[Any]) -> None:
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

    return update

"""GPT-2's forward pass as a compiled graph, for `lab train --fast` and `lab chat --fast`.

It shares the weights of a `TFGPT2LMHeadModel` and has none of its own. Matrix products are computed in a type of the
caller's choice; sums, norms and the softmax in float32, and the weights stay float32. (Radford et al. 2019; mixed
precision: Micikevicius et al. 2018.)
"""

import math
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from kit.errors import KitError
from kit.messages import Bilingual

ACTIVATION = "gelu_new"
Drop = Callable[[Any, float], Any]  # (tensor, rate) -> tensor


def check_supported(config: Any) -> None:
    """Check that a model has GPT-2's activation function, the only one computed here.

    Raises:
        KitError: it has another.
    """
    if config.activation_function != ACTIVATION:
        raise KitError(
            Bilingual(
                f"--fast는 activation_function이 {ACTIVATION}인 GPT-2만 다룹니다 ({config.activation_function}). "
                f"--fast를 빼 주세요.",
                f"--fast takes a GPT-2 with the activation_function {ACTIVATION} only (this is "
                f"{config.activation_function}): leave out --fast.",
            ),
        )


def keep(x: Any, _rate: float) -> Any:
    """Return a tensor unchanged: no dropout, as in inference mode."""
    return x


def hidden_states(model: Any, rows: Any, dtype: Any, drop: Drop = keep, past: Any = None) -> tuple[Any, Any]:
    """Compute the output of the last transformer block, normalized.

    Args:
        model: a `TFGPT2LMHeadModel`.
        rows: the tokens' rows of the embedding matrix, float32 (B, T, E). Attention is causal, so later tokens,
            padding included, do not affect earlier ones.
        dtype: type of the matrix products.
        drop: applies dropout to a tensor at a rate.
        past: keys and values of the P tokens before these, float32 (layers, 2, B, heads, P, E / heads); or `None`.

    Returns:
        The hidden states, float32 (B * T, E), and the past extended to P + T tokens, `None` if none was given.
    """
    net, config = model.transformer, model.config
    batch, new, width = tf.shape(rows)[0], tf.shape(rows)[1], config.n_embd
    old = 0 if past is None else tf.shape(past)[4]
    x = drop(rows + tf.gather(net.wpe.embeddings, tf.range(old, old + new)), config.embd_pdrop)
    x = tf.reshape(x, [-1, width])
    visible = tf.range(old + new) <= tf.range(old, old + new)[:, None]  # (T, P + T)
    longer = []
    for number, block in enumerate(net.h):
        q, k, v = _heads(dense(norm(x, block.ln_1), block.attn.c_attn, dtype), batch, new, config.n_head)
        if past is not None:
            k, v = tf.concat([past[number, 0], k], 2), tf.concat([past[number, 1], v], 2)
            longer.append(tf.stack([k, v]))
        seen = _attend(q, k, v, visible, lambda w: drop(w, config.attn_pdrop))
        seen = tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [-1, width])
        x += drop(dense(seen, block.attn.c_proj, dtype), config.resid_pdrop)
        inner = gelu(dense(norm(x, block.ln_2), block.mlp.c_fc, dtype))
        x += drop(dense(inner, block.mlp.c_proj, dtype), config.resid_pdrop)
    return norm(x, net.ln_f), None if past is None else tf.stack(longer)


def dense(x: Any, layer: Any, dtype: Any) -> Any:
    """Apply a fully connected layer: float32 (N, in) to float32 (N, out), multiplied in `dtype`."""
    product = tf.matmul(tf.cast(x, dtype), tf.cast(layer.weight, dtype))
    return tf.cast(product, tf.float32) + layer.bias


def norm(x: Any, layer: Any) -> Any:
    """Apply layer normalization (Ba et al. 2016) to each row of float32 (N, E)."""
    centred = x - tf.reduce_mean(x, -1, keepdims=True)
    spread = tf.math.rsqrt(tf.reduce_mean(tf.square(centred), -1, keepdims=True) + layer.epsilon)
    return centred * spread * layer.gamma + layer.beta


@tf.custom_gradient  # type: ignore[untyped-decorator]
def gelu(x: Any) -> Any:
    """Apply GPT-2's GELU (Hendrycks & Gimpel 2016, the tanh form).

    The derivative is written by hand, as TensorFlow's own takes more passes over the tensor.
    """
    slope = 2 * math.sqrt(2 / math.pi)  # 1 + tanh(u) = 2 sigmoid(2u)
    square = x * x
    gate = tf.sigmoid(x * (slope + slope * 0.044715 * square))

    def gradient(upstream: Any) -> Any:
        return upstream * gate * (1 + x * (1 - gate) * (slope + 3 * slope * 0.044715 * square))

    return x * gate, gradient


def _heads(x: Any, batch: Any, length: Any, count: int) -> Any:
    """Split (B * T, 3E) into queries, keys and values, each (B, heads, T, E / heads)."""
    size = x.shape[-1] // (3 * count)
    return tf.unstack(tf.transpose(tf.reshape(x, [batch, length, 3, count, size]), [2, 0, 3, 1, 4]), num=3)


def _attend(q: Any, k: Any, v: Any, visible: Any, drop: Callable[[Any], Any]) -> Any:
    """Scaled dot-product attention (Vaswani et al. 2017) in float32: a hundredth of the arithmetic at these lengths."""
    scores = tf.matmul(q, k, transpose_b=True) / math.sqrt(q.shape[-1])
    return tf.matmul(drop(tf.nn.softmax(tf.where(visible, scores, -1e9))), v)

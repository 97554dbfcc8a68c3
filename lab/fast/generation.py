"""What `lab chat --fast` puts in the place of `model.generate`: the same sampling in one compiled loop."""

from typing import Any

import tensorflow as tf

from kit.errors import KitError
from kit.messages import Bilingual
from lab.fast.model import check_supported, hidden_states


class FastGenerator:
    """Generates as the model does, and stands in for it where nothing but `generate` and `config` is asked for.

    Args:
        model: a `TFGPT2LMHeadModel`. It computes in float32, so that greedy answers are the model's own to the token.

    Raises:
        KitError: the model's activation is another than GPT-2's own.
    """

    def __init__(self, model: Any) -> None:
        check_supported(model.config)
        self.model, self.config = model, model.config
        signature = [tf.TensorSpec((1, None), tf.int32), tf.TensorSpec((), tf.int32), tf.TensorSpec((), tf.int32)]
        self._loop = tf.function(self._generate, input_signature=signature, autograph=False)

    def generate(
        self, input_ids: Any, *, max_length: int = 50, do_sample: bool = False, top_k: int = 20, **others: Any
    ) -> Any:
        """Continue one prompt until `</s>` or until there are `max_length` tokens.

        Args:
            input_ids: (1, P), P less than `max_length`.
            max_length: the limit on all tokens.
            do_sample: draw from the `top_k` likeliest tokens (Fan et al. 2018), by TensorFlow's global seed; or take
                the likeliest.
            top_k: how many candidates there are.
            **others: none; named so that they can be refused.

        Returns:
            The prompt and what follows, (1, <= max_length), int32.

        Raises:
            KitError: other arguments of `model.generate` were given.
        """
        if others:
            named = ", ".join(others)
            raise KitError(
                Bilingual(
                    f"--fast의 generate는 {named} 을(를) 모릅니다. max_length, do_sample, top_k만 쓰거나 --fast를 "
                    f"빼 주세요.",
                    f"generate of --fast does not know {named}: use max_length, do_sample and top_k only, or leave "
                    f"out --fast.",
                ),
            )
        prompt = tf.cast(input_ids, tf.int32)
        candidates = tf.minimum(top_k, self.config.vocab_size) if do_sample else 1
        return self._loop(prompt, tf.constant(max_length), tf.cast(candidates, tf.int32))

    def next_logits(self, ids: Any, past: Any) -> tuple[Any, Any]:
        """The logits (1, V) behind the last of the ids (1, T) that follow the past, and the past with them in it."""
        table = self.model.transformer.wte.embeddings
        states, past = hidden_states(self.model, tf.gather(table, ids), tf.float32, past=past)
        return tf.matmul(states[-1:], table, transpose_b=True), past

    def _generate(self, prompt: Any, max_length: Any, candidates: Any) -> Any:
        config = self.model.config
        end = self.model.generation_config.eos_token_id
        size = config.n_embd // config.n_head
        logits, past = self.next_logits(prompt, tf.zeros((config.n_layer, 2, 1, config.n_head, 0, size)))

        def unfinished(ids: Any, _logits: Any, _past: Any) -> Any:
            return (tf.shape(ids)[1] < max_length) & ((ids[0, -1] != end) | (tf.shape(ids)[1] == tf.shape(prompt)[1]))

        def one_more(ids: Any, logits: Any, past: Any) -> Any:
            token = draw(logits, candidates)
            return tf.concat([ids, token], 1), *self.next_logits(token, past)

        shapes = [
            tf.TensorShape(shape)
            for shape in ((1, None), (None, None), (config.n_layer, 2, 1, config.n_head, None, size))
        ]
        return tf.while_loop(unfinished, one_more, [prompt, logits, past], shape_invariants=shapes)[0]


def among_top(logits: Any, count: Any) -> Any:
    """The logits (1, V), all but the `count` highest at minus infinity; what equals the lowest of those stays, too."""
    lowest = tf.math.top_k(logits, count).values[:, -1:]
    return tf.where(logits < lowest, -float("inf"), logits)


def draw(logits: Any, count: Any) -> Any:
    """One token (1, 1) from the `count` likeliest, in proportion to their probability; with one, the likeliest."""
    likeliest = tf.argmax(logits, -1, tf.int32)[:, None]
    return tf.cond(count == 1, lambda: likeliest, lambda: tf.random.categorical(among_top(logits, count), 1, tf.int32))

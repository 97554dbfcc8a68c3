"""The replacement of `model.generate` in `lab chat --fast`: the same sampling, in one compiled loop."""

from typing import Any

import tensorflow as tf

from kit.errors import KitError
from kit.messages import Bilingual
from lab.fast.model import check_supported, hidden_states


class FastGenerator:
    """A model for generating only: it has `generate` and `config`, and its greedy answers equal the model's own.

    Args:
        model: a `TFGPT2LMHeadModel`; matrix products are computed in float32.

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
            input_ids: the prompt, an int tensor (1, P) with P < `max_length`.
            max_length: most tokens of prompt and continuation together.
            do_sample: sample from the `top_k` likeliest tokens (Fan et al. 2018) with TensorFlow's global generator;
                if false, take the likeliest.
            top_k: number of tokens to sample from.
            **others: any other argument of `model.generate`, refused with an error.

        Returns:
            The prompt and its continuation, int32 (1, <= max_length).

        Raises:
            KitError: another argument was given.
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
        """Compute the logits of the token after some ids.

        Args:
            ids: int32 (1, T), the tokens that follow the past.
            past: keys and values of the tokens before them, see `lab.fast.model.hidden_states`.

        Returns:
            The logits (1, V), float32, and the past extended by the ids.
        """
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
    """Set all logits (1, V) but the `count` highest to minus infinity; ties with the lowest of these are kept."""
    lowest = tf.math.top_k(logits, count).values[:, -1:]
    return tf.where(logits < lowest, -float("inf"), logits)


def draw(logits: Any, count: Any) -> Any:
    """Sample one token, int32 (1, 1), from the `count` likeliest; for a count of 1, take the likeliest."""
    likeliest = tf.argmax(logits, -1, tf.int32)[:, None]
    return tf.cond(count == 1, lambda: likeliest, lambda: tf.random.categorical(among_top(logits, count), 1, tf.int32))

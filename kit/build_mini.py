"""Rebuild the bundled mini-KoGPT2: `python -m kit.build_mini`.

A tokenizer with the layout of KoGPT2's (SKT, KoGPT2 v2.0, 2021) and a small GPT-2 (Radford et al. 2019),
pre-trained on the bundled dialogs as plain sentences. The model never sees `<usr>` or `<sys>` here: it learns the
format of a dialog in fine-tuning. All randomness is seeded.
"""

import argparse
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kit.checkpoints import MINI
from kit.corpus import read_dialogs
from kit.progress import progress

SPECIAL_TOKENS = ("<s>", "</s>", "<usr>", "<pad>", "<sys>", "<unk>", "<mask>", "<d>", "</d>")  # ids 0 .. 8
UNUSED_TOKENS = tuple(f"<unused{i}>" for i in range(100))
BOS_ID, EOS_ID, PAD_ID = 0, 1, 3
OVERSHOOTING = "<|endoftext|>"  # its id is vocab_size, one past the last row of the model's embedding matrix

VOCAB_SIZE = 6000
BLOCK = 64  # tokens in one row of a pre-training batch


def common_syllables() -> Iterator[str]:
    """Yield the 2,350 Hangul syllables of KS X 1001, which cover nearly all Korean text."""
    for lead in range(0xB0, 0xC9):
        for trail in range(0xA1, 0xFF):
            yield bytes((lead, trail)).decode("euc-kr")


def train_tokenizer(texts: list[str], vocab_size: int, alphabet: list[str]) -> Any:
    """Train a SentencePiece-like BPE tokenizer: NFKC, `▁` in front of every word, also after a special token.

    Args:
        texts: the sentences to learn merges from.
        vocab_size: number of entries, special and unused tokens included.
        alphabet: characters that are in the vocabulary even where `texts` lack them.

    Returns:
        A `tokenizers.Tokenizer` with exactly `vocab_size` entries, and `<|endoftext|>` beyond them at id `vocab_size`.

    Raises:
        ValueError: the texts yield too few merges to fill the vocabulary.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC()])
    # Wrapped in a Sequence, as in KoGPT2's file: GPT2TokenizerFast would change a bare pre-tokenizer's prefix space.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(prepend_scheme="always")])
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=2,
        special_tokens=[*SPECIAL_TOKENS, *UNUSED_TOKENS],
        initial_alphabet=alphabet,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    if tokenizer.get_vocab_size() != vocab_size:
        raise ValueError(f"the texts yield {tokenizer.get_vocab_size()} tokens, not {vocab_size}")
    tokenizer.add_special_tokens([OVERSHOOTING])
    return tokenizer


def blocks(sentences: list[list[int]], rng: random.Random) -> list[list[int]]:
    """Concatenate the sentences in random order, `</s>` after each, and cut the stream into rows.

    Args:
        sentences: token ids of each sentence.
        rng: decides the order.

    Returns:
        Rows of exactly `BLOCK` ids; the rest of the stream is dropped.
    """
    order = rng.sample(sentences, len(sentences))
    stream = [token for sentence in order for token in (*sentence, EOS_ID)]
    return [stream[i : i + BLOCK] for i in range(0, len(stream) - BLOCK + 1, BLOCK)]


def batches(sentences: list[list[int]], epochs: int, batch_size: int, rng: random.Random) -> Iterator[list[list[int]]]:
    """Yield the batches of all epochs, each `batch_size` rows of `BLOCK` ids, shuffled anew in each epoch."""
    for _ in range(epochs):
        rows = blocks(sentences, rng)
        for i in range(0, len(rows) - batch_size + 1, batch_size):
            yield rows[i : i + batch_size]


def new_model() -> Any:
    """Make an untrained `TFGPT2LMHeadModel` of 2.2 million weights."""
    import tensorflow as tf
    from transformers import GPT2Config, TFGPT2LMHeadModel

    config = GPT2Config(
        vocab_size=VOCAB_SIZE,
        n_positions=128,
        n_embd=160,
        n_layer=4,
        n_head=4,
        bos_token_id=BOS_ID,
        eos_token_id=EOS_ID,
        pad_token_id=PAD_ID,
    )
    model = TFGPT2LMHeadModel(config)
    model(tf.zeros((1, 2), tf.int32))  # Keras makes the weights at the first call
    return model


def pretrain(sentences: list[list[int]], epochs: int, batch_size: int, seed: int) -> Any:
    """Pre-train a new model on plain sentences, without the special tokens of a dialog.

    Args:
        sentences: token ids of each sentence.
        epochs: passes over the sentences, shuffled anew in each.
        batch_size: rows of `BLOCK` tokens in a batch.
        seed: of the weights, the shuffling and dropout.

    Returns:
        The `TFGPT2LMHeadModel`.
    """
    import tensorflow as tf
    import tf_keras

    tf_keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    model = new_model()
    rng = random.Random(seed)
    steps = epochs * (len(blocks(sentences, random.Random(seed))) // batch_size)
    schedule = tf_keras.optimizers.schedules.CosineDecay(0.0, steps, warmup_target=2e-3, warmup_steps=steps // 20)
    optimizer = tf_keras.optimizers.Adam(schedule, epsilon=1e-8)

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def step(batch: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(model(batch, labels=batch, training=True).loss)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    loss: Any = math.nan
    for batch in progress(batches(sentences, epochs, batch_size, rng), total=steps, description="pre-training"):
        loss = step(tf.constant(batch))
    print(f"{steps} steps, last loss {float(loss):.3f}, {model.count_params():,} weights")
    return model


def build(out: Path, epochs: int = 120, batch_size: int = 16, seed: int = 0) -> None:
    """Write tokenizer, config and weights of the mini-KoGPT2 to `out`."""
    table = read_dialogs("bundled")
    texts = [*table.Q, *table.A]
    alphabet = [*map(chr, range(0x21, 0x7F)), *common_syllables()]
    tokenizer = train_tokenizer(texts, VOCAB_SIZE, alphabet)
    model = pretrain([e.ids for e in tokenizer.encode_batch(texts)], epochs, batch_size, seed)
    out.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(out / "tokenizer.json"))
    model.save_pretrained(out, safe_serialization=True)


def main() -> None:
    """Parse the command line and build."""
    parser = argparse.ArgumentParser(prog="python -m kit.build_mini", description=__doc__)
    parser.add_argument("--out", type=Path, default=MINI, help="folder to write to (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=120)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    build(arguments.out, arguments.epochs, arguments.batch_size, arguments.seed)


if __name__ == "__main__":
    main()

"""Build the grader's second checkpoint again: `python -m grader.checks.build_probe`.

Another tokenizer and other weights than the mini-KoGPT2's, so that what is hard-wired to one of them shows.
The weights are random and seeded; their spread is wide enough for every row and layer to matter.
"""

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from transformers import GPT2Config

from grader.reference import PROBE
from kit import read_dialogs
from kit.build_mini import BOS_ID, EOS_ID, PAD_ID, train_tokenizer

VOCAB_SIZE = 1500
EMBEDDING, LAYERS, POSITIONS = 32, 1, 64
SPREAD = 0.1


def weights(seed: int) -> dict[str, np.ndarray]:
    """Weights under the names that a TensorFlow-saved GPT-2 has."""
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> np.ndarray:
        return rng.normal(0, SPREAD, shape).astype("float32")

    n = EMBEDDING
    arrays = {"wte/embeddings": draw(VOCAB_SIZE, n), "wpe/embeddings": draw(POSITIONS, n)}
    norms = ["ln_f"]
    for layer in range(LAYERS):
        block = f"h_._{layer}"
        norms += [f"{block}/ln_1", f"{block}/ln_2"]
        for name, rows, columns in (
            ("attn/c_attn", n, 3 * n),
            ("attn/c_proj", n, n),
            ("mlp/c_fc", n, 4 * n),
            ("mlp/c_proj", 4 * n, n),
        ):
            arrays[f"{block}/{name}/weight"] = draw(rows, columns)
            arrays[f"{block}/{name}/bias"] = draw(1, columns)
    for norm in norms:
        arrays[f"{norm}/gamma"] = 1 + draw(n)
        arrays[f"{norm}/beta"] = draw(n)
    return {f"transformer/{name}:0": array for name, array in arrays.items()}


def build(out: Path, seed: int = 1) -> None:
    """Write tokenizer, config and weights to `out`."""
    table = read_dialogs("bundled")
    out.mkdir(parents=True, exist_ok=True)
    alphabet = [*map(chr, range(0x21, 0x7F))]
    train_tokenizer([*table.A], VOCAB_SIZE, alphabet).save(str(out / "tokenizer.json"))
    config = GPT2Config(
        vocab_size=VOCAB_SIZE,
        n_positions=POSITIONS,
        n_embd=EMBEDDING,
        n_layer=LAYERS,
        n_head=4,
        bos_token_id=BOS_ID,
        eos_token_id=EOS_ID,
        pad_token_id=PAD_ID,
        architectures=["GPT2LMHeadModel"],
    )
    config.save_pretrained(out)
    save_file(weights(seed), str(out / "model.safetensors"), metadata={"format": "tf"})


if __name__ == "__main__":
    build(PROBE)

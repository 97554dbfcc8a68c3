"""What is right, on the trusted side: written from the contract, apart from the solution, without TensorFlow."""

import functools
import json
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from kit import resolve

BOS, EOS, UNK, PAD, MASK = "<s>", "</s>", "<unk>", "<pad>", "<mask>"
USR, SYS = "<usr>", "<sys>"
SPECIAL_TOKENS = (("bos_token", BOS), ("eos_token", EOS), ("unk_token", UNK), ("pad_token", PAD), ("mask_token", MASK))
OVERSHOOTING = "<|endoftext|>"
PROBE = Path(__file__).parent / "inside" / "probe"


class Checkpoint:
    """The tokenizer and the size of a checkpoint."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.vocab_size: int = config["vocab_size"]

    def id(self, token: str) -> int:
        """The id of a special token."""
        known = self.tokenizer.token_to_id(token)
        assert known is not None
        return int(known)

    def token(self, number: int) -> str:
        """The token that an id stands for, as it can be printed; empty where there is none."""
        token = self.tokenizer.id_to_token(number) if 0 <= number < 2**32 else None
        return "" if token is None else token if token.isprintable() else repr(token)

    def encode(self, text: str) -> list[int]:
        """The ids of a text."""
        return list(self.tokenizer.encode(text).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens included."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=False))

    def prompt(self, question: str) -> list[int]:
        """`<s> <usr> question <sys>`."""
        return [self.id(BOS), *self.encode(USR + question + SYS)]

    def dialog(self, question: str, answer: str) -> list[int]:
        """`<s> <usr> question <sys> answer </s>`."""
        return [self.id(BOS), *self.encode(USR + question + SYS + answer), self.id(EOS)]


def replace_overshooting(ids: Sequence[int], vocab_size: int, unk_id: int) -> list[int]:
    """`unk_id` in place of every id from `vocab_size` on."""
    return [unk_id if i >= vocab_size else i for i in ids]


@functools.cache
def mini() -> Checkpoint:
    """The bundled checkpoint."""
    return Checkpoint(Path(resolve("mini")))


@functools.cache
def probe() -> Checkpoint:
    """The grader's own second checkpoint: another tokenizer, other weights."""
    return Checkpoint(PROBE)


@functools.cache
def probe_shapes() -> list[tuple[int, ...]]:
    """The shapes of the probe model's weights, in the order in which TensorFlow keeps them."""
    from safetensors import safe_open

    with safe_open(PROBE / "model.safetensors", "numpy") as file:
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    blocks = sorted({name.split("/")[1] for name in shapes if "/h_._" in name})
    parts = ["ln_1/gamma", "ln_1/beta", "attn/c_attn/weight", "attn/c_attn/bias", "attn/c_proj/weight"]
    parts += ["attn/c_proj/bias", "ln_2/gamma", "ln_2/beta", "mlp/c_fc/weight", "mlp/c_fc/bias"]
    parts += ["mlp/c_proj/weight", "mlp/c_proj/bias"]
    order = [
        "wte/embeddings",
        "wpe/embeddings",
        *(f"{b}/{p}" for b in blocks for p in parts),
        "ln_f/gamma",
        "ln_f/beta",
    ]
    return [shapes[f"transformer/{name}:0"] for name in order]

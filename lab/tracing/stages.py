"""What a trace holds: stages, their rows, and in these the tokens."""

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from kit.messages import Bilingual
from lab.package import Package, Use

Role = Literal["text", "bos", "eos", "usr", "sys", "pad", "unk", "rowless"]


class Token(NamedTuple):
    """A token as it is shown.

    Attributes:
        id: its id.
        text: the tokenizer's name for it; empty where it has none.
        role: what it is for; `rowless` where the model has no row for it.
        loss: how badly the model guessed it, in nats, where that is shown.
    """

    id: int
    text: str
    role: Role
    loss: float | None = None


@dataclass(frozen=True)
class Row:
    """One line of a stage: a text, or tokens.

    Attributes:
        label: what it is.
        text: a text as it is.
        tokens: tokens, where it is no text.
        own: whether it is the dialog that is followed, where others stand beside it.
    """

    label: Bilingual
    text: str | None = None
    tokens: tuple[Token, ...] = ()
    own: bool = False


@dataclass(frozen=True)
class Stage:
    """One stage of the way.

    Attributes:
        title: its name.
        rows: what it shows.
        functions: the functions of the lab that made it.
        note: a sentence on it, with its shape or size.
        matrix: whether its rows are those of one matrix.
        ids: whether the ids alone are shown.
    """

    title: Bilingual
    rows: tuple[Row, ...]
    functions: tuple[str, ...] = ()
    note: Bilingual | None = None
    matrix: bool = False
    ids: bool = False


@dataclass
class Trace:
    """The whole way, or as far as it came.

    Attributes:
        question, answer: the dialog.
        model: the checkpoint's name.
        package: whose functions were asked for.
        stages: in order.
        uses: whose function was used, by its name.
        stopped: why it came no further, if so.
    """

    question: str
    answer: str
    model: str
    package: Package
    stages: list[Stage] = field(default_factory=list)
    uses: dict[str, Use] = field(default_factory=dict)
    stopped: Bilingual | None = None


class Namer:
    """Gives ids their tokens and roles.

    Args:
        tokenizer: names the tokens and knows the special ones.
        vocab_size: how many rows the model has.
    """

    def __init__(self, tokenizer: Any, vocab_size: int) -> None:
        self.tokenizer = tokenizer
        self.vocab_size = vocab_size
        known = tokenizer.convert_tokens_to_ids
        self.roles: dict[int, Role] = {known("<usr>"): "usr", known("<sys>"): "sys"}
        self.roles |= {tokenizer.pad_token_id: "pad", tokenizer.unk_token_id: "unk"}
        self.roles |= {tokenizer.bos_token_id: "bos", tokenizer.eos_token_id: "eos"}

    def token(self, token_id: int, loss: float | None = None) -> Token:
        """The token of an id."""
        text = self.tokenizer.convert_ids_to_tokens(token_id) if 0 <= token_id < len(self.tokenizer) else None
        role = "rowless" if token_id >= self.vocab_size else self.roles.get(token_id, "text")
        return Token(token_id, text or "", role, loss)

    def tokens(self, token_ids: list[int]) -> tuple[Token, ...]:
        """The tokens of ids."""
        return tuple(map(self.token, token_ids))

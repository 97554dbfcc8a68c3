"""The structure of a trace: its stages, their rows, and the tokens in these."""

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from kit.messages import Bilingual
from lab.package import Package, Use

Role = Literal["text", "bos", "eos", "usr", "sys", "pad", "unk", "rowless"]


class Token(NamedTuple):
    """A token as a trace shows it.

    Attributes:
        id: its id.
        text: its text in the vocabulary; empty if the id is not in the vocabulary.
        role: which special token it is, `text` for any other, `rowless` if the model has no row for it.
        loss: its cross-entropy in nats, in a stage that shows losses.
    """

    id: int
    text: str
    role: Role
    loss: float | None = None


@dataclass(frozen=True)
class Row:
    """One line of a stage: a text, or tokens.

    Attributes:
        label: what the line shows.
        text: the text, or `None` if the line shows tokens.
        tokens: the tokens.
        own: whether it is the traced dialog, in a stage that shows other dialogs too.
    """

    label: Bilingual
    text: str | None = None
    tokens: tuple[Token, ...] = ()
    own: bool = False


@dataclass(frozen=True)
class Stage:
    """One stage of a trace.

    Attributes:
        title: its name.
        rows: its lines.
        functions: names of the lab's functions that computed it.
        note: a sentence about it, for example its shape.
        matrix: whether its lines are the rows of one matrix.
        ids: whether tokens are shown by their ids alone.
    """

    title: Bilingual
    rows: tuple[Row, ...]
    functions: tuple[str, ...] = ()
    note: Bilingual | None = None
    matrix: bool = False
    ids: bool = False


@dataclass
class Trace:
    """The trace of one dialog, complete or up to an error.

    Attributes:
        question: the dialog's question.
        answer: the dialog's answer.
        model: the checkpoint's name.
        package: whose functions were to be used.
        stages: the stages, in order.
        uses: whose function was used, by function name.
        stopped: the error that ended the trace, if any.
    """

    question: str
    answer: str
    model: str
    package: Package
    stages: list[Stage] = field(default_factory=list)
    uses: dict[str, Use] = field(default_factory=dict)
    stopped: Bilingual | None = None


class Namer:
    """Looks up the tokens and roles of ids.

    Args:
        tokenizer: the tokenizer.
        vocab_size: number of rows of the model's embedding matrix.
    """

    def __init__(self, tokenizer: Any, vocab_size: int) -> None:
        self.tokenizer = tokenizer
        self.vocab_size = vocab_size
        known = tokenizer.convert_tokens_to_ids
        self.roles: dict[int, Role] = {known("<usr>"): "usr", known("<sys>"): "sys"}
        self.roles |= {tokenizer.pad_token_id: "pad", tokenizer.unk_token_id: "unk"}
        self.roles |= {tokenizer.bos_token_id: "bos", tokenizer.eos_token_id: "eos"}

    def token(self, token_id: int, loss: float | None = None) -> Token:
        """Return the token of an id, with its loss in nats if there is one."""
        text = self.tokenizer.convert_ids_to_tokens(token_id) if 0 <= token_id < len(self.tokenizer) else None
        role = "rowless" if token_id >= self.vocab_size else self.roles.get(token_id, "text")
        return Token(token_id, text or "", role, loss)

    def tokens(self, token_ids: list[int]) -> tuple[Token, ...]:
        """Return the tokens of ids."""
        return tuple(map(self.token, token_ids))

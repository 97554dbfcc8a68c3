"""What the trusted side and the sandbox say to each other, as types.

The body of every frame is one of these as JSON, told apart by its `type`: `{"type": "find", "module": "dialogs"}`.
What comes is exactly of its type or refused: no value is converted, no field may be missing, none may be added.
Values of the submission (`Value`, `Ask`, `Answer`) are in the form that `grader.inside.wire` gives them.
"""

import re
from typing import Annotated, Any, Literal

import msgspec

CONTROL = 0  # the channel of the fork server itself; a child's channel is the number it was forked under
MAX_FRAME = 64 * 2**20  # bytes; the largest submission fits twice
MAX_REPLY = 4 * 2**20  # bytes; an epoch of batches or the weights of the probe model fit many times over
Channel = Annotated[int, msgspec.Meta(ge=1, lt=2**32)]


def tag(name: str) -> str:
    """What a class is called in JSON: `WarmUp` is `warm_up`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=tag):
    """The base of all that is said."""


# Arguments of a call that JSON cannot carry: the child makes them (`grader.inside.operations.make`).


class MakeTokenizer(Message, frozen=True):
    """A checkpoint's tokenizer; `special_tokens` are pairs such as `("bos_token", "<s>")`."""

    checkpoint: str
    special_tokens: tuple[tuple[str, str], ...]


class MakeTable(Message, frozen=True):
    """A table with the columns `Q`, `A` and `label`."""

    rows: list[list[Any]]


class MakeArray(Message, frozen=True):
    """An int64 array of shape (N, T)."""

    rows: list[list[int]]


Argument = MakeTokenizer | MakeTable | MakeArray | list[Any] | str | int | float | bool | None


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a fork server is started with.

    Attributes:
        scratch: the folder in which each child gets one of its own.
        readable: the paths that a child may read, where it is confined.
        confine: whether it runs in the sandbox.
        tensorflow: whether to import TensorFlow.
        made: arguments to make once, for all children.
        debug: whether to let standard error through.
    """

    scratch: str
    readable: list[str]
    confine: bool
    tensorflow: bool
    made: list[Argument]
    debug: bool


# From the trusted side to the fork server, on its own channel


class Fork(Message, frozen=True):
    """Fork a child that will be spoken to on this channel."""

    channel: Channel


class End(Message, frozen=True):
    """End the child on this channel."""

    channel: Channel


class Cleared(Message, frozen=True):
    """Nothing is left of the child that ended: the next may be forked."""


Order = Fork | End | Cleared


# From the fork server to the trusted side, on its own channel


class Ready(Message, frozen=True):
    """The imports are done."""


class Forked(Message, frozen=True):
    """The child on this channel is the process `pid`."""

    channel: Channel
    pid: int


class Ended(Message, frozen=True):
    """The child on this channel has ended with an exit code, which is negative for a signal."""

    channel: Channel
    code: int


Note = Ready | Forked | Ended


# From the trusted side to a child: requests


class SubmittedFiles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A submission: its files' contents by relative path.

    Attributes:
        kind: whether it is a folder of modules, or a single source with what lies beside it.
        main: the path of the single source; empty for a folder.
    """

    kind: Literal["folder", "source"]
    files: dict[str, bytes]
    main: str


class Load(Message, frozen=True):
    """Load a submission; `None` for a child that is to have none."""

    submission: SubmittedFiles | None


class WarmUp(Message, frozen=True):
    """Before there is a submission, run what takes TensorFlow long the first time: with `models`, a model too."""

    checkpoint: str
    models: bool


class Find(Message, frozen=True):
    """Import a module of the submission ahead of its first call."""

    module: str


class Operation(Message, frozen=True):
    """What is done with a function of the submission, and the module that holds it (`Examinee` fills that in)."""

    function: str
    module: str = ""


class Call(Operation, frozen=True, kw_only=True):
    """Call it: the result, and the lists among the arguments as they are afterwards."""

    args: list[Argument]
    kwargs: dict[str, Any] = {}


class Compose(Operation, frozen=True, kw_only=True):
    """Call it with some of the functions that it calls (`pieces`) replaced: the trusted side answers for them."""

    args: list[Argument]
    pieces: list[str]


class Dataset(Operation, frozen=True, kw_only=True):
    """Call it and go through the dataset that it returns, for one epoch: the type's name, and the batches."""

    args: list[Argument]
    kwargs: dict[str, int]


class DescribeTokenizer(Operation, frozen=True, kw_only=True):
    """Load a tokenizer with it: the special tokens that stand under some `names`, and the ids of some texts."""

    checkpoint: str
    names: list[str]
    texts: list[str]


class DescribeModel(Operation, frozen=True, kw_only=True):
    """Load a model with it: the logits of a batch of shape (B, T)."""

    checkpoint: str
    batch: list[list[int]]


class Loss(Operation, frozen=True, kw_only=True):
    """Call it on the model of a checkpoint, with this dropout, and a batch of shape (B, T)."""

    checkpoint: str
    dropout: float
    batch: list[list[int]]


class Train(Operation, frozen=True, kw_only=True):
    """Train the model of a checkpoint on one batch with it: the weights after some steps of Adam at a `rate`."""

    checkpoint: str
    batch: list[list[int]]
    steps: int
    rate: float


class Chat(Operation, frozen=True, kw_only=True):
    """Call it with a model of this `config` whose `generate` the trusted side answers, as it does for the `pieces`."""

    args: list[Argument]
    config: dict[str, int]
    pieces: list[str]
    kwargs: dict[str, int]


class ReferenceLoss(Message, frozen=True):
    """The true loss of a checkpoint in inference mode, or of other weights (float32, little-endian) in its place."""

    checkpoint: str
    batch: list[list[int]]
    labels: list[list[int]]
    weights: list[bytes] | None = None


class ReferenceLogits(Message, frozen=True):
    """The true logits of a checkpoint."""

    checkpoint: str
    batch: list[list[int]]


OperationRequest = Call | Compose | Dataset | DescribeTokenizer | DescribeModel | Loss | Train | Chat
Request = Load | WarmUp | Find | OperationRequest | ReferenceLoss | ReferenceLogits


# From a child to the trusted side


class Loaded(Message, frozen=True):
    """The submission is loaded."""


class Value(Message, frozen=True):
    """What a request gave, packed by `wire.pack`."""

    value: Any


class Missing(Message, frozen=True):
    """The submission has no function or module of this name."""

    name: str


class Unfit(Message, frozen=True):
    """There is a value, but it cannot cross."""

    reason: str


class ErrorPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An exception: its type and message, and the line of the submission that it came through (`file` may be empty).

    Attributes:
        cause: of a name that is not there, why what would have made it failed.
    """

    type: str
    message: str
    file: str
    line: int
    source: str
    cause: "ErrorPlace | None" = None


class Raised(Message, frozen=True):
    """The submission raised an exception."""

    error: ErrorPlace


class Ask(Message, frozen=True):
    """A question in the middle of a call: what would this function return for these values, packed by `wire.pack`?"""

    question: str
    contents: list[Any]


Reply = Loaded | Value | Missing | Unfit | Raised


# From the trusted side to a child: answers


class Answer(Message, frozen=True):
    """Plain JSON: a text, a list of ids."""

    value: Any


class TensorAnswer(Message, frozen=True):
    """An int32 tensor of these rows."""

    rows: list[list[int]]


class Refusal(Message, frozen=True):
    """No answer, and why."""

    message: str


AnyAnswer = Answer | TensorAnswer | Refusal

ORDERS: msgspec.json.Decoder[Order] = msgspec.json.Decoder(Order)
NOTES: msgspec.json.Decoder[Note] = msgspec.json.Decoder(Note)
TO_CHILD: msgspec.json.Decoder[Request | AnyAnswer] = msgspec.json.Decoder(Request | AnyAnswer)
FROM_CHILD: msgspec.json.Decoder[Reply | Ask] = msgspec.json.Decoder(Reply | Ask)

"""A child of the fork server: confines itself, loads the submission, and answers one request after another."""

import contextlib
import gc
import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np

from grader.inside import confinement, eager, loading, operations, wire
from grader.inside.errors import MissingError, WireError
from grader.inside.messages import (
    MAX_REPLY,
    TO_CHILD,
    AnyAnswer,
    Ask,
    Load,
    Loaded,
    Missing,
    Raised,
    Reply,
    Request,
    Settings,
    Unfit,
    Value,
)


def prepare(settings: Settings) -> None:
    """Import and make, in the fork server, what every child would otherwise for itself. No TensorFlow op runs here."""
    gc.disable()  # all of it stays, so that looking for garbage is lost time: a fifth of it
    with not_there("matplotlib", "IPython"):
        import pandas  # noqa: F401, ICN001
        from transformers import AutoTokenizer, GPT2Config, GPT2TokenizerFast, PreTrainedTokenizerFast, logging  # noqa: F401

        logging.set_verbosity_error()
        if settings.confine:
            import sandlock  # noqa: F401
        if settings.tensorflow:
            import keras  # noqa: F401
            import tensorflow  # noqa: ICN001
            import tf_keras.src.engine.base_layer_v1  # noqa: F401
            from transformers import GenerationConfig, TFGPT2LMHeadModel  # noqa: F401

            assert tensorflow.keras.optimizers  # imported when it is first asked for
            eager.run_ops_directly()
    for argument in settings.made:
        operations.make(argument)
    gc.enable()
    gc.collect()
    gc.freeze()


@contextlib.contextmanager
def not_there(*names: str) -> Iterator[None]:
    """Have libraries do without modules that they import where these are installed, and that take them long.

    matplotlib looks at all fonts (1 s), IPython at all modules (0.2 s). A submission that needs one imports it itself.
    """
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


class Conversation:
    """The child's end of its channel."""

    def __init__(self, requests: BinaryIO, replies: BinaryIO) -> None:
        self.requests = requests
        self.replies = replies

    def receive(self) -> Request | AnyAnswer:
        """The next request, or the answer to a question."""
        header = self.requests.read(wire.HEADER.size)
        if len(header) < wire.HEADER.size:
            os._exit(0)
        _, length = wire.HEADER.unpack(header)
        return wire.loads(self.requests.read(length), TO_CHILD)

    def send(self, message: Reply | Ask) -> None:
        """Send a reply or a question; one that is too large becomes a note that it is."""
        body = wire.dumps(message)
        if len(body) > MAX_REPLY:
            body = wire.dumps(Unfit(f"{len(body):,} bytes"))
        wire.write_frame(self.replies, 0, body)

    def ask(self, question: str, *contents: object) -> Request | AnyAnswer:
        """Ask the trusted side something in the middle of a call; returns what it says, which is its answer."""
        self.send(Ask(question, [wire.pack(content) for content in contents]))
        return self.receive()


def confine(scratch: Path, settings: Settings) -> None:
    """Narrow this process to its own scratch folder: no other child's files, no signal to parent or siblings."""
    from sandlock import Sandbox
    from sandlock import confine as narrow

    readable = [path for path in settings.readable if not path.startswith("/proc/")]
    narrow(Sandbox(fs_readable=readable, fs_writable=[str(scratch), "/dev/null"]))
    confinement.refuse_calls()


def main(requests: int, replies: int, scratch: Path, settings: Settings) -> NoReturn:
    """Shut everything but the two pipes, confine, and serve until they close."""
    os.setsid()
    if sys.platform == "linux":
        confinement.end_with_parent()
    requests, replies = _moved(requests, replies)
    confinement.limit_resources()
    os.environ.update(HOME=str(scratch), TMPDIR=str(scratch))
    os.chdir(scratch)
    if settings.confine:
        confine(scratch, settings)
    sys.setrecursionlimit(1000)
    serve(Conversation(os.fdopen(requests, "rb"), os.fdopen(replies, "wb")), scratch)


def _moved(requests: int, replies: int) -> tuple[int, int]:
    """The pipes under the numbers 3 and 4, everything above closed: no descriptor of the fork server is inherited."""
    requests, replies = os.dup(requests), os.dup(replies)
    os.dup2(requests, 3)
    os.dup2(replies, 4)
    os.closerange(5, 4096)
    return 3, 4


def serve(conversation: Conversation, scratch: Path) -> NoReturn:
    """Answer requests: one to load the submission, then any number of operations on it."""
    submission: loading.LoadedSubmission | loading.Nothing = loading.Nothing()
    while True:
        request = conversation.receive()
        if isinstance(request, Load):
            random.seed(0)
            np.random.seed(0)  # noqa: NPY002 -- the one that submissions use
            submission = loading.load(request.submission, scratch)
            conversation.send(Loaded())
        else:
            operation: Callable[..., Any] = operations.OPERATIONS[type(request)]
            conversation.send(outcome(operation, submission, conversation, request))


def outcome(operation: Callable[..., Any], submission: Any, conversation: Conversation, request: Any) -> Reply:
    """Do one operation; whatever the submission raises becomes a reply."""
    try:
        return Value(wire.pack(operation(submission, conversation, request)))
    except MissingError as error:
        return Missing(str(error))
    except WireError as error:
        return Unfit(str(error))
    except BaseException as error:  # SystemExit and KeyboardInterrupt too: a submission may raise anything
        return Raised(submission.describe(error))

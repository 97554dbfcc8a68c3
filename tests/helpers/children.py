"""Submissions for a child, and its replies."""

import msgspec

from grader.inside import wire
from grader.inside.messages import Call, Raised, SubmittedFiles, Value

PLAIN = "def encode_dialog(question, answer, tokenizer):\n    return 'right'\n"


def submitted(files, kind):
    contents = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
    return SubmittedFiles(kind, contents, next(iter(contents)) if kind == "source" else "")


def call_of(function="encode_dialog", *args, module="dialogs"):
    """The request to call a function of the submission."""
    return Call(function, module, args=list(args))


def value(reply):
    assert isinstance(reply, Value), reply
    return wire.unpack(reply.value)[0]


def raised(reply):
    assert isinstance(reply, Raised), reply
    return msgspec.structs.asdict(reply.error)


def returning(expression, function="encode_dialog"):
    return f"def {function}(*_):\n    return {expression}\n"

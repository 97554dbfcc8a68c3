"""Submissions for a child, and its replies."""

import base64

from grader.inside import wire

PLAIN = "def encode_dialog(question, answer, tokenizer):\n    return 'right'\n"


def encoded(files, kind):
    contents = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
    return {"kind": kind, "files": {name: base64.b64encode(content).decode() for name, content in contents.items()}}


def value(reply):
    assert "value" in reply, reply
    return wire.unpack(reply["value"])[0]


def raised(reply):
    assert "raised" in reply, reply
    return reply["raised"]


def returning(expression, function="encode_dialog"):
    return f"def {function}(*_):\n    return {expression}\n"

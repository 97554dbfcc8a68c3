"""Step 8: the prompt."""

from typing import Any

import pytest

from grader import reference, wire
from grader.exam import Examinee, as_ids, wrong
from grader.materials import tokenizer
from grader.showing import verbatim
from grader.strategies import texts
from grader.trying import tried

MINI = reference.mini()


def _prompt(examinee: Examinee, question: str) -> tuple[str, list[int], Any]:
    """The call, the right ids, and what came."""
    call = f"encode_question({question!r}, tokenizer)"
    return call, MINI.prompt(question), examinee.call("encode_question", question, tokenizer(), call=call)


def _flat(value: Any) -> list[int] | None:
    """The ids in a tensor, an array or (nested) lists; `None` where there are none."""
    if isinstance(value, wire.Array):
        return [int(i) for i in value.values.reshape(-1)] if value.values.dtype.kind in "iu" else None
    return as_ids(value[0] if type(value) is list and len(value) == 1 and type(value[0]) is list else value)


@pytest.mark.check("prompt.ids")
@tried(40, question=texts())
def test_ids(examinee: Examinee, question: str) -> None:
    """`<s> <usr> question <sys>`, and nothing behind it."""
    call, expected, got = _prompt(examinee, question)
    ids = _flat(got)
    if ids is None:
        wrong(call, [expected], got, "wrong_type", MINI.token)
    if ids != expected:
        wrong(call, [expected], [ids], _diagnose(ids, expected), MINI.token)


def _diagnose(ids: list[int], expected: list[int]) -> str | None:
    if ids == [*expected, MINI.id(reference.EOS)]:
        return "prompt_with_eos"
    if ids == expected[1:]:
        return "missing_bos"
    if MINI.id(reference.SYS) not in ids:
        return "missing_sys"
    return "missing_usr" if MINI.id(reference.USR) not in ids else None


@pytest.mark.check("prompt.shape")
@tried(15, question=texts())
def test_shape(examinee: Examinee, question: str) -> None:
    """An integer tensor (1, T)."""
    call, expected, got = _prompt(examinee, question)
    wanted = verbatim(f"tensor (1, {len(expected)})")
    if not isinstance(got, wire.Array):
        wrong(call, wanted, got, "wrong_type")
    if got.values.dtype.kind not in "iu":
        wrong(call, wanted, got, "float_dtype")
    if got.values.shape != (1, len(expected)):
        wrong(call, wanted, got, "no_batch_axis" if got.values.ndim == 1 else None)

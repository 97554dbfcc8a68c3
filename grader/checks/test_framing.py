"""Step 2: framing a dialog."""

from typing import Any

import pytest

from grader import reference
from grader.exam import Examinee, as_ids, wrong
from grader.materials import tokenizer
from grader.strategies import texts
from grader.trying import tried

MINI = reference.mini()
BOS, EOS, USR, SYS = map(MINI.id, (reference.BOS, reference.EOS, reference.USR, reference.SYS))


def _encode(examinee: Examinee, question: str, answer: str) -> tuple[str, list[int], list[int]]:
    """The call, what it should give and what it gave."""
    call = f"encode_dialog({question!r}, {answer!r}, tokenizer)"
    expected = MINI.dialog(question, answer)
    got = examinee.call("encode_dialog", question, answer, tokenizer(), call=call)
    ids = as_ids(got)
    if ids is None:
        wrong(call, expected, got, "wrong_type", MINI.token)
    return call, expected, ids


@pytest.mark.check("framing.bos")
@tried(30, question=texts(), answer=texts())
def test_bos(examinee: Examinee, question: str, answer: str) -> None:
    """`<s>` stands once at the beginning."""
    call, expected, ids = _encode(examinee, question, answer)
    if ids[:1] != [BOS]:
        wrong(call, expected, ids, "eos_as_bos" if ids[:1] == [EOS] else "missing_bos", MINI.token)
    if ids[1:2] == [BOS]:
        wrong(call, expected, ids, "double_bos", MINI.token)


@pytest.mark.check("framing.body")
@tried(60, question=texts(), answer=texts())
def test_body(examinee: Examinee, question: str, answer: str) -> None:
    """Between `<s>` and `</s>` stand `<usr> question <sys> answer`."""
    call, expected, ids = _encode(examinee, question, answer)
    body = ids[ids[:1] == [BOS] :]
    body = body[: len(body) - (body[-1:] == [EOS])]
    if body != expected[1:-1]:
        wrong(call, expected, ids, _diagnose(body, question, answer), MINI.token)


def _diagnose(body: list[Any], question: str, answer: str) -> str | None:
    if SYS not in body:
        return "missing_sys"
    if USR not in body:
        return "missing_usr"
    if body == MINI.encode(reference.SYS + question + reference.USR + answer):
        return "swapped_roles"
    if body == MINI.dialog(answer, question)[1:-1]:
        return "swapped_texts"
    return None


@pytest.mark.check("framing.eos")
@tried(30, question=texts(), answer=texts())
def test_eos(examinee: Examinee, question: str, answer: str) -> None:
    """`</s>` stands once at the end."""
    call, expected, ids = _encode(examinee, question, answer)
    if ids[-1:] != [EOS]:
        wrong(call, expected, ids, "missing_eos", MINI.token)
    if ids[-2:-1] == [EOS]:
        wrong(call, expected, ids, "double_eos", MINI.token)

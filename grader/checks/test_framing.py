"""Step 2: framing a dialog."""

from typing import Any

import pytest
from hypothesis import strategies as st

from grader.checks import MEANINGFUL, PLAIN, UNUSUAL, Examinee, as_ids, for_examples, reference, texts, tokenizer, wrong

MINI = reference.mini()
BOS, EOS, USR, SYS = map(MINI.id, (reference.BOS, reference.EOS, reference.USR, reference.SYS))
RARE = st.text(PLAIN + UNUSUAL, max_size=6)
LONG = st.builds(str.__mul__, texts(6), st.integers(2, 40))
SHORTEST_LIMIT = 8  # tokens: nobody cuts dialogs to fewer, so what is shorter lacks something else
SIMPLEST = [{"question": question, "answer": answer} for question, answer in [("", ""), ("", "가"), ("가", "")]]


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
@for_examples(30, simplest=SIMPLEST, question=texts(), answer=texts())
def test_bos(examinee: Examinee, question: str, answer: str) -> None:
    """`<s>` stands once at the beginning."""
    call, expected, ids = _encode(examinee, question, answer)
    if ids[:1] != [BOS]:
        wrong(call, expected, ids, "eos_as_bos" if ids[:1] == [EOS] else "missing_bos", MINI.token)
    if ids[1:2] == [BOS]:
        wrong(call, expected, ids, "double_bos", MINI.token)


@pytest.mark.check("framing.body")
@for_examples(
    60,
    simplest=SIMPLEST,
    at_last=[{"question": text, "answer": text} for text in MEANINGFUL],
    question=texts() | RARE | LONG,
    answer=texts() | RARE | LONG,
)
def test_body(examinee: Examinee, question: str, answer: str) -> None:
    """Between `<s>` and `</s>` stand `<usr> question <sys> answer`."""
    call, expected, ids = _encode(examinee, question, answer)
    body = _between(ids)
    if body != expected[1:-1]:
        wrong(call, expected, ids, _diagnose(body, question, answer), MINI.token)


def _between(ids: list[int]) -> list[int]:
    """What stands between the ends. Doubled ends, and one in the other's place, are the other checks' business."""
    first, last = EOS if ids[:1] == [EOS] else BOS, BOS if ids[-1:] == [BOS] else EOS
    while ids[:1] == [first]:
        ids = ids[1:]
    while ids[-1:] == [last]:
        ids = ids[:-1]
    return ids


def _diagnose(body: list[Any], question: str, answer: str) -> str | None:
    if SYS not in body:
        return "missing_sys"
    if USR not in body:
        return "missing_usr"
    if body == MINI.encode(reference.SYS + question + reference.USR + answer):
        return "swapped_roles"
    if body == MINI.dialog(answer, question)[1:-1]:
        return "swapped_texts"
    if body == MINI.dialog("", answer)[1:-1] and _has_words(question):
        return "missing_question"
    if body == MINI.dialog(question, "")[1:-1] and _has_words(answer):
        return "missing_answer"
    expected = MINI.dialog(question, answer)[1:-1]
    if len(body) >= SHORTEST_LIMIT and body == expected[: len(body)]:
        return "truncated"
    return _diagnose_text(body, expected)


def _has_words(text: str) -> bool:
    """Whether there is more in it than spaces, marks and emoji, which a submission may have taken out."""
    return any(map(str.isalnum, text))


def _diagnose_text(body: list[Any], expected: list[int]) -> str | None:
    if all(0 <= i <= MINI.vocab_size for i in body):
        got, wanted = (MINI.decode(ids).replace(" ", "") for ids in (body, expected))
        if got == wanted and len(body) != len(expected):
            return "extra_space" if len(body) > len(expected) else "missing_space"
        if got != wanted and got.lower() == wanted.lower():
            return "changed_case"
    if _holds(expected, body):
        return "missing_tokens"
    return "extra_tokens" if _holds(body, expected) else None


def _holds(longer: list[Any], shorter: list[Any]) -> bool:
    """Whether all of the shorter list stands in the longer one, in order."""
    rest = iter(longer)
    return all(i in rest for i in shorter)


@pytest.mark.check("framing.eos")
@for_examples(30, simplest=SIMPLEST, question=texts(), answer=texts())
def test_eos(examinee: Examinee, question: str, answer: str) -> None:
    """`</s>` stands once at the end."""
    call, expected, ids = _encode(examinee, question, answer)
    if ids[-1:] != [EOS]:
        wrong(call, expected, ids, "missing_eos", MINI.token)
    if ids[-2:-1] == [EOS]:
        wrong(call, expected, ids, "double_eos", MINI.token)

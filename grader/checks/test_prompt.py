"""Step 8: the prompt."""

from typing import Any

import pytest
from hypothesis import strategies as st

from grader.checks import MEANINGFUL, Examinee, as_ids, for_examples, reference, texts, tokenizer, verbatim, wire, wrong

MINI = reference.mini()
BOS, EOS, PAD, USR, SYS = map(MINI.id, (reference.BOS, reference.EOS, reference.PAD, reference.USR, reference.SYS))
# Long ones too, as nothing may be cut off, and often with an end that is easily lost.
LENGTHS, ENDS = st.sampled_from([1, 5]), st.sampled_from(["", " ", "A", "😀"])
QUESTIONS = st.builds(lambda text, times, end: text * times + end, texts(), LENGTHS, ENDS)
SIMPLEST = [{"question": question} for question in ("", "가")]


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
@for_examples(40, simplest=SIMPLEST, at_last=[{"question": text} for text in MEANINGFUL], question=QUESTIONS)
def test_ids(examinee: Examinee, question: str) -> None:
    """`<s> <usr> question <sys>`, and nothing behind it."""
    call, expected, got = _prompt(examinee, question)
    ids = _flat(got)
    if ids is None:
        wrong(call, [expected], got, "wrong_type", MINI.token)
    if ids != expected:
        wrong(call, [expected], [ids], _diagnose(ids, expected), MINI.token)


def _diagnose(ids: list[int], expected: list[int]) -> str | None:
    if ids == [*expected, EOS]:
        return "prompt_with_eos"
    if ids == expected[1:]:
        return "missing_bos"
    if ids == [BOS, *expected]:
        return "double_bos"
    if ids == [EOS, *expected[1:]]:
        return "eos_as_bos"
    if ids == [*expected, *[PAD] * (len(ids) - len(expected))]:
        return "padded_prompt"
    if len(expected) > 3 and ids == expected[: len(ids)]:
        return "truncated"
    return _diagnose_roles(ids, expected)


def _diagnose_roles(ids: list[int], expected: list[int]) -> str | None:
    if ids == [{USR: SYS, SYS: USR}.get(i, i) for i in expected]:
        return "swapped_roles"
    if USR not in ids:
        return "missing_usr"
    if SYS not in ids:
        return "missing_sys"
    if ids.count(USR) > 1:
        return "repeated_usr"
    if ids[-1] != SYS:
        return "sys_not_last"
    return _diagnose_text(ids, expected)


def _diagnose_text(ids: list[int], expected: list[int]) -> str | None:
    if not all(0 <= i < MINI.vocab_size for i in ids):
        return None
    got, text = MINI.decode(ids), MINI.decode(expected)
    if got != text and got.replace(" ", "") == text.replace(" ", ""):
        return "changed_spaces"
    if ids == MINI.encode(text.lower()):
        return "lowered"
    rest = iter(expected)
    return "lost_tokens" if all(i in rest for i in ids) else None


@pytest.mark.check("prompt.shape")
@for_examples(15, simplest=SIMPLEST, question=QUESTIONS)
def test_shape(examinee: Examinee, question: str) -> None:
    """An integer tensor (1, T)."""
    call, expected, got = _prompt(examinee, question)
    wanted = verbatim(f"tensor (1, {len(expected)})")
    if not isinstance(got, wire.Array):
        wrong(call, wanted, got, "wrong_type")
    if got.values.dtype.kind not in "iu":
        wrong(call, wanted, got, "float_dtype")
    if got.values.shape != (1, len(expected)):
        wrong(call, wanted, got, _diagnose_shape(got.values.shape))


def _diagnose_shape(shape: tuple[int, ...]) -> str | None:
    if len(shape) == 1:
        return "no_batch_axis"
    if len(shape) == 2 and shape[0] > 1 == shape[1]:
        return "transposed"
    return "extra_axis" if len(shape) > 2 else None

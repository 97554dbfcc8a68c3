"""Step 9: the answer. The model's generation is scripted: what it is asked, and what it says, is known here."""

from typing import Any

import pytest
from hypothesis import strategies as st

from grader import reference, wire
from grader.exam import Examinee, Failure, as_ids, wrong
from grader.materials import tokenizer
from grader.showing import verbatim
from grader.strategies import sentences
from grader.trying import tried

MINI = reference.mini()
EOS_ID = MINI.id(reference.EOS)
CONFIG = {
    "vocab_size": MINI.vocab_size,
    "bos_token_id": MINI.id(reference.BOS),
    "eos_token_id": EOS_ID,
    "pad_token_id": MINI.id(reference.PAD),
}


def _extract(examinee: Examinee, question: str, answer: str, end: str) -> None:
    decoded = f"{reference.BOS}{reference.USR} {question}{reference.SYS} {answer}{end}"
    call = f"extract_answer({decoded!r})"
    got = examinee.call("extract_answer", decoded, call=call)
    if type(got) is not str or got.strip() != answer:
        wrong(call, answer, got, _diagnose(got, question, answer))


def _diagnose(got: Any, question: str, answer: str) -> str | None:
    if type(got) is not str:
        return "wrong_type"
    if reference.EOS in got:
        return "eos_left"
    if got.strip() and answer.startswith(got.strip()):
        return "cut_short"
    return "question_left" if got.strip().endswith(answer) and question in got else None


@pytest.mark.check("answer.finished")
@tried(50, question=sentences(), answer=sentences())
def test_finished(examinee: Examinee, question: str, answer: str) -> None:
    """The text between `<sys>` and `</s>`."""
    _extract(examinee, question, answer, reference.EOS)


@pytest.mark.check("answer.unfinished")
@tried(50, question=sentences(), answer=sentences())
def test_unfinished(examinee: Examinee, question: str, answer: str) -> None:
    """Without `</s>`, the text from `<sys>` to the end."""
    _extract(examinee, question, answer, "")


class Script:
    """Answers `generate` with the prompt that came and a given answer; keeps what it was asked.

    Also answers for the true pieces, where they stand in the place of the submission's own.
    """

    def __init__(self, answer: str, *, finished: bool) -> None:
        self.tail = MINI.encode(answer) + [EOS_ID] * finished
        self.prompts: list[list[int]] = []
        self.options: list[dict[str, Any]] = []

    def __call__(self, question: str, contents: list[Any]) -> Any:
        """What the trusted side says."""
        match question, contents:
            case "encode_question", [str() as text, *_]:
                return {"tensor": [MINI.prompt(text)]}
            case "extract_answer", [str() as decoded, *_]:
                return decoded.partition(reference.SYS)[2].partition(reference.EOS)[0].strip()
            case "generate", [ids, options]:
                return self.generate(ids, options)
        return {"error": f"{question}: unexpected arguments"}

    def generate(self, ids: Any, options: Any) -> Any:
        """The prompt and the scripted answer, as one row."""
        rows = ids.values.tolist() if isinstance(ids, wire.Array) and ids.values.ndim == 2 else ids
        row = as_ids(rows[0]) if type(rows) is list and len(rows) == 1 else None
        if row is None:
            return {"error": "generate: input ids must be of shape (1, T)"}
        self.prompts.append(row)
        self.options.append({name: value for name, value in options if type(name) is str})
        return {"tensor": [row + self.tail]}


def _chat(examinee: Examinee, question: str, script: Script, pieces: list[str], **kwargs: int) -> Any:
    return examinee.do(
        "chat",
        "return_answer_by_chatbot",
        _call(question, **kwargs),
        script,
        args=[question, tokenizer()],
        config=CONFIG,
        pieces=pieces,
        kwargs=kwargs,
    )


def _call(question: str, **kwargs: int) -> str:
    options = "".join(f", {name}={value}" for name, value in kwargs.items())
    return f"return_answer_by_chatbot({question!r}, model, tokenizer{options})"


TRUE_PIECES = ["encode_question", "extract_answer"]


@pytest.mark.check("answer.sampling")
@tried(15, question=sentences(), max_length=st.integers(40, 100), top_k=st.integers(1, 50))
def test_sampling(examinee: Examinee, question: str, max_length: int, top_k: int) -> None:
    """`generate` is asked to sample from the top k, up to the given length."""
    script = Script("네", finished=True)
    call = _call(question, max_length=max_length, top_k=top_k)
    _chat(examinee, question, script, TRUE_PIECES, max_length=max_length, top_k=top_k)
    wanted = {"max_length": max_length, "do_sample": True, "top_k": top_k}
    expected = verbatim(f"model.generate(…, {_options(wanted)})")
    if not script.options:
        wrong(call, expected, verbatim("–"), "not_generated")
    found = {name: script.options[-1].get(name) for name in wanted}
    if found["do_sample"] is not True:
        wrong(call, expected, _generate(found), "greedy")
    for name, diagnosis in (("top_k", "fixed_top_k"), ("max_length", "fixed_max_length")):
        if found[name] != wanted[name]:
            wrong(call, expected, _generate(found), diagnosis)


def _options(options: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in options.items() if value is not None)


def _generate(options: dict[str, Any]) -> str:
    return verbatim(f"model.generate(…, {_options(options)})")


@pytest.mark.check("answer.text")
@tried(25, question=sentences(), answer=sentences(), finished=st.booleans())
def test_text(examinee: Examinee, question: str, answer: str, *, finished: bool) -> None:
    """The answer's text alone, for the question that was asked."""
    call = _call(question)
    try:
        script = Script(answer, finished=finished)
        got = _chat(examinee, question, script, TRUE_PIECES)
        if type(got) is not str or got.strip() != answer:
            wrong(call, answer, got, "not_generated" if not script.prompts else _diagnose(got, question, answer))
        if MINI.prompt(question) not in script.prompts:
            asked = script.prompts[-1] if script.prompts else []
            wrong(call, MINI.prompt(question), asked, "wrong_prompt", MINI.token)
    except Failure as failure:
        if failure.status not in ("failed", "error") or not _stands(examinee, question, answer, finished=finished):
            raise


def _stands(examinee: Examinee, question: str, answer: str, *, finished: bool) -> bool:
    """Whether the function is right as it stands, or does just what its own pieces do."""
    script = Script(answer, finished=finished)
    try:
        got = _chat(examinee, question, script, [])
        if type(got) is str and got.strip() == answer and MINI.prompt(question) in script.prompts:
            return True
        own = examinee.call("encode_question", question, tokenizer(), call="encode_question")
        row = own.values.reshape(-1).tolist() if isinstance(own, wire.Array) else None
        text = examinee.call("extract_answer", MINI.decode((row or []) + script.tail), call="extract_answer")
        return row in script.prompts and type(got) is str and got == text
    except Failure:
        return False

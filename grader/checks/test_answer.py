"""Step 9: the answer. The model's generation is scripted: what it is asked, and what it says, is known here."""

from operator import add
from typing import Any

import pytest
from hypothesis import strategies as st

from grader.checks import (
    MEANINGFUL,
    SYLLABLES,
    Answer,
    AnyAnswer,
    Chat,
    Examinee,
    Failure,
    Refusal,
    TensorAnswer,
    as_array,
    as_ids,
    for_examples,
    reference,
    sentences,
    tokenizer,
    verbatim,
    wire,
    wrong,
)

MINI = reference.mini()
EOS_ID = MINI.id(reference.EOS)
CONFIG = {
    "vocab_size": MINI.vocab_size,
    "bos_token_id": MINI.id(reference.BOS),
    "eos_token_id": EOS_ID,
    "pad_token_id": MINI.id(reference.PAD),
}


def _remarks(*ends: str) -> st.SearchStrategy[str]:
    """Like `sentences`, with some characters more at the ends of words; never a single character."""
    behind = st.sampled_from(["", ".", ",", "?", "!", "~", "/", "s", "Z", "0", *ends])
    words = [st.builds(add, st.text(st.sampled_from(SYLLABLES), min_size=n, max_size=3), behind) for n in (2, 1)]
    return st.builds(lambda first, rest: " ".join([first, *rest]), words[0], st.lists(words[1], max_size=3))


def _tell_tale(pair: tuple[str, str]) -> bool:
    """Whether what is left of a question and an answer shows which of them, and which end, it is."""
    question, answer = (text.replace(" ", "") for text in pair)
    return question not in answer and answer not in question and answer[0] not in answer[1:]


ENDS = ("😀", "<3", ">", "'", '"', "%", "{}", "\\")
DECODED = st.tuples(_remarks(*ENDS), _remarks(*ENDS)).filter(_tell_tale)
SCRIPTED = st.tuples(_remarks(), _remarks()).filter(_tell_tale)
SIMPLEST = [("가가", "가각"), ("가가", "각간 가")]
HOLDING = [{"texts": ("가가", f"각간 {text} 나")} for text in MEANINGFUL]  # inside, as spaces around do not matter


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
    text = got.strip()
    if text.endswith(answer) and question in text:
        return "question_left"
    if reference.SYS in text:
        return "sys_left"
    if not text:
        return "empty_answer"
    if text.replace(reference.BOS, "").replace(reference.USR, "").strip() == question:
        return "question_returned"
    return _diagnose_loss(text, answer)


def _diagnose_loss(text: str, answer: str) -> str | None:
    if text == answer.strip(reference.EOS).strip():
        return "stripped_letters"
    if answer.startswith(text) and not set(SYLLABLES).isdisjoint(answer[len(text) :]):  # not just a mark
        return "cut_short"
    if answer.endswith(text):
        return "beginning_lost"
    if text == answer.lower():
        return "lowered"
    if text == answer.replace(" ", ""):
        return "changed_spaces"
    rest = iter(answer)
    return "lost_characters" if all(letter in rest for letter in text) else None


@pytest.mark.check("answer.finished")
@for_examples(50, simplest=[{"texts": texts} for texts in SIMPLEST], at_last=HOLDING, texts=DECODED)
def test_finished(examinee: Examinee, texts: tuple[str, str]) -> None:
    """The text between `<sys>` and `</s>`."""
    _extract(examinee, *texts, reference.EOS)


@pytest.mark.check("answer.unfinished")
@for_examples(50, simplest=[{"texts": texts} for texts in SIMPLEST], at_last=HOLDING, texts=DECODED)
def test_unfinished(examinee: Examinee, texts: tuple[str, str]) -> None:
    """Without `</s>`, the text from `<sys>` to the end."""
    _extract(examinee, *texts, "")


class Script:
    """Answers `generate` with the prompt that came and a given answer; keeps what it was asked.

    Also answers for the true pieces, where they stand in the place of the submission's own.
    """

    def __init__(self, answer: str, *, finished: bool) -> None:
        self.tail = MINI.encode(answer) + [EOS_ID] * finished
        self.prompts: list[list[int]] = []
        self.options: list[dict[str, Any]] = []
        self.decoded: list[str] = []

    def __call__(self, question: str, contents: list[Any]) -> AnyAnswer:
        """What the trusted side says."""
        match question, contents:
            case "encode_question", [str() as text, wire.Other(), *_]:
                return TensorAnswer([MINI.prompt(text)])
            case "extract_answer", [str() as decoded, *_]:
                self.decoded.append(decoded)
                return Answer(decoded.partition(reference.SYS)[2].partition(reference.EOS)[0].strip())
            case "generate", [ids, options]:
                return self.generate(ids, options)
        return Refusal(f"{question}: unexpected arguments")

    def generate(self, ids: Any, options: Any) -> AnyAnswer:
        """The prompt and the scripted answer, as one row."""
        rows = ids.values.tolist() if isinstance(ids, wire.Array) and ids.values.ndim == 2 else ids
        row = as_ids(rows[0]) if type(rows) is list and len(rows) == 1 else None
        if row is None:
            return Refusal("generate: input ids must be of shape (1, T)")
        self.prompts.append(row)
        pairs = [pair for pair in options if type(pair) is list and len(pair) == 2] if type(options) is list else []
        self.options.append({name: value for name, value in pairs if type(name) is str})
        return TensorAnswer([row + self.tail])


def _chat(examinee: Examinee, question: str, script: Script, pieces: list[str], **kwargs: int) -> Any:
    asked = Chat("return_answer_by_chatbot", args=[question, tokenizer()], config=CONFIG, pieces=pieces, kwargs=kwargs)
    return examinee.do(asked, _call(question, **kwargs), script)


def _call(question: str, **kwargs: int) -> str:
    options = "".join(f", {name}={value}" for name, value in kwargs.items())
    return f"return_answer_by_chatbot({question!r}, model, tokenizer{options})"


TRUE_PIECES = ["encode_question", "extract_answer"]
# 50 is what transformers takes a missing top_k for
OPTIONS = st.builds(
    lambda max_length, top_k, none: {} if none else {"max_length": max_length, "top_k": top_k},
    st.integers(40, 100),
    st.integers(1, 49),
    st.booleans(),
)


@pytest.mark.check("answer.sampling")
@for_examples(
    15,
    simplest=[{"question": "가", "options": {"max_length": 40, "top_k": 1}}],
    question=sentences(),
    options=OPTIONS,
)
def test_sampling(examinee: Examinee, question: str, options: dict[str, int]) -> None:
    """`generate` is asked to sample from the top k, up to the given length, or as the defaults say."""
    script = Script("네", finished=True)
    call = _call(question, **options)
    _chat(examinee, question, script, TRUE_PIECES, **options)
    wanted = {"max_length": 50, "do_sample": True, "top_k": 20} | options
    expected = verbatim(f"model.generate(…, {_options(wanted)})")
    if not script.options:
        wrong(call, expected, verbatim("–"), "not_generated")
    sent = {name: script.options[-1].get(name) for name in wanted}
    if sent["do_sample"] is not True:
        wrong(call, expected, _generate(sent), "greedy")
    if sent != wanted:
        wrong(call, expected, _generate(sent), _diagnose_options(script.options[-1], wanted, options))


def _diagnose_options(asked: dict[str, Any], wanted: dict[str, Any], given: dict[str, int]) -> str:
    max_length, top_k = asked.get("max_length"), asked.get("top_k")
    if max_length is None and "max_new_tokens" in asked:
        return "max_new_tokens"
    if (max_length, top_k) == (wanted["top_k"], wanted["max_length"]):
        return "swapped_options"
    if not given:
        return "wrong_default"
    return "fixed_max_length" if top_k == wanted["top_k"] else "fixed_top_k"


def _options(options: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in options.items() if value is not None)


def _generate(options: dict[str, Any]) -> str:
    return verbatim(f"model.generate(…, {_options(options)})")


@pytest.mark.check("answer.text")
@for_examples(25, simplest=[{"texts": SIMPLEST[0], "finished": False}], texts=SCRIPTED, finished=st.booleans())
def test_text(examinee: Examinee, texts: tuple[str, str], *, finished: bool) -> None:
    """The answer's text alone, for the question that was asked."""
    question, answer = texts
    call = _call(question)
    try:
        script = Script(answer, finished=finished)
        got = _chat(examinee, question, script, TRUE_PIECES)
        if type(got) is not str or got.strip() != answer:
            wrong(call, answer, got, _diagnose_chat(got, question, answer, script))
        if MINI.prompt(question) not in script.prompts:
            asked = script.prompts[-1] if script.prompts else []
            wrong(call, MINI.prompt(question), asked, "wrong_prompt", MINI.token)
    except Failure as failure:
        if failure.status not in ("failed", "error") or not _stands(examinee, question, answer, finished=finished):
            raise


def _diagnose_chat(got: Any, question: str, answer: str, script: Script) -> str | None:
    if not script.prompts:
        return "not_generated"
    if MINI.prompt(question) not in script.prompts:
        return "wrong_prompt"
    if script.decoded and reference.SYS not in script.decoded[-1]:
        return "sys_not_decoded"
    return _diagnose(got, question, answer)


def _stands(examinee: Examinee, question: str, answer: str, *, finished: bool) -> bool:
    """Whether the function is right as it stands, or does just what its own pieces do."""
    script = Script(answer, finished=finished)
    try:
        got = _chat(examinee, question, script, [])
        if type(got) is str and got.strip() == answer and MINI.prompt(question) in script.prompts:
            return True
        own = examinee.call("encode_question", question, tokenizer(), call="encode_question")
        ids = as_array(own)
        row = None if ids is None else ids.reshape(-1).tolist()
        if row not in script.prompts or not all(0 <= i <= MINI.vocab_size for i in row):  # the last is overshooting
            return False
        text = examinee.call("extract_answer", MINI.decode(row + script.tail), call="extract_answer")
        return type(got) is str and got == text
    except Failure:
        return False

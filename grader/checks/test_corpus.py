"""Step 4: the whole corpus. Judged on the putting together: a mistake inside a piece is not counted twice."""

from typing import Any

import pytest
from hypothesis import strategies as st

from grader.checks import (
    Answer,
    AnyAnswer,
    Compose,
    Examinee,
    Failure,
    Refusal,
    as_ids,
    for_examples,
    overshooting_texts,
    reference,
    table,
    tables,
    texts,
    tokenizer,
    wire,
    wrong,
)

MINI = reference.mini()
EOS, UNK, PAD, SYS = map(MINI.id, (reference.EOS, reference.UNK, reference.PAD, reference.SYS))
LONG = st.builds(str.__mul__, texts(6), st.integers(2, 20))
Rows = list[list[Any]]


def _answer(piece: str, contents: list[Any]) -> AnyAnswer:
    """What a true piece would have returned."""
    match piece, contents:
        case "encode_dialog", [str() as question, str() as answer, wire.Other(), *_]:
            return Answer(MINI.dialog(question, answer))
        case "replace_overshooting", [ids, int() as vocab_size, int() as unk_id] if as_ids(ids) is not None:
            return Answer(reference.replace_overshooting(as_ids(ids) or [], vocab_size, unk_id))
    return Refusal(f"{piece}: unexpected arguments")


def _examine(examinee: Examinee, rows: Rows, times: int = 1, vocab_size: int = MINI.vocab_size) -> None:
    """Right with the true pieces in place, or right as it stands, or equal to the submission's own pieces composed."""
    shown = f"{[row[:2] for row in rows]}{f' * {times}' if times > 1 else ''}"
    call = f"get_chat_data(DataFrame({shown}), tokenizer, {vocab_size})"
    rows = rows * times
    arguments: list[Any] = [table(rows), tokenizer(), vocab_size]
    expected = [reference.replace_overshooting(MINI.dialog(q, a), vocab_size, UNK) for q, a, _ in rows]
    try:
        asked = Compose("get_chat_data", args=arguments, pieces=["encode_dialog", "replace_overshooting"])
        _compare(call, examinee.do(asked, call, _answer), expected)
    except Failure as failure:
        if failure.status not in ("failed", "error") or not _stands(examinee, call, arguments, rows, expected):
            raise


def _stands(examinee: Examinee, call: str, arguments: list[Any], rows: Rows, expected: list[list[int]]) -> bool:
    """Whether the function is right as it stands, or does just what its own pieces do."""
    try:
        dialogs = _dialogs(examinee.call("get_chat_data", *arguments, call=call))
        if dialogs is None or len(dialogs) != len(rows):
            return False
        return dialogs == expected or all(
            dialog == _by_own_pieces(examinee, question, answer, arguments[2])
            for dialog, (question, answer, _) in zip(dialogs, rows, strict=True)
        )
    except Failure:
        return False


def _by_own_pieces(examinee: Examinee, question: str, answer: str, vocab_size: int) -> list[int] | None:
    framed = examinee.call("encode_dialog", question, answer, tokenizer(), call="encode_dialog")
    arguments = [as_ids(framed), vocab_size, UNK]
    return as_ids(examinee.call("replace_overshooting", *arguments, call="replace_overshooting"))


def _dialogs(value: Any) -> list[list[int]] | None:
    """A list of lists of integers of any kind; `None` for anything else."""
    if type(value) is not list:
        return None
    rows = [as_ids(row) for row in value]
    return None if None in rows else [row for row in rows if row is not None]


def _compare(call: str, got: Any, expected: list[list[int]]) -> None:
    dialogs = _dialogs(got)
    if dialogs is None:
        wrong(call, expected, got, "wrong_type", MINI.token)
    if dialogs != expected:
        wrong(call, expected, dialogs, _diagnose(dialogs, expected), MINI.token)


def _diagnose(dialogs: list[list[int]], expected: list[list[int]]) -> str | None:
    if any(i >= MINI.vocab_size for dialog in dialogs for i in dialog):
        return "overshooting_left"
    if len(dialogs) == 1 and dialogs[0] == expected[-1] != expected[0]:
        return "only_last"
    if len(dialogs) != len(expected):
        return "missing_rows" if len(dialogs) < len(expected) else "extra_rows"
    if sorted(dialogs) == sorted(expected):
        return "wrong_order"
    if all(dialog in expected for dialog in dialogs):
        return "repeated_rows"
    return _diagnose_rows(dialogs, expected)


def _diagnose_rows(dialogs: list[list[int]], expected: list[list[int]]) -> str:
    pairs = list(zip(dialogs, expected, strict=True))
    if dialogs == [_swapped(dialog) for dialog in expected]:
        return "swapped_texts"
    if dialogs == [[*dialog, EOS] for dialog in expected]:
        return "double_eos"
    if all(dialog == [*right, *[PAD] * (len(dialog) - len(right))] for dialog, right in pairs):
        return "padded_here"
    if all(dialog == right[: len(dialog)] for dialog, right in pairs):
        return "truncated"
    if all(len(dialog) == len(right) for dialog, right in pairs):
        differing = [e for dialog, right in pairs for i, e in zip(dialog, right, strict=True) if i != e]
        return "wrong_unk" if set(differing) == {UNK} else "altered_rows"
    return "altered_rows"


def _swapped(dialog: list[int]) -> list[int]:
    """The dialog with the question in the answer's place."""
    middle = dialog.index(SYS)
    return [*dialog[:2], *dialog[middle + 1 : -1], SYS, *dialog[2:middle], dialog[-1]]


def _simplest(text: str) -> list[Rows]:
    """The simplest tables of a text and the one that comes next: one row, and two of which one has the other text."""
    one, two = text, f"{text}가"
    pairs = [[(one, one)], [(one, two)], [(one, one), (one, two)], [(one, two), (one, one)], [(two, one), (one, one)]]
    return [[[*pair, 0] for pair in rows] for rows in pairs]


@pytest.mark.check("corpus.rows")
@for_examples(
    30,
    simplest=[{"rows": rows, "times": 1} for rows in _simplest("")],
    at_last=[{"rows": [["가", "나", 0], ["다", "라", 1]], "times": 51}],
    rows=tables(texts(6) | LONG),
    times=st.just(1),
)
def test_rows(examinee: Examinee, rows: Rows, times: int) -> None:
    """One dialog for each row, in the table's order."""
    _examine(examinee, rows, times)


SINGLE, *OTHERS = _simplest(reference.OVERSHOOTING)
OVERSHOOTING = [SINGLE, SINGLE * 2, *OTHERS]  # two that are equal tell a row that is left out from the last one taken


@pytest.mark.check("corpus.overshooting")
@for_examples(
    20,
    simplest=[{"rows": rows, "vocab_size": MINI.vocab_size} for rows in OVERSHOOTING],
    rows=tables(overshooting_texts()),
    vocab_size=st.sampled_from([MINI.vocab_size, 1000]),
)
def test_overshooting(examinee: Examinee, rows: Rows, vocab_size: int) -> None:
    """No id without a row is left."""
    _examine(examinee, rows, vocab_size=vocab_size)

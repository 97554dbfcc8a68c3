"""Step 4: the whole corpus. Judged on the putting together: a mistake inside a piece is not counted twice."""

from typing import Any

import pytest

from grader import reference
from grader.exam import Examinee, Failure, as_ids, wrong
from grader.materials import table, tokenizer
from grader.strategies import overshooting_texts, tables, texts
from grader.trying import tried

MINI = reference.mini()
Rows = list[list[Any]]


def _answer(piece: str, contents: list[Any]) -> Any:
    """What a true piece would have returned."""
    match piece, contents:
        case "encode_dialog", [str() as question, str() as answer, *_]:
            return MINI.dialog(question, answer)
        case "replace_overshooting", [ids, int() as vocab_size, int() as unk_id] if as_ids(ids) is not None:
            return reference.replace_overshooting(as_ids(ids) or [], vocab_size, unk_id)
    return {"error": f"{piece}: unexpected arguments"}


def _examine(examinee: Examinee, rows: Rows) -> None:
    """Right with the true pieces in place, or right as it stands, or equal to the submission's own pieces composed."""
    call = f"get_chat_data(DataFrame({[row[:2] for row in rows]}), tokenizer, {MINI.vocab_size})"
    arguments = [table(rows), tokenizer(), MINI.vocab_size]
    expected = [MINI.without_overshooting(MINI.dialog(q, a)) for q, a, _ in rows]
    try:
        composed = examinee.do(
            "compose", "get_chat_data", call, _answer, pieces=["encode_dialog", "replace_overshooting"], args=arguments
        )
        _compare(call, composed, expected)
    except Failure as failure:
        if failure.status not in ("failed", "error") or not _stands(examinee, call, arguments, rows, expected):
            raise


def _stands(examinee: Examinee, call: str, arguments: list[Any], rows: Rows, expected: list[list[int]]) -> bool:
    """Whether the function is right as it stands, or does just what its own pieces do."""
    try:
        dialogs = _dialogs(examinee.call("get_chat_data", *arguments, call=call))
        return dialogs is not None and (dialogs == expected or dialogs == _own_pieces(examinee, rows))
    except Failure:
        return False


def _own_pieces(examinee: Examinee, rows: Rows) -> list[Any]:
    found = []
    for question, answer, _ in rows:
        framed = examinee.call("encode_dialog", question, answer, tokenizer(), call="encode_dialog")
        arguments = [as_ids(framed), MINI.vocab_size, MINI.id(reference.UNK)]
        found.append(as_ids(examinee.call("replace_overshooting", *arguments, call="replace_overshooting")))
    return found


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
    if len(dialogs) < len(expected):
        return "missing_rows"
    if sorted(dialogs) == sorted(expected):
        return "wrong_order"
    return None


@pytest.mark.check("corpus.rows")
@tried(30, rows=tables(texts(6)))
def test_rows(examinee: Examinee, rows: Rows) -> None:
    """One dialog for each row, in the table's order."""
    _examine(examinee, rows)


@pytest.mark.check("corpus.overshooting")
@tried(20, rows=tables(overshooting_texts()))
def test_overshooting(examinee: Examinee, rows: Rows) -> None:
    """No id without a row is left."""
    _examine(examinee, rows)

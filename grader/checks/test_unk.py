"""Step 3: ids that the model has no row for."""

from typing import Any

import pytest
from hypothesis import strategies as st

from grader.checks import Call, Examinee, as_ids, for_examples, reference, vocab_sizes, wrong

OVERSHOOTS = st.lists(st.integers(1, 60_000), min_size=1, max_size=6)
OFFSETS = st.lists(st.integers(-1, 1), min_size=1, max_size=6).filter(lambda offsets: max(offsets) >= 0)


def _replace(examinee: Examinee, ids: list[int], vocab_size: int, unk_id: int) -> tuple[str, Any]:
    """Call it and compare the result; returns the call, and the list that was given, afterwards."""
    call = f"replace_overshooting({ids}, {vocab_size}, {unk_id})"
    expected = reference.replace_overshooting(ids, vocab_size, unk_id)
    asked = Call("replace_overshooting", args=[list(ids), vocab_size, unk_id])
    result, after = examinee.parts((object, list), asked, call)
    got = as_ids(result)
    if got is None:
        wrong(call, expected, result, "wrong_type")
    if got != expected:
        wrong(call, expected, got, _diagnose(ids, got, expected, vocab_size))
    return call, after[0] if after else None


def _diagnose(ids: list[int], got: list[int], expected: list[int], vocab_size: int) -> str | None:
    if got == [i for i in ids if i < vocab_size]:
        return "dropped"
    if len(got) != len(ids):
        return "other_length"
    if got == ids:
        return "equal_not_replaced" if max(ids) == vocab_size else "nothing_replaced"
    if sorted(got) == sorted(expected):
        return "ids_reordered"
    differing = [(i, g) for i, g, e in zip(ids, got, expected, strict=True) if g != e]
    if all(i == g for i, g in differing):  # some stayed that should not have
        if {i for i, _ in differing} == {vocab_size} and ids.count(vocab_size) == len(differing):
            return "equal_not_replaced"
        return "only_one_replaced" if sum(i >= vocab_size for i in ids) == len(differing) + 1 else "overshooting_left"
    if all(i < vocab_size for i, _ in differing):
        return "last_row_replaced" if {i for i, _ in differing} == {vocab_size - 1} else "low_replaced"
    return "wrong_unk" if all(i >= vocab_size for i, _ in differing) else None


@pytest.mark.check("unk.replaced")
@for_examples(
    60,
    simplest=[{"kept": [], "overshoots": [1], "vocab_size": 10, "unk_id": 0}],
    kept=st.lists(st.integers(0, 8)),
    overshoots=OVERSHOOTS,
    vocab_size=vocab_sizes(),
    unk_id=st.integers(0, 9),
)
def test_replaced(examinee: Examinee, kept: list[int], overshoots: list[int], vocab_size: int, unk_id: int) -> None:
    """Ids well above the last row become `<unk>`, ids well below it stay."""
    _replace(examinee, [*kept, *(vocab_size + i for i in overshoots), *kept], vocab_size, unk_id)


@pytest.mark.check("unk.boundary")
@for_examples(40, simplest=[{"offsets": [0], "vocab_size": 10}], offsets=OFFSETS, vocab_size=vocab_sizes())
def test_boundary(examinee: Examinee, offsets: list[int], vocab_size: int) -> None:
    """The last row is `vocab_size - 1`: it stays, `vocab_size` does not."""
    _replace(examinee, [vocab_size + i for i in offsets], vocab_size, 5)


@pytest.mark.check("unk.input_kept")
@for_examples(30, simplest=[{"overshoots": [1], "vocab_size": 10}], overshoots=OVERSHOOTS, vocab_size=vocab_sizes())
def test_input_kept(examinee: Examinee, overshoots: list[int], vocab_size: int) -> None:
    """The list that was given is as it was."""
    ids = [vocab_size + i for i in overshoots]
    call, after = _replace(examinee, ids, vocab_size, 5)
    if as_ids(after) != ids:
        wrong(f"ids = {ids}; {call.replace(str(ids), 'ids', 1)}; ids", ids, after, "input_changed")

"""Step 3: ids that the model has no row for."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import reference
from grader.exam import Examinee, as_ids, wrong
from grader.strategies import examples, vocab_sizes


def _replace(examinee: Examinee, ids: list[int], vocab_size: int, unk_id: int) -> tuple[str, Any]:
    """Call it and compare the result; returns the call, and the list that was given, afterwards."""
    call = f"replace_overshooting({ids}, {vocab_size}, {unk_id})"
    expected = reference.replace_overshooting(ids, vocab_size, unk_id)
    arguments = [list(ids), vocab_size, unk_id]
    result, [after] = examinee.do("call", "replace_overshooting", call, args=arguments)
    got = as_ids(result)
    if got is None:
        wrong(call, expected, result, "wrong_type")
    if got != expected:
        wrong(call, expected, got, _diagnose(ids, got, expected, vocab_size))
    return call, after


def _diagnose(ids: list[int], got: list[int], expected: list[int], vocab_size: int) -> str | None:
    if len(got) < len(ids):
        return "dropped"
    if got == ids:
        return "equal_not_replaced" if max(ids) == vocab_size else "nothing_replaced"
    differing = {i for i, g, e in zip(ids, got, expected, strict=False) if g != e}
    if len(got) == len(ids) and differing == {vocab_size}:
        return "equal_not_replaced"
    if len(got) == len(ids) and differing == {vocab_size - 1}:
        return "last_row_replaced"
    return None


@pytest.mark.check("unk.replaced")
@given(data=st.data(), vocab_size=vocab_sizes(), unk_id=st.integers(0, 9))
@examples(60)
def test_replaced(examinee: Examinee, data: st.DataObject, vocab_size: int, unk_id: int) -> None:
    """Ids well above the last row become `<unk>`, ids well below it stay."""
    below, above = st.integers(0, vocab_size - 2), st.integers(vocab_size + 1, 2 * vocab_size)
    kept = data.draw(st.lists(st.one_of(below, above), max_size=8))
    _replace(examinee, [*kept, data.draw(above)], vocab_size, unk_id)


@pytest.mark.check("unk.boundary")
@given(data=st.data(), vocab_size=vocab_sizes())
@examples(40)
def test_boundary(examinee: Examinee, data: st.DataObject, vocab_size: int) -> None:
    """The last row is `vocab_size - 1`: it stays, `vocab_size` does not."""
    near = st.integers(vocab_size - 1, vocab_size + 1)
    ids = data.draw(st.lists(near, min_size=1, max_size=6).filter(lambda ids: max(ids) >= vocab_size))
    _replace(examinee, ids, vocab_size, 5)


@pytest.mark.check("unk.input_kept")
@given(data=st.data(), vocab_size=vocab_sizes())
@examples(30)
def test_input_kept(examinee: Examinee, data: st.DataObject, vocab_size: int) -> None:
    """The list that was given is as it was."""
    above = st.integers(vocab_size + 1, 2 * vocab_size)
    ids = data.draw(st.lists(above, min_size=1, max_size=6))
    call, after = _replace(examinee, ids, vocab_size, 5)
    if as_ids(after) != ids:
        wrong(f"ids = {ids}; {call.replace(str(ids), 'ids', 1)}; ids", ids, after, "input_changed")

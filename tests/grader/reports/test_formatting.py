"""How values are shown: ids with their tokens, the first difference marked, long lists cut around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import reference
from grader.reports.formatting import MAX_SHOWN, compare, number, show, verbatim

TOKEN = reference.mini().token
IDS = st.lists(st.integers(0, 5999), max_size=120)


@pytest.mark.parametrize(
    ("expected", "got", "shown"),
    [
        ([0, 2, 4, 1], [0, 2, 4], ("[0 <s>, 2 <usr>, 4 <sys>, «1 </s>»]", "[0 <s>, 2 <usr>, 4 <sys>, «»]")),
        ([0, 2], [0, 4], ("[0 <s>, «2 <usr>»]", "[0 <s>, «4 <sys>»]")),
        ([[0], [2]], [[0], [4]], ("[[0 <s>], [«2 <usr>»]]", "[[0 <s>], [«4 <sys>»]]")),
        ([[0], [2]], [[0]], ("[[0 <s>], «[2 <usr>]»]", "[[0 <s>], «»]")),
        ([1], [6000], ("[«1 </s>»]", "[«6000 <|endoftext|>»]")),
        ([1], None, ("[1]", "None")),
        ([], [-1], ("[«»]", "[«-1»]")),
    ],
)
def test_the_first_difference_is_marked_and_ids_have_their_tokens(expected, got, shown):
    assert compare(expected, got, TOKEN) == shown


@given(IDS, IDS)
def test_one_place_is_marked_where_lists_differ_and_none_where_they_do_not(expected, got):
    texts = compare(expected, got)

    assert [text.count("«") for text in texts] == [int(expected != got)] * 2
    assert all(len(text) < 2 * MAX_SHOWN for text in texts)


@given(IDS.filter(lambda ids: len(ids) > 100), st.integers(0, 99))
def test_the_difference_stays_in_sight_in_a_long_list(ids, place):
    changed = [*ids[:place], ids[place] + 1, *ids[place + 1 :]]
    expected, got = compare(ids, changed)

    assert f"«{ids[place]}»" in expected
    assert f"«{ids[place] + 1}»" in got


def test_a_description_is_shown_as_it_is_and_a_long_value_is_cut():
    assert show(verbatim("(2, 3)")) == "(2, 3)"
    assert show("(2, 3)") == "'(2, 3)'"
    assert len(show("x" * 1000)) == MAX_SHOWN


@pytest.mark.parametrize(
    ("points", "text"), [(85.0, "85"), (7.5, "7.5"), (0.0, "0"), (100, "100"), (33.333, "33.33"), (10.0, "10")]
)
def test_points_are_written_as_people_do(points, text):
    assert number(points) == text

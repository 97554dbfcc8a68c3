"""The page of a class: its counts, its table, its frequent mistakes."""

from grader.assignment import ASSIGNMENT
from grader.gradebook.model import Entry, Override
from grader.gradebook.pages.class_and_student import class_page, counted, frequent_mistakes, slow
from grader.gradebook.similarity.pairs import Pair
from kit.messages import Bilingual
from tests.helpers.gradebook.page_parts import STEPS, Page, one, step_with, wrong
from tests.helpers.gradebook.sample_class import NOT_GRADED, PAIRS, failed, report, sample_class


def test_the_class_page_counts():
    entries = sample_class()

    seen = Page(class_page(entries, "en", PAIRS, NOT_GRADED)).read("en")

    assert f"submissions {len(entries)} not graded 2 missing 3 late 4 " in seen
    assert "Without a submission 남궁민 20252001 Alexandra Papadopoulou 20252002 20252003 " in seen
    assert "20251005_이은우 · 20251018_강지민 : 94%" in seen
    assert "a hint, not a verdict" in seen


def test_a_class_without_submissions_has_a_page_too():
    assert "submissions 0" in Page(class_page([], "en")).read("en")


def test_the_table_can_be_sorted():
    entries = sample_class()
    page = Page(class_page(entries, "en"))

    heads = [head for head in page.all("th") if head["scope"] == "col"]
    assert {head["aria-sort"] for head in heads} == {"none", "ascending"}
    cells = [a for tag, a in page.elements if tag in ("td", "th") and "data-value" in a]
    assert len(cells) == len(heads) * len(entries)
    columns = [[cell["data-value"] for cell in cells[place :: len(heads)]] for place in range(len(heads))]
    for head, column in zip(heads, columns, strict=True):
        if head.get("data-type") == "number":
            assert all(value == "" or float(value) >= 0 for value in column)
        if head["aria-sort"] == "ascending":
            assert column == sorted(column)


def test_a_mistake_is_counted_once_for_each_person_and_shown_by_its_shortest_example():
    long = step_with(
        "framing", wrong("framing.bos", "missing_bos", "long call"), wrong("framing.eos", "missing_bos", "longer")
    )
    short = step_with("framing", wrong("framing.bos", "missing_bos", "f()"), wrong("framing.body", "extra_space"))

    first, second = frequent_mistakes([one([long], name="a"), one([short], name="b")])

    assert (first.text, first.people, first.check.counterexample.call) == (
        ASSIGNMENT.diagnoses["missing_bos"],
        2,
        "f()",
    )
    assert (second.text, second.people) == (ASSIGNMENT.diagnoses["extra_space"], 1)


def test_stubs_are_no_mistakes():
    step, check = ASSIGNMENT.checks["framing.eos"]

    assert frequent_mistakes([one([step_with("framing", failed(step, check, "not_implemented", check.message))])]) == []


def test_mistakes_without_a_diagnosis_are_told_apart_by_check():
    step = step_with("framing", wrong("framing.bos"), wrong("framing.eos"))

    assert {mistake.check.id for mistake in frequent_mistakes([one([step])])} == {"framing.bos", "framing.eos"}


def test_slow_submissions_are_those_far_from_most():
    entries = [
        Entry(one(name=str(seconds)).arrival, report("x", [], seconds=seconds), 0) for seconds in (4, 5, 6, 9, 30, 60)
    ]

    assert [entry.report.seconds for entry in slow(entries)] == [60, 30]


def test_what_counts_for_a_step():
    def points(*overrides):
        return counted("framing", one([step_with("framing", wrong("framing.eos"))], overrides))

    assert points() == 10
    assert points(Override("x", "framing.eos", 2.5)) == 12.5
    assert points(Override("x", "framing.eos", 2.5), Override("x", "framing", 1)) == 1
    assert points(Override("x", "unk", 1)) == 10


def test_the_table_shows_points_given_to_what_was_not_graded():
    entry = Entry(
        one().arrival, report("kim", [], reason=Bilingual("못 읽음", "not read")), 7, (Override("2025", "loss", 7),)
    )

    cells = [attributes["data-value"] for attributes in Page(class_page([entry], "en")).all("td")]

    assert cells[1:11] == ["7", *("7" if step == "loss" else "" for step in STEPS)]


def test_many_pairs_are_cut():
    text = class_page([], "en", [Pair(f"a{place}", "b", 1, 1) for place in range(23)])

    assert text.count("<bdi>b</bdi>") == 20
    assert "and 3 more" in text

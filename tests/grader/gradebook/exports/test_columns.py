"""One vocabulary of column titles: what the roster knows, `lab export --fill` and `overrides.csv` know."""

import pytest

from grader.gradebook.columns import BOTH, LMS, PERSON, ROSTER, by_hand, in_lms_file, in_roster, people_in_lms_file
from grader.gradebook.exports import ExportOptions, export
from grader.gradebook.intake.roster import Roster, fields_of
from grader.gradebook.model import Override, Person
from grader.gradebook.overrides import read_overrides
from tests.helpers.gradebook.entries import entry

KNOWN = [(kind, word) for table in (BOTH, ROSTER) for kind, words in table.items() for word in words.split()]
FIELDS = {"id": "both", "number": "id", "canvas": "lms", "moodle": "lms"}
NAMES = ("name", "first", "last")
of_each = pytest.mark.parametrize(("kind", "title"), KNOWN)


def spellings(title):
    return [title, title.upper(), f" {title[0]} {title[1:]}", "_".join(title), ".".join(title)]


@of_each
def test_what_the_roster_knows_every_reader_knows(kind, title):
    for spelled in spellings(title):
        assert in_roster(spelled) == kind
        assert in_lms_file(spelled) == ("canvas" if kind == "id" else kind)
        assert fields_of([spelled]) == [
            {"id": "both", "number": "id", "canvas": "lms", "moodle": "lms"}.get(kind, kind)
        ]


@of_each
def test_a_roster_is_read(tmp_path, kind, title):
    if kind in {"last", "canvas", "moodle"}:  # alone, these tell nobody: they stand beside others
        title = f"{title},email"
    (tmp_path / "roster.csv").write_text(f"{title}\nkim@u.kr,kim@u.kr\n", encoding="utf-8")
    [person] = Roster.read(tmp_path / "roster.csv").people
    assert "kim@u.kr" in {person.id, person.name, person.email}


@of_each
def test_an_lms_file_is_filled(kind, title):
    if kind in NAMES:
        assert people_in_lms_file([title, "x"]) == {kind: 0}
        return
    fill = f"{title},name,HW (1)\nkim@u.kr,,\n".encode()
    made = export([entry("kim", Person("kim@u.kr"))], "canvas", fill, ExportOptions())
    assert made.files["canvas.csv"].decode().split("\n")[1] == "kim@u.kr,,100"


@of_each
def test_points_given_by_hand_are_read(tmp_path, kind, title):
    (tmp_path / "overrides.csv").write_text(f"점수,{title},항목\n3,20231,loss\n", encoding="utf-8")
    if kind in {"first", "last"}:  # a part of a name is nobody's id
        assert by_hand([title])["person"] == []
        return
    assert read_overrides(tmp_path / "overrides.csv") == [Override("20231", "loss", 3.0)]


def test_a_title_of_its_own_counts_before_those_of_others():
    assert by_hand(["이름", "학번", "email", "항목", "점수"])["person"] == [1]
    assert by_hand(["name", "e-mail", "sid", "target", "points"])["person"] == [2]
    assert by_hand(["sid", "학생번호", "target", "points"])["person"] == [0, 1]
    assert people_in_lms_file(["SID", "Student", "SIS User ID", "ID", "Mail"]) == {
        "number": 2,
        "name": 1,
        "canvas": 3,
        "email": 4,
    }


def test_what_only_an_lms_says_is_a_further_column_of_a_roster():
    for kind, words in LMS.items():
        for title in words.split():
            assert (in_roster(title), in_lms_file(title)) == (None, kind)


def test_all_that_may_be_a_persons_id_is_tried():
    assert set(PERSON) == {*BOTH} - {"id", "first", "last"}


def test_no_title_means_two_things():
    titles = [word for table in (BOTH, ROSTER, LMS) for words in table.values() for word in words.split()]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_an_lms_file_in_utf_16_is_filled_and_stays_utf_16(encoding):
    text = "\ufeff" * (encoding == "utf-16-be") + "학번;이름;과제 (1)\n20231;홍길동;{}\n"
    made = export([entry("kim", Person("20231"))], "canvas", text.format("").encode(encoding), ExportOptions())
    assert made.files["canvas.csv"] == text.format("100").encode(encoding)

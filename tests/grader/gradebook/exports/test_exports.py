"""The gradebook in the formats of others: each as its owner publishes it, and the score in it the one that counts."""

import csv
import io
import json
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.assignment import ASSIGNMENT
from grader.errors import GraderError
from grader.gradebook.exports import KINDS, WRITERS, ExportOptions, export
from grader.gradebook.exports.results import instant
from grader.gradebook.exports.tables import divided, inert
from grader.gradebook.model import Person
from tests.helpers import schemas
from tests.helpers.gradebook.entries import a_class, entry, report, unreadable

ENTRIES = a_class()
OPTIONS = ExportOptions(now=datetime(2026, 3, 2, 9, 0, tzinfo=UTC), classroom="nlp-1")


ANY_TEXT = st.text(st.characters(exclude_categories=()))  # halves of characters, too


def exported(kind, entries=ENTRIES, options=OPTIONS):
    return export(entries, kind, options=options).files


def rows_of(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_class_of_nobody_and_one_of_everybody_are_written(kind, language):
    options = ExportOptions(language=language)
    assert all(isinstance(content, bytes) for content in exported(kind, [], options).values())
    assert exported(kind, options=options)


def test_an_unknown_kind_is_refused():
    with pytest.raises(GraderError, match="blackboard") as raised:
        export(ENTRIES, "blackboard")
    assert all(kind in raised.value.text.en for kind in KINDS)


# Gradescope


def test_gradescope_results_are_as_published():
    files = exported("gradescope")
    assert set(files) == {f"{one.arrival.name}/results.json" for one in ENTRIES}
    for one in ENTRIES:
        data = json.loads(files[f"{one.arrival.name}/results.json"])
        jsonschema.validate(data, schemas.GRADESCOPE)
        assert data["score"] == one.score == pytest.approx(sum(test["score"] for test in data["tests"]))
        assert sum(test["max_score"] for test in data["tests"]) == 100


def test_the_gradescope_schema_refuses_what_is_not_published():
    good = json.loads(exported("gradescope")["kim0/results.json"])
    for wrong in ({"visibility": "sometimes"}, {"output_format": "pdf"}, {"tests": [{"status": "maybe"}]}, {"x": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(good | wrong, schemas.GRADESCOPE)


def test_a_gradescope_test_tells_what_went_wrong():
    one = entry(graded=report(lost=["framing.eos"]))
    tests = {
        t["extra_data"]["check"]: t for t in json.loads(exported("gradescope", [one])["kim/results.json"])["tests"]
    }
    lost, passed = tests["framing.eos"], tests["framing.bos"]
    assert (lost["status"], lost["score"], lost["max_score"]) == ("failed", 0, 5)
    assert (passed["status"], passed["score"], passed["output"]) == ("passed", 5, "")
    assert "framing.eos" in lost["name"]
    assert "대화가 </s>로 끝나야 합니다." in lost["output"]
    assert "[0, 2, 4, 1]" in lost["output"]
    assert lost["output_format"] == lost["name_format"] == "text"  # values of the submission's own stand in it
    assert lost["number"] == "2.3"


def test_points_by_hand_are_shown_as_such():
    one = entry(
        graded=report(lost=["framing.eos"]), overrides=[("framing", 14, "말로 설명함"), ("unk.replaced", 2.5, "")]
    )
    data = json.loads(exported("gradescope", [one])["kim/results.json"])
    assert data["score"] == 96.5
    assert "수동 채점: framing 14 (말로 설명함)" in data["output"]
    by_hand = {test["extra_data"]["check"]: test["score"] for test in data["tests"] if "수동 채점" in test["output"]}
    assert by_hand == {"framing": 14, "unk.replaced": 2.5}


def test_a_submission_that_could_not_be_read_has_its_reason():
    data = json.loads(exported("gradescope", [entry("x", graded=unreadable("x"))])["x/results.json"])
    assert data["score"] == 0
    assert "zip이 아닙니다" in data["output"]


# Classroom 50


def test_classroom50_results_are_as_published():
    files = exported("classroom50")
    assert set(files) == {f"{one.arrival.name}/result.json" for one in ENTRIES}
    for content in files.values():
        data = json.loads(content)
        jsonschema.validate(data, schemas.CLASSROOM50)
        assert schemas.classroom50_faults(data) == []
        assert data["score"] == sum(test["score"] for test in data["tests"])
        assert (data["max-score"], data["classroom"]) == (100, "nlp-1")


def test_the_classroom50_schema_refuses_what_is_not_published():
    good = json.loads(exported("classroom50")["kim0/result.json"])
    wrong = [good | {"score": 1.5}, good | {"usernames": ["kim"]}, good | {"submission": "kim"}]
    wrong += [{key: value for key, value in good.items() if key != "owner"}]
    for data in wrong:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(data, schemas.CLASSROOM50)
    assert schemas.classroom50_faults(good | {"score": 101})


def test_classroom50_knows_the_moment_and_the_login():
    person = Person("2023", "김가", columns={"GitHub Username": "gim-ga"})
    data = json.loads(
        exported("classroom50", [entry("kim", person, handed_in="2026-03-02T18:00:00+09:00")])["kim/result.json"]
    )
    assert data["owner"] == "gim-ga"
    assert data["datetime"] == "2026-03-02T09:00:00Z"
    assert data["submission"] == "submit/manual-2026-03-02T09-00-00Z"


def test_classroom50_takes_whole_points_and_says_so():
    one = entry(graded=report(), overrides=[("framing", 7.5, ""), ("unk", 2.5, "")])
    made = export([one, entry("lee")], "classroom50", options=OPTIONS)
    assert one.score == 80
    assert json.loads(made.files["kim/result.json"])["score"] == 79
    assert [("kim" in note.ko, "lee" in note.en) for note in made.notes] == [(True, False)]


# nbgrader


def test_nbgrader_columns_are_as_published():
    content = exported("nbgrader")["grades.csv"].decode()
    assert content.splitlines()[0] == schemas.NBGRADER
    rows = rows_of(content.encode())
    assert [float(row["score"]) for row in rows] == [one.score for one in ENTRIES]
    for row in rows:
        assert float(row["score"]) == max(0.0, float(row["raw_score"]) - float(row["late_submission_penalty"]))
        assert row["timestamp"] == "2026-03-02 09:00:00"
        assert row["max_score"] == "100.0"


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (Person("1", "김가"), ("김가", "")),
        (Person("1", "Hong, Gildong"), ("Hong", "Gildong")),
        (Person("1", "Ada Mary Lovelace"), ("Lovelace", "Ada Mary")),
        (Person("1", "김가", columns={"Last Name": "김", "First Name": "가"}), ("김", "가")),
        (Person("1"), ("", "")),
    ],
)
def test_a_name_is_divided(person, expected):
    assert divided(person) == expected


# JUnit

JUNIT = xmlschema.XMLSchema(schemas.JUNIT)


def suites_of(content):
    return {suite.get("name"): suite for suite in ET.fromstring(content)}


def properties_of(suite):
    return {item.get("name"): item.get("value") for item in suite.iter("property")}


def test_junit_is_as_the_schema_says():
    content = exported("junit")["junit.xml"]
    JUNIT.validate(io.BytesIO(content))
    for one in ENTRIES:
        suite = suites_of(content)[one.arrival.name]
        assert float(properties_of(suite)["score"]) == pytest.approx(one.score, abs=0.01)
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases))
        for kind, count in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert suite.get(count) == str(len(suite.findall(f"testcase/{kind}")))


def test_the_junit_schema_refuses_properties_of_a_case():
    content = exported("junit")["junit.xml"].decode()
    wrong = content.replace('time="0" />', 'time="0"><properties/></testcase>', 1)
    assert wrong != content
    assert not JUNIT.is_valid(io.BytesIO(wrong.encode()))
    assert not JUNIT.is_valid(io.BytesIO(content.replace("failures=", "failed=").encode()))


def test_junit_tells_points_and_mistakes():
    one = entry(graded=report(lost=["framing.eos"]), overrides=[("unk", 3, "늦음")])
    suite = suites_of(exported("junit", [one])["junit.xml"])["kim"]
    properties = properties_of(suite)
    assert properties["framing.points"] == "10"
    assert properties["framing.eos.points"] == "0"
    assert properties["framing.eos.max_points"] == "5"
    assert (properties["unk.points"], properties["unk.max_points"]) == ("3", "15")
    assert properties["override"] == "수동 채점: unk 3 (늦음)"
    failures = {
        case.get("name"): case.find("failure").get("message") for case in suite if case.find("failure") is not None
    }
    assert failures["framing.eos"] == "대화가 </s>로 끝나야 합니다."
    assert set(failures) == {"framing.eos", "unk"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("failed", "failure"),
        ("error", "error"),
        ("timeout", "error"),
        ("missing", "skipped"),
        ("not_implemented", "skipped"),
    ],
)
def test_junit_has_a_kind_for_each_outcome(status, kind):
    suite = suites_of(exported("junit", [entry(graded=report(lost=["unk.boundary"], status=status))])["junit.xml"])[
        "kim"
    ]
    assert [case.get("name") for case in suite.findall("testcase") if case.find(kind) is not None] == ["unk.boundary"]


@settings(deadline=None)
@given(ANY_TEXT, ANY_TEXT, st.floats(0, 100_000))
def test_any_text_makes_valid_xml(name, got, seconds):
    graded = report(lost=["framing.eos"], got=got)
    graded = type(graded)(
        *(getattr(graded, field) if field != "seconds" else seconds for field in graded.__struct_fields__)
    )
    JUNIT.validate(io.BytesIO(exported("junit", [entry(name, graded=graded)])["junit.xml"]))


# A plain table


def test_the_table_opens_in_excel_with_korean():
    content = exported("csv")["grades.csv"]
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == len(ENTRIES) + 1
    rows = rows_of(content)
    assert list(rows[0])[:3] == ["학번", "이름", "이메일"]
    for one, row in zip(ENTRIES, rows, strict=True):
        assert float(row["총점"]) == one.score == sum(float(row[step.id]) for step in ASSIGNMENT.steps)
    assert "zip이 아닙니다" in rows[4]["채점하지 못한 까닭"]
    assert rows[2]["지각"] == "예"
    assert "말로 설명함" in rows[0]["수동 채점"]


@settings(deadline=None)
@given(ANY_TEXT)
@example("0\r=1+1")
def test_no_cell_of_a_table_is_a_formula(text):
    one = entry("kim", Person("1", text), overrides=[("unk", 1, text)])
    for kind in ("csv", "nbgrader"):
        for row in csv.reader(io.StringIO(exported(kind, [one])["grades.csv"].decode("utf-8-sig"), newline="")):
            assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)


def test_a_cell_that_is_no_formula_stays():
    assert [inert(cell) for cell in ("=1+1", "@a", "-1", "+1", "a=1", "", "김")] == [
        *("'=1+1", "'@a", "'-1", "'+1"),
        *("a=1", "", "김"),
    ]


# Small things


def test_a_moment_is_read_or_left():
    assert instant("2026-03-02T18:00:00+09:00") == instant("2026-03-02T09:00:00Z") == instant("2026-03-02T09:00:00")
    assert instant("yesterday") is None

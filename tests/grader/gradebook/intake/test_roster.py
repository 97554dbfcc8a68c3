"""The list of the class: whose each submission is."""

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import GraderError
from grader.gradebook.intake.arrivals import arrivals
from grader.gradebook.intake.roster import Label, Roster
from kit.messages import Bilingual
from tests.helpers.gradebook.arriving import (
    HANGUL,
    NAMES,
    ROSTER,
    UNTIMED,
    download_folder,
    owners,
    put,
    reasons,
    roster,
)

folder = pytest.fixture(download_folder)


@pytest.mark.parametrize(
    "name",
    [
        "20230002.zip",
        "20230002_홍길동.zip",
        "홍길동_20230002_v2.py",
        "홍길동.py",
        "홍 길동 lab.ipynb",
        "gildong.hong.zip",
        "GILDONG.HONG@univ.ac.kr.zip",
        "lab_3_gildong.hong.py",
        "hw-2024-20230002.py",
        "홍길동(20230002)_과제1.zip",
        "홍길동20230002_1234_5678_lab.zip",
        "홍길동_1234_5678_lab.zip",
        "홍길동_99_assignsubmission_file_lab.zip",
        "honggildong_1234_5678_20230002_lab.zip",
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_submission_is_mapped_to_its_person(tmp_path, folder, name, form):
    put(folder, unicodedata.normalize(form, name))
    arrived = arrivals(folder, people := roster(tmp_path))
    assert [arrival.person for arrival in arrived.counting] == [people.people[1]]
    assert arrived.unmatched == []
    assert [person.id for person in people.missing(arrived.counting)] == ["20230001", "20230003"]


@pytest.mark.parametrize(
    "name", ["박지민.zip", "20239999.py", "kim.py", "lab3.py", "20230001_홍길동.py", "김민수_홍길동.py"]
)
def test_who_is_not_known_is_graded_and_told(tmp_path, folder, name):
    put(folder, name)
    arrived = arrivals(folder, people := roster(tmp_path))
    assert [arrival.path for arrival in arrived.counting] == [name]
    assert [entry.path for entry in arrived.unmatched] == [name]
    assert reasons(arrived.unmatched)
    assert people.missing(arrived.counting) == people.people


def test_two_people_of_one_name_are_not_guessed(tmp_path, folder):
    people = roster(tmp_path, "학번,이름\n20230001,김민수\n20230002,김민수\n")
    put(folder, "김민수.py", "20230001_김민수.zip")
    arrived = arrivals(folder, people)
    assert {arrival.path: arrival.person.id for arrival in arrived.counting} == {
        "김민수.py": "김민수",
        "20230001_김민수.zip": "20230001",
    }
    assert "20230001" in arrived.unmatched[0].reason.ko
    assert "20230002" in arrived.unmatched[0].reason.en


def test_two_people_of_an_lms_are_not_one_of_the_roster(tmp_path, folder):
    put(folder, "김민수_101_assignsubmission_file_/x.py", "김민수_102_assignsubmission_file_/x.py")
    arrived = arrivals(folder, roster(tmp_path))
    assert len(arrived.counting) == len(arrived.unmatched) == 2
    assert all(arrival.older == () for arrival in arrived.counting)


def test_short_numbers_are_a_tasks(tmp_path, folder):
    people = roster(tmp_path, "id,name\n1,Kim Minsu\n2,Lee Seoyeon\n")
    put(folder, "lab_1_Lee Seoyeon.py", "1.py", "lab_2.py")
    assert owners(folder, people) == {"lab_1_Lee Seoyeon.py": "2", "1.py": "1", "lab_2.py": "lab_2"}


def test_the_longest_name_that_fits_is_meant(tmp_path, folder):
    people = roster(tmp_path, "id,name\n11111,Kim Min\n22222,Kim Min Su\n")
    put(folder, "kim_min_su_lab.py", "lab-kim-min.py")
    assert owners(folder, people) == {"kim_min_su_lab.py": "22222", "lab-kim-min.py": "11111"}


CANVAS_FILE = """Student,ID,SIS User ID,SIS Login ID,Section,Lab (77)
    Points Possible,,,,,100
"Kim, Minsu",1234,20230001,minsu,A,
"홍길동",1235,20230002,gildong,A,
"Student, Test",1299,,x,A,
"""
MOODLE_FILE = """식별자,성,이름,이메일 주소,성적
참가자 123456,홍,길동,gildong@univ.ac.kr,
참가자 123457,김,민수,minsu@univ.ac.kr,
"""
MOODLE_EN = """Identifier,Full name,ID number,Email address,Grade
Participant 123456,길동 홍,20230002,gildong@univ.ac.kr,-
"""


def test_the_gradebook_file_of_canvas_is_a_roster(tmp_path, folder):
    people = roster(tmp_path, CANVAS_FILE)
    assert [(person.id, person.name) for person in people.people] == [
        ("20230001", "Kim, Minsu"),
        ("20230002", "홍길동"),
    ]
    assert people.people[0].columns["ID"] == "1234"
    put(folder, "kimminsu_1234_5679_lab.zip", "whoever_1235_5678_lab.zip")
    owner_of = owners(folder, people)
    assert owner_of["whoever_1235_5678_lab.zip"] == "20230002"
    assert owner_of["kimminsu_1234_5679_lab.zip"] == "20230001"
    put(tmp_path / "own", "minsukim.py")
    assert owners(tmp_path / "own", people) == {"minsukim.py": "20230001"}


@pytest.mark.parametrize("text", [MOODLE_FILE, MOODLE_EN])
def test_the_gradebook_file_of_moodle_is_a_roster(tmp_path, folder, text):
    people = roster(tmp_path, text)
    put(folder, "Whoever_123456_assignsubmission_file_/lab.py")
    [arrival] = arrivals(folder, people).counting
    assert arrival.person == people.people[0]
    assert arrival.person.email == "gildong@univ.ac.kr"
    assert arrival.person.name in ("홍길동", "길동 홍")


@pytest.mark.parametrize(
    "header", ["student id,name", "ID,Student", "Student_ID,Full Name", "﻿학번,성명", " 학번 ,이름"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_headers_and_delimiters_of_all_kinds(tmp_path, header, delimiter, end):
    text = f"{header}\n20230001,김민수\n\n".replace(",", delimiter).replace("\n", end)
    [person] = roster(tmp_path, text).people
    assert (person.id, person.name, person.columns) == ("20230001", "김민수", {})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_a_roster_in_any_encoding_of_excel_is_read(tmp_path, encoding):
    people = roster(tmp_path, ROSTER, encoding).people
    assert [person.name for person in people] == ["김민수", "홍길동", "이서연"]
    assert people[2].columns == {"분반": "2"}


def test_numbers_that_excel_was_to_leave_alone_are_read(tmp_path):
    assert roster(tmp_path, '학번,이름\n"=""0072""",김민수\n').people[0].id == "0072"


def test_first_and_last_names_are_put_together(tmp_path, folder):
    people = roster(tmp_path, "First name,Last name,ID number\nMinsu,Kim,20230001\n")
    assert people.people[0].name == "Minsu Kim"
    put(folder, "kimminsu_999_1234_lab.zip", "kim minsu.py")
    assert set(owners(folder, people).values()) == {"20230001"}


BAD = {
    "": "no column",
    "a,b\n1,2\n": "no column",
    "학번,이름\n": "nobody",
    "학번,이름\n1,김\n1,박\n": "twice (line 3)",
    "\0\1\2": "no CSV",
    "PK\x03\x04": "no CSV",
    f'학번,이름\n1,"{"x" * 200_000}"\n': "no CSV",
    f"학번,{'x' * 200_000}\n1,김\n": "no CSV",
    "이름\n김\n박\n김\n": "twice (line 4)",
}


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_a_bad_roster_is_told_in_one_sentence(tmp_path, text):
    with pytest.raises(GraderError) as told:
        roster(tmp_path, text)
    assert BAD[text] in told.value.text.en
    assert "roster.csv" in told.value.text.ko
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("content", [b"\xff\x00\xff\xff,\x80", "학번".encode("utf-16")[:-1], b"id,name\n1,\x80\xff\n"])
def test_a_roster_that_is_no_text_is_told(tmp_path, content):
    (tmp_path / "roster.csv").write_bytes(content)
    with pytest.raises(GraderError, match=r"roster\.csv"):
        Roster.read(tmp_path / "roster.csv")


def test_a_roster_that_is_not_there_is_told(tmp_path):
    with pytest.raises(GraderError, match=r"nothing\.csv"):
        Roster.read(tmp_path / "nothing.csv")


def test_a_line_that_stands_twice_is_one_person(tmp_path):
    assert len(roster(tmp_path, "학번,이름\n1,김\n1,김\n").people) == 1


PEOPLE = st.dictionaries(st.from_regex(r"20[0-9]{6}", fullmatch=True), HANGUL | st.sampled_from(NAMES), min_size=1)


@given(
    PEOPLE, st.sampled_from(["{id}_{name}.zip", "{name}-{id}.py", "{id}.ipynb", "{name}_{id}_lab.zip"]), st.booleans()
)
@UNTIMED
def test_a_whole_class_is_mapped_and_nobody_is_missing(tmp_path_factory, people, pattern, apart):
    root = tmp_path_factory.mktemp("class")
    buffer = io.StringIO()
    csv.writer(buffer).writerows([("학번", "이름"), *people.items()])
    names = [pattern.format(id=number, name=name) for number, name in people.items()]
    put(root / "in", *(unicodedata.normalize("NFD", name) if apart else name for name in names))
    known = roster(root, buffer.getvalue())
    arrived = arrivals(root / "in", known)
    assert {person.id for person in known.people} == set(people)
    assert known.missing(arrived.counting) == []
    assert arrived.unmatched == []
    assert len(arrived.counting) == len(people)


@given(PEOPLE, st.text(max_size=30))
@UNTIMED
def test_any_name_is_somebodys_or_has_a_reason(tmp_path_factory, people, who):
    buffer = io.StringIO()
    csv.writer(buffer).writerows([("id", "name"), *people.items()])
    person = roster(tmp_path_factory.mktemp("class"), buffer.getvalue()).find(Label(who))
    if isinstance(person, Bilingual):
        assert person.ko
        assert person.en
    else:
        assert person.id in people

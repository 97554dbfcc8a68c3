"""Download folders of LMSs, and the list of the class: whose each hand-in is, and which one counts."""

import csv
import io
import os
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grader.assignment import Text
from grader.errors import GraderError
from grader.gradebook.arrivals import arrivals
from grader.gradebook.roster import Label, Roster
from grader.handin import read_together

UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
HANGUL = st.text(st.characters(min_codepoint=ord("가"), max_codepoint=ord("힣")), min_size=2, max_size=5)
NAMES = ["김민수", "Kim Minsu", "홍길동", "이 서연", "O'Neil, Anna", "남궁민", "José Núñez"]
ROSTER = """학번,이름,이메일,분반
20230001,김민수,minsu@univ.ac.kr,1
20230002,홍길동,gildong.hong@univ.ac.kr,1
20230003,이서연,lee99@univ.ac.kr,2
"""


def put(folder, *names, time=None):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        if time is not None:
            os.utime(path, (time, time))
    return folder


def roster(tmp_path, text=ROSTER, encoding="utf-8"):
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return Roster.read(path)


@pytest.fixture
def folder(tmp_path):
    """An empty download folder."""
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def counting(folder, people=None):
    return {arrival.name: arrival for arrival in arrivals(folder, people).counting}


def owners(folder, people=None):
    """Whose the hand-ins are, by their paths."""
    return {arrival.path: arrival.person.id for arrival in arrivals(folder, people).counting}


def reasons(entries):
    for entry in entries:
        assert any("가" <= sign <= "힣" for sign in entry.reason.ko)
    return {entry.path: entry.reason.en for entry in entries}


# What is a hand-in


def test_folders_zips_sources_and_notebooks_are_hand_ins(folder):
    put(folder, "kim/dialogs.py", "lee.zip", "박.py", "choi.ipynb", "HONG.ZIP")
    found = arrivals(folder)
    assert [(arrival.name, arrival.path) for arrival in found.counting] == [
        ("HONG", "HONG.ZIP"),
        ("choi", "choi.ipynb"),
        ("kim", "kim"),
        ("lee", "lee.zip"),
        ("박", "박.py"),
    ]
    assert (found.quarantined, found.unmatched, found.parts) == ([], [], {})


def test_what_a_computer_made_is_passed_over(folder):
    put(folder, ".DS_Store", "__MACOSX/._kim.py", "Thumbs.db", "desktop.ini", ".git/x.py", "submission_metadata.yml")
    put(folder, "grades/grades.sqlite", "__pycache__/kim.pyc")
    (folder / "roster.csv").write_text(ROSTER, encoding="utf-8")
    assert arrivals(folder) == ([], [], [], {})


def test_the_roster_itself_is_passed_over_whatever_its_name(tmp_path, folder):
    people = roster(folder)
    (folder / "roster.csv").rename(folder / "class.txt")
    assert arrivals(folder, people, folder / "class.txt").quarantined == []
    assert len(arrivals(folder, people).quarantined) == 1


def test_other_files_are_not_lost(folder):
    put(folder, "kim.docx", "lee.rar", "words.csv", "Makefile", "박.hwp")
    found = arrivals(folder)
    assert found.counting == []
    assert set(reasons(found.quarantined)) == {"kim.docx", "lee.rar", "words.csv", "Makefile", "박.hwp"}


def test_who_handed_in_another_file_is_told(tmp_path, folder):
    put(folder, "20230002_홍길동.hwp", "20230009.hwp")
    found = {entry.path: entry.person for entry in arrivals(folder, roster(tmp_path)).quarantined}
    assert found["20230002_홍길동.hwp"].name == "홍길동"
    assert found["20230009.hwp"] is None


def test_links_are_not_followed(tmp_path, folder):
    put(tmp_path / "secret", "dialogs.py")
    (folder / "kim").symlink_to(tmp_path / "secret", target_is_directory=True)
    (folder / "lee.py").symlink_to(tmp_path / "secret" / "dialogs.py")
    (folder / "roster.csv").symlink_to(tmp_path / "roster.csv")
    found = arrivals(folder)
    assert found.counting == []
    assert set(reasons(found.quarantined).values()) == {"Links are not followed."}
    assert len(found.quarantined) == 3


def test_a_pipe_is_no_hand_in(folder):
    os.mkfifo(folder / "kim.py")
    assert set(reasons(arrivals(folder).quarantined)) == {"kim.py"}


def test_names_that_are_no_text_are_told(folder):
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + "홍길동.py".encode("cp949"))).write_bytes(b"")
    except (OSError, UnicodeDecodeError):
        pytest.skip("this file system takes UTF-8 names only")
    [entry] = arrivals(folder).quarantined
    assert entry.path.encode()
    assert "rename" in entry.reason.en


@pytest.mark.parametrize("name", ["nothing", "file.txt"])
def test_without_a_folder_there_is_one_sentence(tmp_path, name):
    put(tmp_path, "file.txt")
    with pytest.raises(GraderError, match=name):
        arrivals(tmp_path / name)


# Names


def test_hand_ins_of_one_stem_keep_their_suffix(folder):
    put(folder, "kim.zip", "kim.ipynb", "Kim/dialogs.py", "lee.zip")
    assert set(counting(folder)) == {"kim.zip", "kim.ipynb", "Kim", "lee"}


@pytest.mark.parametrize(
    "name", ["CON.zip", "a:b?.py", "~lock.py", "x" * 200 + ".py", "가" * 80 + ".py", " .py", "a\tb.py"]
)
def test_names_are_fit_for_files(folder, name):
    put(folder, name)
    [found] = counting(folder)
    assert found.isprintable()
    assert len(found.encode()) <= 150
    assert not set(found) & set('<>:"/\\|?*')
    assert found[0] not in ". ~"
    assert found[-1] not in ". "
    assert found.upper() != "CON"


@given(st.lists(st.from_regex(r"[A-Za-z가-힣:. ~]{1,12}\.(py|zip|ipynb)", fullmatch=True), min_size=1, max_size=8))
@example(["a:.py", "a?.py", "A_.py", "a_.zip"])
@UNTIMED
def test_names_are_unique_whatever_the_case_and_nothing_is_lost(tmp_path_factory, names):
    folder = put(tmp_path_factory.mktemp("in"), *(name for name in names if not name.startswith(".")))
    found = arrivals(folder)
    paths = [path for arrival in found.counting for path in (arrival.path, *arrival.older)]
    assert sorted(paths) == sorted(path.name for path in folder.iterdir())
    assert len({arrival.name.casefold() for arrival in found.counting}) == len(found.counting)
    assert len({arrival.person.id for arrival in found.counting}) == len(found.counting)


@given(HANGUL, st.sampled_from(["{}.zip", "{}_123456_assignsubmission_file_", "{}_LATE_1234_5678_lab.zip"]))
@UNTIMED
def test_names_that_macos_takes_apart_are_the_same(tmp_path_factory, name, pattern):
    root = tmp_path_factory.mktemp("in")
    put(root / "apart", unicodedata.normalize("NFD", pattern.format(name)))
    put(root / "composed", pattern.format(name))
    for folder in (root / "apart", root / "composed"):
        for path in folder.iterdir():
            if path.name.endswith("_"):
                path.unlink()
                path.mkdir()
    [apart], [composed] = arrivals(root / "apart").counting, arrivals(root / "composed").counting
    assert (apart.name, apart.person, apart.late) == (composed.name, composed.person, composed.late)
    assert apart.name.startswith(name)
    assert (root / "apart" / apart.path).exists()


@pytest.mark.parametrize(
    ("name", "number", "person"),
    [
        ("20231234_홍길동.zip", "20231234", "홍길동"),
        ("홍길동-20231234.py", "20231234", "홍길동"),
        ("20231234.ipynb", "20231234", ""),
        ("kim.py", "kim", "kim"),
        ("lab3_kim.py", "lab3_kim", "lab3_kim"),
    ],
)
def test_without_a_roster_the_name_says_who_it_is(folder, name, number, person):
    put(folder, name)
    [found] = arrivals(folder).counting
    assert (found.person.id, found.person.name) == (number, person)


def test_a_date_in_every_name_is_nobodys_number(folder):
    put(folder, "20241122_kim.py", "20241122_lee.py")
    assert owners(folder) == {"20241122_kim.py": "20241122_kim", "20241122_lee.py": "20241122_lee"}


# Canvas


def test_canvas(folder):
    put(folder, "kimminsu_1234_56789_lab.zip", "honggildong_LATE_1235_56790_my_lab-1.ipynb")
    found = counting(folder)
    assert set(found) == {"kimminsu_1234", "honggildong_1235"}
    assert [found[name].late for name in ("kimminsu_1234", "honggildong_1235")] == [False, True]
    assert (found["kimminsu_1234"].person.id, found["kimminsu_1234"].person.name) == ("1234", "kimminsu")


def test_of_canvas_the_largest_number_counts_whatever_the_time(folder):
    put(folder, "kim_1234_999_lab.zip", time=3e8)
    put(folder, "kim_LATE_1234_1000_lab-2.zip", time=2e8)
    put(folder, "kim_1234_998_lab-1.zip", "lee_1235_997_lab.zip", time=4e8)
    found = counting(folder)["kim_1234"]
    assert (found.path, found.late) == ("kim_LATE_1234_1000_lab-2.zip", True)
    assert found.older == ("kim_1234_999_lab.zip", "kim_1234_998_lab-1.zip")


def test_modules_that_canvas_gives_one_by_one_are_one_hand_in(folder):
    put(
        folder, "kim_1234_1001_dialogs.py", "kim_1234_1002_helpers.py", "kim_1234_1003_dialogs-1.py", "kim_1234_9_x.zip"
    )
    put(folder, "lee_1235_1004_lab.py", "lee_1235_1005_lab-1.py", "kim_1234_1006_picture.png")
    found = arrivals(folder)
    assert found.parts == {
        "kim_1234": {"dialogs.py": "kim_1234_1003_dialogs-1.py", "helpers.py": "kim_1234_1002_helpers.py"}
    }
    arrival = counting(folder)["kim_1234"]
    assert (arrival.path, arrival.older) == ("kim_1234_1003_dialogs-1.py", ("kim_1234_1001_dialogs.py",))
    paths = {file: folder / path for file, path in found.parts["kim_1234"].items()}
    assert set(read_together("kim_1234", paths).files) == {"dialogs.py", "helpers.py"}
    assert counting(folder)["lee_1235"].older == ("lee_1235_1004_lab.py",)


@pytest.mark.parametrize("prefix", ["hw_2024", "과제_2024", "lab_100"])
def test_a_prefix_of_all_names_is_no_person_of_canvas(folder, prefix):
    names = [f"{prefix}_2023000{number}_{name}.zip" for number, name in enumerate(["kim", "lee", "park"])]
    put(folder, *names)
    assert set(owners(folder)) == set(names)


# Moodle


def test_moodle(folder):
    put(folder, "홍길동_123456_assignsubmission_file_/lab.zip", "Kim Minsu_123457_assignsubmission_file/lab.py")
    put(folder, "이서연_123458_assignsubmission_file_my_lab.ipynb")
    found = arrivals(folder).counting
    assert {(arrival.name, arrival.person.id, arrival.person.name) for arrival in found} == {
        ("홍길동_123456", "123456", "홍길동"),
        ("Kim Minsu_123457", "123457", "Kim Minsu"),
        ("이서연_123458", "123458", "이서연"),
    }


def test_texts_typed_into_moodle_are_no_files(folder):
    put(folder, "홍길동_1_assignsubmission_onlinetext_/onlinetext.html", "홍길동_1_assignsubmission_file_/lab.zip")
    found = arrivals(folder)
    assert [arrival.path for arrival in found.counting] == ["홍길동_1_assignsubmission_file_"]
    assert "typed" in reasons(found.quarantined)["홍길동_1_assignsubmission_onlinetext_"]


def test_modules_that_moodle_gives_one_by_one_are_one_hand_in(folder):
    put(folder, *(f"홍길동_12_assignsubmission_file_{name}.py" for name in ("dialogs", "batches", "util")))
    assert set(arrivals(folder).parts["홍길동_12"]) == {"dialogs.py", "batches.py", "util.py"}


# Gradescope

METADATA = """---
submission_11:
  :submitters:
  - :name: 김민수
    :sid: '20230001'
    :email: minsu@univ.ac.kr
  - :name: 홍길동
    :sid:
    :email: gildong.hong@univ.ac.kr
  :created_at: 2026-11-20 10:00:00.5 Z
submission_12:
  :submitters: []
"""


def test_gradescope(tmp_path, folder):
    put(folder, "submission_11/dialogs.py", "submission_12/dialogs.py", "submission_13/dialogs.py")
    (folder / "submission_metadata.yml").write_text(METADATA, encoding="utf-8")
    found = counting(folder)
    assert set(found) == {"submission_11_20230001", "submission_11_gildong.hong", "submission_12", "submission_13"}
    assert found["submission_11_20230001"].handed_in == "2026-11-20T10:00:00+00:00"
    assert found["submission_11_gildong.hong"].person.email == "gildong.hong@univ.ac.kr"
    known = {arrival.person.name for arrival in arrivals(folder, roster(tmp_path)).counting}
    assert {"김민수", "홍길동"} <= known


@pytest.mark.parametrize(
    "text", ["", "[", "- 1", "a: 1", "submission_11: {':submitters': 3}", "!!python/object:x {}", "\0"]
)
def test_a_strange_list_of_gradescope_says_nothing(folder, text):
    put(folder, "submission_11/dialogs.py")
    (folder / "submission_metadata.yml").write_text(text, encoding="utf-8")
    assert set(counting(folder)) == {"submission_11"}


# The newest counts


def zipped(path, when):
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(zipfile.ZipInfo("dialogs.py", when), b"")
    os.utime(path, (10**9, 10**9))


def test_the_newest_of_a_person_counts(tmp_path, folder):
    put(folder, "20230001_v1.py", time=1e9)
    put(folder, "김민수 final.py", time=3e9 / 2)
    put(folder, "minsu.ipynb", time=1.2e9)
    found = arrivals(folder, roster(tmp_path))
    assert [(arrival.path, arrival.older) for arrival in found.counting] == [
        ("김민수 final.py", ("minsu.ipynb", "20230001_v1.py"))
    ]
    assert found.counting[0].handed_in == "2017-07-14T02:40:00+00:00"


def test_a_zip_is_as_old_as_its_newest_file(tmp_path, folder):
    zipped(folder / "20230001_a.zip", (2026, 1, 1, 0, 0, 0))
    zipped(folder / "20230001_b.zip", (2025, 1, 1, 0, 0, 0))
    zipped(folder / "20230001_c.zip", (1980, 1, 1, 0, 0, 0))
    put(folder, "20230001_d.zip", time=1.1e9)
    [found] = arrivals(folder, roster(tmp_path)).counting
    assert (found.path, found.older) == ("20230001_a.zip", ("20230001_b.zip", "20230001_d.zip", "20230001_c.zip"))


def test_a_folder_is_as_old_as_its_newest_file(tmp_path, folder):
    put(folder, "20230001_a/old.py", time=1e9)
    put(folder, "20230001_a/deep/new.py", time=1.5e9)
    put(folder, "20230001_b.py", time=1.4e9)
    assert [arrival.path for arrival in arrivals(folder, roster(tmp_path)).counting] == ["20230001_a"]


def test_of_one_time_the_name_decides_by_its_numbers(tmp_path, folder):
    put(folder, "20230001_9.py", "20230001_10.py", time=1e9)
    assert [arrival.path for arrival in arrivals(folder, roster(tmp_path)).counting] == ["20230001_10.py"]


def test_copies_that_a_browser_made_are_one_persons(folder):
    put(folder, "kim.zip", time=1e9)
    put(folder, "kim (1).zip", time=1.1e9)
    [found] = arrivals(folder).counting
    assert (found.path, found.older) == ("kim (1).zip", ("kim.zip",))


# The roster


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
def test_a_hand_in_is_mapped_to_its_person(tmp_path, folder, name, form):
    put(folder, unicodedata.normalize(form, name))
    found = arrivals(folder, people := roster(tmp_path))
    assert [arrival.person for arrival in found.counting] == [people.people[1]]
    assert found.unmatched == []
    assert [person.id for person in people.missing(found.counting)] == ["20230001", "20230003"]


@pytest.mark.parametrize(
    "name", ["박지민.zip", "20239999.py", "kim.py", "lab3.py", "20230001_홍길동.py", "김민수_홍길동.py"]
)
def test_who_is_not_known_is_graded_and_told(tmp_path, folder, name):
    put(folder, name)
    found = arrivals(folder, people := roster(tmp_path))
    assert [arrival.path for arrival in found.counting] == [name]
    assert [entry.path for entry in found.unmatched] == [name]
    assert reasons(found.unmatched)
    assert people.missing(found.counting) == people.people


def test_two_people_of_one_name_are_not_guessed(tmp_path, folder):
    people = roster(tmp_path, "학번,이름\n20230001,김민수\n20230002,김민수\n")
    put(folder, "김민수.py", "20230001_김민수.zip")
    found = arrivals(folder, people)
    assert {arrival.path: arrival.person.id for arrival in found.counting} == {
        "김민수.py": "김민수",
        "20230001_김민수.zip": "20230001",
    }
    assert "20230001" in found.unmatched[0].reason.ko
    assert "20230002" in found.unmatched[0].reason.en


def test_two_people_of_an_lms_are_not_one_of_the_roster(tmp_path, folder):
    put(folder, "김민수_101_assignsubmission_file_/x.py", "김민수_102_assignsubmission_file_/x.py")
    found = arrivals(folder, roster(tmp_path))
    assert len(found.counting) == len(found.unmatched) == 2
    assert all(arrival.older == () for arrival in found.counting)


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
    put(folder, "kimminsu_1234_1_lab.zip", "minsukim.py", "whoever_1235_5678_lab.zip", "kimminsu_1234_5679_lab.zip")
    found = owners(folder, people)
    assert found["whoever_1235_5678_lab.zip"] == "20230002"
    assert "20230001" in found.values()


@pytest.mark.parametrize("text", [MOODLE_FILE, MOODLE_EN])
def test_the_gradebook_file_of_moodle_is_a_roster(tmp_path, folder, text):
    people = roster(tmp_path, text)
    put(folder, "Whoever_123456_assignsubmission_file_/lab.py")
    [found] = arrivals(folder, people).counting
    assert found.person == people.people[0]
    assert found.person.email == "gildong@univ.ac.kr"
    assert found.person.name in ("홍길동", "길동 홍")


@pytest.mark.parametrize(
    "header", ["student id,name", "ID,Student", "Student_ID,Full Name", "﻿학번,성명", " 학번 ,이름"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
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
}


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_a_bad_roster_is_told_in_one_sentence(tmp_path, text):
    with pytest.raises(GraderError) as told:
        roster(tmp_path, text)
    assert BAD[text] in told.value.en
    assert "roster.csv" in told.value.ko
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
    found = arrivals(root / "in", known)
    assert {person.id for person in known.people} == set(people)
    assert known.missing(found.counting) == []
    assert found.unmatched == []
    assert len(found.counting) == len(people)


@given(PEOPLE, st.text(max_size=30))
@UNTIMED
def test_any_name_is_somebodys_or_has_a_reason(tmp_path_factory, people, who):
    buffer = io.StringIO()
    csv.writer(buffer).writerows([("id", "name"), *people.items()])
    found = roster(tmp_path_factory.mktemp("class"), buffer.getvalue()).find(Label(who))
    if isinstance(found, Text):
        assert found.ko
        assert found.en
    else:
        assert found.id in people

"""Download folders of LMSs: what is a submission, whose it is by its name, and which one counts."""

import os
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader.errors import GraderError
from grader.gradebook.intake.arrivals import arrivals
from grader.submission.reading import read_together
from tests.helpers.gradebook.arriving import (
    HANGUL,
    ROSTER,
    UNTIMED,
    counting,
    download_folder,
    owners,
    put,
    reasons,
    roster,
)

folder = pytest.fixture(download_folder)

# What is a submission


def test_folders_zips_sources_and_notebooks_are_submissions(folder):
    put(folder, "kim/dialogs.py", "lee.zip", "박.py", "choi.ipynb", "HONG.ZIP")
    arrived = arrivals(folder)
    assert [(arrival.name, arrival.path) for arrival in arrived.counting] == [
        ("HONG", "HONG.ZIP"),
        ("choi", "choi.ipynb"),
        ("kim", "kim"),
        ("lee", "lee.zip"),
        ("박", "박.py"),
    ]
    assert (arrived.quarantined, arrived.unmatched, arrived.parts) == ([], [], {})


def test_what_a_computer_made_is_passed_over(folder):
    put(folder, ".DS_Store", "__MACOSX/._kim.py", "Thumbs.db", "desktop.ini", ".git/x.py", "submission_metadata.yml")
    put(folder, "grades/grades.sqlite", "grades/grades.lock", "__pycache__/kim.pyc")
    (folder / "roster.csv").write_text(ROSTER, encoding="utf-8")
    assert arrivals(folder) == ([], [], [], {})


def test_a_submission_that_looks_like_a_folder_of_grades_is_not_lost(folder):
    put(folder, "kim/dialogs.py", "kim/grades.sqlite", "kim/grades.lock", "lee/grades.sqlite")
    put(folder, *(f"{name}/grades.{end}" for name in ("park", "choi") for end in ("sqlite", "lock")))
    put(folder, "park/lab.ipynb", "choi/lab/dialogs.py")
    assert set(counting(folder)) == {"kim", "lee", "park", "choi"}


def test_the_roster_itself_is_passed_over_whatever_its_name(tmp_path, folder):
    people = roster(folder)
    (folder / "roster.csv").rename(folder / "class.txt")
    assert arrivals(folder, people, folder / "class.txt").quarantined == []
    assert len(arrivals(folder, people).quarantined) == 1


def test_other_files_are_not_lost(folder):
    put(folder, "kim.docx", "lee.rar", "words.csv", "Makefile", "박.hwp")
    arrived = arrivals(folder)
    assert arrived.counting == []
    assert set(reasons(arrived.quarantined)) == {"kim.docx", "lee.rar", "words.csv", "Makefile", "박.hwp"}


def test_who_handed_in_another_file_is_told(tmp_path, folder):
    put(folder, "20230002_홍길동.hwp", "20230009.hwp")
    people = {entry.path: entry.person for entry in arrivals(folder, roster(tmp_path)).quarantined}
    assert people["20230002_홍길동.hwp"].name == "홍길동"
    assert people["20230009.hwp"] is None


def test_links_are_not_followed(tmp_path, folder):
    put(tmp_path / "secret", "dialogs.py")
    (folder / "kim").symlink_to(tmp_path / "secret", target_is_directory=True)
    (folder / "lee.py").symlink_to(tmp_path / "secret" / "dialogs.py")
    (folder / "roster.csv").symlink_to(tmp_path / "roster.csv")
    arrived = arrivals(folder)
    assert arrived.counting == []
    assert set(reasons(arrived.quarantined).values()) == {"Links are not followed."}
    assert len(arrived.quarantined) == 3


def test_a_link_to_nothing_stops_nobody(tmp_path, folder):
    people = roster(tmp_path)
    (folder / "kim.py").symlink_to(tmp_path / "nothing.py")
    assert reasons(arrivals(folder, people, tmp_path / "roster.csv").quarantined) == {
        "kim.py": "Links are not followed."
    }


def test_a_pipe_is_no_submission(folder):
    os.mkfifo(folder / "kim.py")
    os.mkfifo(folder / "list.csv")
    assert set(reasons(arrivals(folder).quarantined)) == {"kim.py", "list.csv"}


def test_a_list_that_is_none_stops_nobody(folder):
    (folder / "odd.csv").write_bytes(b"a" * 200_000 + b"\r1,2\r")
    assert set(reasons(arrivals(folder).quarantined)) == {"odd.csv"}


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


def test_submissions_of_one_stem_keep_their_suffix(folder):
    put(folder, "kim.zip", "kim.ipynb", "Kim/dialogs.py", "lee.zip")
    assert set(counting(folder)) == {"kim.zip", "kim.ipynb", "Kim", "lee"}


@pytest.mark.parametrize(
    "name", ["CON.zip", "a:b?.py", "~lock.py", "x" * 200 + ".py", "가" * 80 + ".py", " .py", "a\tb.py"]
)
def test_names_are_fit_for_files(folder, name):
    put(folder, name)
    [made] = counting(folder)
    assert made.isprintable()
    assert len(made.encode()) <= 150
    assert not set(made) & set('<>:"/\\|?*')
    assert made[0] not in ". ~"
    assert made[-1] not in ". "
    assert made.upper() != "CON"


@given(st.lists(st.from_regex(r"[A-Za-z가-힣:. ~]{1,12}\.(py|zip|ipynb)", fullmatch=True), min_size=1, max_size=8))
@example(["a:.py", "a?.py", "A_.py", "a_.zip"])
@UNTIMED
def test_names_are_unique_whatever_the_case_and_nothing_is_lost(tmp_path_factory, names):
    folder = put(tmp_path_factory.mktemp("in"), *(name for name in names if not name.startswith(".")))
    arrived = arrivals(folder)
    paths = [path for arrival in arrived.counting for path in (arrival.path, *arrival.older)]
    assert sorted(paths) == sorted(path.name for path in folder.iterdir())
    assert len({arrival.name.casefold() for arrival in arrived.counting}) == len(arrived.counting)
    assert len({arrival.person.id for arrival in arrived.counting}) == len(arrived.counting)


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
    [arrival] = arrivals(folder).counting
    assert (arrival.person.id, arrival.person.name) == (number, person)


def test_a_date_in_every_name_is_nobodys_number(folder):
    put(folder, "20241122_kim.py", "20241122_lee.py")
    assert owners(folder) == {"20241122_kim.py": "20241122_kim", "20241122_lee.py": "20241122_lee"}


# Canvas


def test_canvas(folder):
    put(folder, "kimminsu_1234_56789_lab.zip", "honggildong_LATE_1235_56790_my_lab-1.ipynb")
    by_name = counting(folder)
    assert set(by_name) == {"kimminsu_1234", "honggildong_1235"}
    assert [by_name[name].late for name in ("kimminsu_1234", "honggildong_1235")] == [False, True]
    assert (by_name["kimminsu_1234"].person.id, by_name["kimminsu_1234"].person.name) == ("1234", "kimminsu")


def test_of_canvas_the_largest_number_counts_whatever_the_time(folder):
    put(folder, "kim_1234_999_lab.zip", time=3e8)
    put(folder, "kim_LATE_1234_1000_lab-2.zip", time=2e8)
    put(folder, "kim_1234_998_lab-1.zip", "lee_1235_997_lab.zip", time=4e8)
    arrival = counting(folder)["kim_1234"]
    assert (arrival.path, arrival.late) == ("kim_LATE_1234_1000_lab-2.zip", True)
    assert arrival.older == ("kim_1234_999_lab.zip", "kim_1234_998_lab-1.zip")


def test_modules_that_canvas_gives_one_by_one_are_one_submission(folder):
    put(folder, "kim_1234_1001_dialogs.py", "kim_1234_1002_helpers.py", "kim_1234_1003_dialogs-1.py")
    put(folder, "lee_1235_1004_lab.py", "lee_1235_1005_lab-1.py", "kim_1234_1006_picture.png")
    arrived = arrivals(folder)
    assert arrived.parts == {
        "kim_1234": {"dialogs.py": "kim_1234_1003_dialogs-1.py", "helpers.py": "kim_1234_1002_helpers.py"}
    }
    arrival = counting(folder)["kim_1234"]
    assert (arrival.path, arrival.older) == ("kim_1234_1003_dialogs-1.py", ("kim_1234_1001_dialogs.py",))
    paths = {file: folder / path for file, path in arrived.parts["kim_1234"].items()}
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
    submissions = arrivals(folder).counting
    assert {(arrival.name, arrival.person.id, arrival.person.name) for arrival in submissions} == {
        ("홍길동_123456", "123456", "홍길동"),
        ("Kim Minsu_123457", "123457", "Kim Minsu"),
        ("이서연_123458", "123458", "이서연"),
    }


def test_texts_typed_into_moodle_are_no_files(folder):
    put(folder, "홍길동_1_assignsubmission_onlinetext_/onlinetext.html", "홍길동_1_assignsubmission_file_/lab.zip")
    arrived = arrivals(folder)
    assert [arrival.path for arrival in arrived.counting] == ["홍길동_1_assignsubmission_file_"]
    assert "typed" in reasons(arrived.quarantined)["홍길동_1_assignsubmission_onlinetext_"]


def test_modules_that_moodle_gives_one_by_one_are_one_submission(folder):
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
    by_name = counting(folder)
    assert set(by_name) == {"submission_11_20230001", "submission_11_gildong.hong", "submission_12", "submission_13"}
    assert by_name["submission_11_20230001"].handed_in == "2026-11-20T10:00:00+00:00"
    assert by_name["submission_11_gildong.hong"].person.email == "gildong.hong@univ.ac.kr"
    known = {arrival.person.name for arrival in arrivals(folder, roster(tmp_path)).counting}
    assert {"김민수", "홍길동"} <= known


@pytest.mark.parametrize(
    "text", ["", "[", "- 1", "a: 1", "submission_11: {':submitters': 3}", "!!python/object:x {}", "\0"]
)
def test_a_strange_list_of_gradescope_says_nothing(folder, text):
    put(folder, "submission_11/dialogs.py")
    (folder / "submission_metadata.yml").write_text(text, encoding="utf-8")
    assert set(counting(folder)) == {"submission_11"}


@pytest.mark.parametrize(
    ("told", "shown"), [("0001-01-01 00:00:00 +09:00", "0001-"), ("9999-12-31 23:59:59 -09:00", "9999-")]
)
def test_a_time_that_no_calendar_has_stops_nobody(folder, told, shown):
    put(folder, "submission_11/dialogs.py")
    text = f"submission_11:\n  :created_at: {told}\n"
    (folder / "submission_metadata.yml").write_text(text, encoding="utf-8")
    assert counting(folder)["submission_11"].handed_in.startswith(shown)


# The newest counts


def zipped(path, when):
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(zipfile.ZipInfo("dialogs.py", when), b"")
    os.utime(path, (10**9, 10**9))


def test_the_newest_of_a_person_counts(tmp_path, folder):
    put(folder, "20230001_v1.py", time=1e9)
    put(folder, "김민수 final.py", time=3e9 / 2)
    put(folder, "minsu.ipynb", time=1.2e9)
    arrived = arrivals(folder, roster(tmp_path))
    assert [(arrival.path, arrival.older) for arrival in arrived.counting] == [
        ("김민수 final.py", ("minsu.ipynb", "20230001_v1.py"))
    ]
    assert arrived.counting[0].handed_in == "2017-07-14T02:40:00+00:00"


def test_a_zip_is_as_old_as_its_newest_file(tmp_path, folder):
    zipped(folder / "20230001_a.zip", (2026, 1, 1, 0, 0, 0))
    zipped(folder / "20230001_b.zip", (2025, 1, 1, 0, 0, 0))
    zipped(folder / "20230001_c.zip", (1980, 1, 1, 0, 0, 0))
    put(folder, "20230001_d.zip", time=1.1e9)
    [arrival] = arrivals(folder, roster(tmp_path)).counting
    assert (arrival.path, arrival.older) == ("20230001_a.zip", ("20230001_b.zip", "20230001_d.zip", "20230001_c.zip"))


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
    [arrival] = arrivals(folder).counting
    assert (arrival.path, arrival.older) == ("kim (1).zip", ("kim.zip",))


def test_what_may_have_the_time_of_its_download_is_not_the_newest_beyond_doubt(tmp_path, folder):
    put(folder, "20230001_v1.py")
    zipped(folder / "20230001_v2.zip", (2025, 1, 1, 0, 0, 0))
    arrived = arrivals(folder, roster(tmp_path))
    assert [(arrival.path, arrival.older) for arrival in arrived.counting] == [("20230001_v1.py", ("20230001_v2.zip",))]
    assert "older than 20230001_v2.zip" in reasons(arrived.unmatched)["20230001_v1.py"]
    assert arrived.unmatched[0].person.id == "20230001"


def test_a_zip_that_was_made_after_all_others_is_the_newest(tmp_path, folder):
    put(folder, "20230001_v1.py", time=1e9)
    zipped(folder / "20230001_v2.zip", (2025, 1, 1, 0, 0, 0))
    arrived = arrivals(folder, roster(tmp_path))
    assert [arrival.path for arrival in arrived.counting] == ["20230001_v2.zip"]
    assert arrived.unmatched == []


def test_the_numbers_of_canvas_leave_no_doubt(folder):
    zipped(folder / "kim_1234_998_lab.zip", (2025, 1, 1, 0, 0, 0))
    put(folder, "kim_1234_999_lab.ipynb", "lee_1235_997_lab.zip")
    arrived = arrivals(folder)
    assert [arrival.path for arrival in arrived.counting] == ["kim_1234_999_lab.ipynb", "lee_1235_997_lab.zip"]
    assert arrived.unmatched == []

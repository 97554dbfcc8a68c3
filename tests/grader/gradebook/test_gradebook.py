"""A class from arrivals to pages: nothing is lost, nothing graded twice, and what was done by hand stays."""

import contextlib
import json
import shutil
import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from grader.errors import GraderError
from grader.gradebook.intake.arrivals import arrivals
from grader.gradebook.model import NotGraded, Person, Quarantine
from grader.gradebook.publishing import MAX_COMPARED, OVERRIDES, entries_of, publish, texts_of
from grader.gradebook.running.class_run import CHANGED, ClassRun
from grader.gradebook.running.workers import Graded
from grader.gradebook.store import NAME, Store, fingerprint_of
from grader.grading import EVERY_STEP
from grader.paths import SOLUTION
from grader.submission.reading import Submission
from kit.messages import Bilingual
from lab.__main__ import app_for
from tests.helpers.gradebook.entries import report
from tests.submissions import VARIANTS

SOURCE = (VARIANTS / "first_handin.py").read_text(encoding="utf-8") + "\nSEED = "


class Fault(Exception):  # noqa: N818 -- nobody's error
    """Stands for whatever ends a run in the middle."""


class Grader:
    """Grades by the length of a module's last word, and remembers what it was given; may break off after some."""

    def __init__(self, most=None, outcome=None):
        self.graded = []
        self.passed = {}
        self.most = most
        self.outcome = outcome

    def __call__(self, tasks):
        for submission, passed in tasks:
            self.passed[submission.name] = passed
            if self.most is not None and len(self.graded) >= self.most:
                raise Fault
            self.graded.append(submission.name)
            words = submission.files["dialogs.py"].split()
            lost = ["framing.eos"] if len(words[-1]) % 2 else []
            yield Graded(submission, self.outcome or report(submission.name, lost))


def submission(folder, name, content):
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "dialogs.py").write_text(f"{SOURCE}{content}\n", encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    """Five submissions: two alike, one that cannot be read, and a file that is none."""
    folder = tmp_path / "submissions"
    folder.mkdir()
    for name, content in {"kim": 1, "lee": 22, "park": 22, "choi": 4444}.items():
        submission(folder, name, content)
    (folder / "broken.zip").write_bytes(b"PK\3\4 no zip")
    (folder / "reading.pdf").write_bytes(b"%PDF")
    return folder


def grade(folder, out, grader=None, regrade=False, every_step=False):
    """A run with that grader; what it graded."""
    grader = grader or Grader()
    with Store(out) as store:
        arrived = arrivals(folder)
        store.enroll(arrived.counting, NotGraded(set_aside=tuple(arrived.quarantined)))
        for _ in ClassRun(folder, arrived, store, regrade, every_step).outcomes(grader):
            pass
    return grader.graded


def grades(out):
    """What the gradebook says: scores by name, `None` where nobody could grade it."""
    with Store(out, make=False) as store:
        entries, waiting = entries_of(store)
    assert waiting == 0
    return {entry.arrival.name: None if entry.quarantined else entry.score for entry in entries}


def test_equal_submissions_are_graded_once_and_each_has_its_report(folder, tmp_path):
    out = tmp_path / "grades"
    graded = grade(folder, out)

    assert sorted(graded) == ["choi", "kim", "lee"]
    assert grades(out) == {"broken": None, "choi": 100, "kim": 95, "lee": 100, "park": 100}
    for name in ("kim", "lee", "park", "choi", "broken"):
        assert json.loads((out / "reports" / f"{name}.json").read_bytes())["submission"] == name


def test_what_is_unchanged_is_not_graded_again_unless_told(folder, tmp_path):
    out = tmp_path / "grades"
    grade(folder, out)
    submission(folder, "kim", 333)

    assert grade(folder, out) == ["kim"]
    assert grade(folder, out) == []
    assert sorted(grade(folder, out, regrade=True)) == ["choi", "kim", "lee"]


def test_another_grader_grades_everything_again(folder, tmp_path, monkeypatch):
    out = tmp_path / "grades"
    grade(folder, out)
    monkeypatch.setattr("grader.gradebook.store.grader_fingerprint", lambda: "another")

    assert sorted(grade(folder, out)) == ["choi", "kim", "lee"]


@pytest.fixture
def class_of_three(tmp_path):
    """The solution; the same with other comments; and one that is wrong in one module and draws numbers in another."""
    folder = tmp_path / "three"
    for name in ("a", "b", "c"):
        shutil.copytree(SOLUTION, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name, file, old, new in (
        ("b", "dialogs.py", "", "# 제 코드입니다\n"),
        ("c", "dialogs.py", "*token_ids, ", "*token_ids[1:], "),
        ("c", "batches.py", "import numpy as np", "import random\n\nimport numpy as np"),
    ):
        path = folder / name / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    return folder


def test_a_step_that_equal_code_has_passed_is_not_run_again(class_of_three, tmp_path):
    out, grader = tmp_path / "grades", Grader(outcome=report("x"))
    grade(class_of_three, out, grader)

    assert grader.passed["a"] == set()
    assert grader.passed["b"] == set(EVERY_STEP)
    assert grader.passed["c"] == {"pretrained", "loss", "prompt", "answer"}


def test_what_was_passed_is_known_to_the_next_run_of_the_same_grader_only(class_of_three, tmp_path, monkeypatch):
    out = tmp_path / "grades"
    shutil.move(class_of_three / "b", tmp_path / "b")
    shutil.move(class_of_three / "c", tmp_path / "c")
    grade(class_of_three, out)
    shutil.move(tmp_path / "b", class_of_three / "b")

    def taken_over(**options):
        grader = Grader(outcome=report("x"))
        grade(class_of_three, tmp_path / "copy", grader, **options)
        return {name: len(passed) for name, passed in grader.passed.items()}

    shutil.copytree(out, tmp_path / "copy")
    assert taken_over(every_step=True) == {"b": 0}
    assert taken_over(regrade=True) == {"a": 0, "b": 9}
    with monkeypatch.context() as patch:
        patch.setattr("grader.gradebook.store.grader_fingerprint", lambda: "another")
        assert taken_over() == {"a": 0, "b": 9}
    shutil.move(tmp_path / "c", class_of_three / "c")
    assert taken_over() == {"c": 4}


def test_a_step_that_was_not_passed_is_run_in_every_submission(class_of_three, tmp_path):
    grader = Grader(outcome=report("x", ["unk.boundary"]))
    grade(class_of_three, tmp_path / "grades", grader)

    assert set(EVERY_STEP) - grader.passed["b"] == {"unk"}


@given(breaks=st.lists(st.integers(0, 3), max_size=4))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_broken_off_anywhere_it_goes_on_and_ends_the_same(breaks, folder, tmp_path_factory):
    whole, broken = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("broken")
    grade(folder, whole)
    done = []
    for most in breaks:
        grader = Grader(most)
        with contextlib.suppress(Fault):
            grade(folder, broken, grader)
        done += grader.graded
    done += grade(folder, broken)

    assert sorted(done) == ["choi", "kim", "lee"]
    assert grades(broken) == grades(whole)


def test_a_submission_that_changes_meanwhile_is_said_to_and_graded_the_next_time(folder, tmp_path):
    out = tmp_path / "grades"

    def grader(submissions):
        for path in folder.rglob("*.py"):
            path.write_text("# now something else\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
        yield from Grader()(submissions)

    with Store(out) as store:
        arrived = arrivals(folder)
        store.enroll(arrived.counting, NotGraded())
        outcomes = {arrival.name: outcome for arrival, outcome in ClassRun(folder, arrived, store).outcomes(grader)}
    assert {name for name, outcome in outcomes.items() if outcome == CHANGED} == {"choi", "kim", "lee", "park"}
    assert sorted(grade(folder, out)) == ["choi", "kim", "lee"]


def test_what_the_grader_could_not_do_is_told_and_tried_again(folder, tmp_path):
    out = tmp_path / "grades"
    grade(folder, out, Grader(outcome=Bilingual("멈춤", "broke down")))

    assert set(grades(out).values()) == {None}
    assert sorted(grade(folder, out)) == ["choi", "kim", "lee"]
    assert None in grades(out).values()
    assert grades(out)["lee"] == 100


def test_an_interrupted_run_says_what_is_still_to_do(folder, tmp_path):
    out = tmp_path / "grades"
    with pytest.raises(Fault):
        grade(folder, out, Grader(most=1))
    with Store(out) as store:
        entries, waiting = entries_of(store)

    assert len(entries) + waiting == 5
    assert waiting >= 2


def test_two_runs_on_one_folder_the_second_stops(folder, tmp_path):
    with Store(tmp_path / "grades"), pytest.raises(GraderError, match="다른 채점") as caught:
        Store(tmp_path / "grades")
    assert "Another run" in caught.value.text.en
    assert grade(folder, tmp_path / "grades")


def test_a_folder_without_grades_and_a_broken_database_are_explained(tmp_path):
    with pytest.raises(GraderError, match="성적 폴더가 아닙니다"):
        Store(tmp_path, make=False)
    (tmp_path / NAME).write_bytes(b"no database at all, whatever its name says" * 100)
    with pytest.raises(GraderError, match="읽을 수 없습니다"):
        Store(tmp_path)


def test_a_report_is_on_the_disk_before_anybody_hears_of_it(folder, tmp_path):
    out = tmp_path / "grades"
    with Store(out) as store:
        arrived = arrivals(folder)
        store.enroll(arrived.counting, NotGraded())
        for arrival, _ in ClassRun(folder, arrived, store).outcomes(Grader()):
            with sqlite3.connect(f"file:{out / NAME}?mode=ro", uri=True) as other:
                row = other.execute("SELECT fingerprint, reason FROM hand_ins WHERE name = ?", (arrival.name,))
                assert any(row.fetchone())
            assert (out / "reports" / f"{arrival.name}.json").exists()


def test_points_given_by_hand_win_and_stay(folder, tmp_path):
    out = tmp_path / "grades"
    grade(folder, out)
    (out / OVERRIDES).write_text(
        "학번,항목,점수,비고\nlee,loss,3.5,말로 설명함\nbroken,framing.eos,5,\n", encoding="utf-8"
    )
    expected = {"lee": 88.5, "broken": None}

    assert {name: score for name, score in grades(out).items() if name in expected} == expected
    grade(folder, out, regrade=True)
    with Store(out) as store:
        entries, _ = entries_of(store)
    by_name = {entry.arrival.name: entry for entry in entries}
    assert by_name["lee"].score == 88.5
    assert by_name["lee"].overrides[0].note == "말로 설명함"
    assert (by_name["broken"].score, by_name["broken"].quarantined is not None) == (5, True)


def test_pages_are_written_and_those_of_who_is_gone_removed(folder, tmp_path):
    out = tmp_path / "grades"
    grade(folder, out)
    written(folder, out)
    assert (out / "reports" / "kim.html").exists()
    shutil.rmtree(folder / "kim")
    grade(folder, out)
    pairs = written(folder, out)

    assert pairs == 3
    assert sorted(path.stem for path in (out / "reports").glob("*.html")) == ["broken", "choi", "lee", "park"]
    assert sorted(path.stem for path in (out / "reports").glob("*.json")) == ["broken", "choi", "lee", "park"]
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "kim" not in page
    assert "reading.pdf" in page
    assert "남궁민" in page
    assert "park" in (out / "similar.html").read_text(encoding="utf-8")


def written(folder, out):
    with Store(out) as store:
        arrived = arrivals(folder)
        not_graded = NotGraded((Person("7", "남궁민"),), tuple(arrived.quarantined))
        store.enroll(arrived.counting, not_graded)
        run = ClassRun(folder, arrived, store)
        list(run.outcomes(Grader()))
        entries, _ = entries_of(store)
        return publish(store, entries, run.submissions(), "ko")


def test_a_class_of_nothing_has_its_page(tmp_path):
    (tmp_path / "submissions").mkdir()
    (tmp_path / "submissions" / "reading.pdf").write_bytes(b"%PDF")

    assert written(tmp_path / "submissions", tmp_path / "grades") == 0
    assert "reading.pdf" in (tmp_path / "grades" / "index.html").read_text(encoding="utf-8")


def command(folder, out, monkeypatch):
    """`lab grade`, with the grader of these tests."""
    monkeypatch.setattr("lab.commands.assistant.grade.grade_all", lambda tasks, *_, **__: Grader()(tasks))
    arguments = ["--lang", "en", "grade", str(folder), "--out", str(out), "--no-sandbox"]
    return CliRunner().invoke(app_for(["grade"]), arguments)


def test_the_command_counts_with_the_points_given_by_hand(folder, tmp_path, monkeypatch):
    out = tmp_path / "grades"
    out.mkdir()
    (out / OVERRIDES).write_text("person,target,points\nkim,framing,15\nlee,loss,1\npark,loss,1\n", encoding="utf-8")

    assert "full score 2 · less 2 · not graded 1" in command(folder, out, monkeypatch).stdout


def test_points_that_cannot_be_used_cost_no_grades(folder, tmp_path, monkeypatch):
    out = tmp_path / "grades"
    command(folder, out, monkeypatch)
    before = grades(out)
    (out / OVERRIDES).write_text("person,target,points\nkim,nothing,1\n", encoding="utf-8")

    assert isinstance(command(folder, out, monkeypatch).exception, GraderError)
    (out / OVERRIDES).unlink()
    assert grades(out) == before


def test_what_is_around_is_kept(tmp_path):
    not_graded = NotGraded((Person("7", "남궁민"),), (Quarantine("x.pdf", Bilingual("아님", "none")),))
    with Store(tmp_path) as store:
        assert store.not_graded() == NotGraded()
        store.enroll([], not_graded)
    with Store(tmp_path) as store:
        assert store.not_graded() == not_graded


@given(
    st.dictionaries(st.sampled_from(["a.py", "b.py", "c.csv"]), st.binary(max_size=8), max_size=3),
    st.dictionaries(st.sampled_from(["a.py", "b.py", "c.csv"]), st.binary(max_size=8), max_size=3),
)
def test_a_fingerprint_tells_contents_apart_and_nothing_else(one, other):
    first, second = Submission("kim", "folder", one), Submission("lee", "folder", other)

    assert (fingerprint_of(first) == fingerprint_of(second)) is (one == other)


def test_what_is_compared_is_text_in_any_encoding_and_no_mountain(tmp_path):
    source = "# -*- coding: cp949 -*-\nANSWER = '한글'\n"
    hand = Submission("kim", "folder", {"a.py": source.encode("cp949"), "b.csv": b"x", "c.py": b"\xff\xfe\x00"})

    texts = texts_of(hand)
    assert texts["a.py"] == source
    assert set(texts) == {"a.py", "c.py"}
    odd = b"# coding: undefined\nx = '\xff'\n"
    assert texts_of(Submission("odd", "folder", {"a.py": odd})) == {"a.py": odd.decode("utf-8", "replace")}
    assert texts_of(Submission("lee", "folder", {"a.py": b"#" * (MAX_COMPARED + 1)})) == {}

"""A submission that is graded again and again: what is outdated, what is kept, and an interruption."""

import threading

import pytest

from grader.grading import EVERY_STEP
from grader.paths import SOLUTION
from grader.sandbox.process import missing_protection
from grader.session import InterruptiblePool, Session

SOURCE = (SOLUTION / "dialogs.py").read_text(encoding="utf-8")
ENDLESS = SOURCE.replace("token_ids = ", "while True: pass\n    token_ids = ")
LIGHT = {"framing", "unk", "corpus"}


@pytest.fixture(scope="module")
def interruptible():
    with InterruptiblePool(confine=missing_protection() is None) as pool:
        yield pool


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "kim.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


@pytest.fixture
def session(file, interruptible):
    """Of the steps without TensorFlow."""
    interruptible.resume()
    session = Session(file, interruptible)
    session.look()
    session.outdated = set(LIGHT)
    return session


def graded(session):
    shown = []
    assert session.check(lambda report: shown.append(report.id))
    return shown


def test_all_is_outdated_at_first_and_then_only_what_was_edited(session, file):
    assert set(Session(file, session.pool).outdated) == set(EVERY_STEP)
    assert set(graded(session)) == LIGHT
    assert session.at_rest
    assert not session.has_news()

    file.write_text(SOURCE.replace("*token_ids, tokenizer.eos_token_id]", "*token_ids]"), encoding="utf-8")
    assert session.has_news()
    session.look()
    assert graded(session) == ["framing", "corpus"]
    assert session.reports["framing"].points == 10
    assert session.reports["unk"].points == 15


def test_a_report_that_names_a_line_is_outdated_where_lines_may_have_moved(session, file):
    file.write_text(SOURCE.replace("token_ids = ", "1 / 0\n    token_ids = "), encoding="utf-8")
    session.look()
    graded(session)
    before = session.reports["framing"].checks[0].message

    file.write_text("# one line more\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    session.look()
    assert "framing" in graded(session)
    assert session.reports["framing"].checks[0].message != before


def test_an_interruption_ends_even_what_would_never_end_and_keeps_what_was_found(session, file):
    graded(session)
    known = dict(session.reports)
    file.write_text(ENDLESS, encoding="utf-8")
    session.look()
    timer = threading.Timer(1.0, session.pool.interrupt)
    timer.start()
    assert session.check(lambda _: pytest.fail("it cannot have come to a verdict")) is False
    timer.join()
    assert session.outdated == {"framing", "corpus"}
    assert session.reports == known

    session.pool.resume()
    file.write_text(SOURCE, encoding="utf-8")
    session.look()
    assert graded(session) == ["framing", "corpus"]


def test_what_went_away_is_a_problem_until_it_is_back(session, file):
    graded(session)
    file.rename(file.with_suffix(".away"))
    assert session.has_news()
    session.look()
    assert session.at_rest
    assert not session.has_news()
    assert session.report(0.0).status == "unreadable"

    file.with_suffix(".away").rename(file)
    assert session.has_news()
    session.look()
    assert session.problem is None
    assert session.report(0.0).score == 35

"""What the pages and the README show of the grader is what the grader says today."""

import importlib.util

import pytest

from grader.paths import PROJECT

spec = importlib.util.spec_from_file_location("build_feedback", PROJECT / "docs" / "build_feedback.py")
build_feedback = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build_feedback)


def texts(folder):
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.*")}


def test_the_feedback_in_the_docs_is_up_to_date(tmp_path, workshop):
    build_feedback.build(tmp_path, workshop)

    assert texts(tmp_path) == texts(PROJECT / "docs" / "feedback")


def test_the_pictures_in_the_docs_are_up_to_date(tmp_path, workshop):
    build_feedback.build_pictures(tmp_path, workshop)

    drawn = texts(tmp_path)
    assert len(drawn) == 6
    assert drawn == {name: (PROJECT / "docs" / name).read_text(encoding="utf-8") for name in drawn}


@pytest.mark.parametrize(("language", "name"), [("en", "README.md"), ("ko", "README.ko.md")])
def test_the_readme_shows_it(language, name):
    feedback = (PROJECT / "docs" / "feedback" / language / "unk.txt").read_text(encoding="utf-8")

    assert feedback in (PROJECT / name).read_text(encoding="utf-8")

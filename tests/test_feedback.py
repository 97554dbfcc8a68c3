"""What the pages and the README show of the grader is what the grader says today."""

import pytest

from docs.build import feedback
from tests.conftest import ROOT


def texts(folder):
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.*")}


def test_the_feedback_in_the_docs_is_up_to_date(tmp_path, workshop):
    feedback.build(tmp_path, workshop)

    assert texts(tmp_path) == texts(ROOT / "docs" / "feedback")


def test_the_pictures_in_the_docs_are_up_to_date(tmp_path, workshop):
    feedback.build_pictures(tmp_path, workshop)

    drawn = texts(tmp_path)
    assert len(drawn) == 6
    assert drawn == {name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in drawn}


@pytest.mark.parametrize(("language", "name"), [("en", "README.md"), ("ko", "README.ko.md")])
def test_the_readme_shows_it(language, name):
    words = (ROOT / "docs" / "feedback" / language / "unk.txt").read_text(encoding="utf-8")

    assert words in (ROOT / name).read_text(encoding="utf-8")

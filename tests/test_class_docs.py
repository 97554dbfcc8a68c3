"""What the page on grading a class shows is what comes out today."""

from docs.build import class_pages
from tests.conftest import ROOT


def texts(folder):
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.txt")}


def test_the_excerpts_of_the_exports_are_up_to_date(tmp_path):
    class_pages.build(tmp_path)

    assert len(texts(tmp_path)) == 14
    assert texts(tmp_path) == texts(ROOT / "docs" / "class")

"""What the page on grading a class shows is what comes out today."""

import importlib.util

from grader.paths import PROJECT

spec = importlib.util.spec_from_file_location("build_class", PROJECT / "docs" / "build_class.py")
build_class = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build_class)


def texts(folder):
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.txt")}


def test_the_excerpts_of_the_exports_are_up_to_date(tmp_path):
    build_class.build(tmp_path)

    assert len(texts(tmp_path)) == 14
    assert texts(tmp_path) == texts(PROJECT / "docs" / "class")

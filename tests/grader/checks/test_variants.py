"""Correct submissions in other styles: all of them get 100 of 100."""

import shutil
from pathlib import Path

import pytest

from grader.assignment import ASSIGNMENT
from grader.grading import examine
from grader.paths import SOLUTION
from grader.submission.reading import read
from tests.submissions import VARIANTS

MODULES = {f"{module}.py" for module in ASSIGNMENT.modules}


def variants() -> list[Path]:
    """Single files, and folders that hold the modules in which they differ from the solution."""
    return sorted(path for path in VARIANTS.iterdir() if path.suffix == ".py" or any(path.glob("*.py")))


def submission(variant: Path, tmp_path: Path) -> Path:
    """The submission to grade: a single file as it is, a folder laid over a copy of the solution."""
    if variant.is_file():
        return variant
    copy = tmp_path / variant.name
    for folder in (SOLUTION, variant):
        shutil.copytree(folder, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def content(variant: Path) -> bytes:
    """All sources of a variant, without their spaces."""
    sources = [variant] if variant.is_file() else sorted(variant.rglob("*.py"))
    return b"\n".join(b"".join(source.read_bytes().split()) for source in sources)


def test_there_are_many_and_no_two_are_equal():
    assert len(variants()) >= 60
    assert len({content(variant) for variant in variants()}) == len(variants())


def steps_of(variant: Path) -> list[str]:
    """The steps to grade: all, but of a folder that only replaces modules these modules' steps.

    The others are, to the byte, the solution's, which gets 100; the solution's modules do not import each other.
    """
    files = {path.relative_to(variant).as_posix() for path in variant.rglob("*.py")} if variant.is_dir() else set()
    replaced = {step.id for step in ASSIGNMENT.steps if f"{step.module}.py" in files}
    alone = files and files <= MODULES and all(path.suffix == ".py" for path in variant.iterdir() if path.is_file())
    return [step.id for step in ASSIGNMENT.steps if not alone or step.id in replaced]


@pytest.mark.parametrize("variant", variants(), ids=lambda path: path.name)
def test_a_correct_submission_in_another_style_gets_the_full_score(variant, tmp_path, pool, record_property):
    reports = examine(read(submission(variant, tmp_path)), pool, steps=steps_of(variant))
    lost = {check.id: check.status for report in reports for check in report.checks if check.status != "passed"}
    record_property("graded", {"kind": "variant", "passed": not lost})

    assert lost == {}
    assert [report.id for report in reports] == steps_of(variant)
    assert all(report.points == report.max_points for report in reports)

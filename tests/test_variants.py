"""Correct hand-ins in other styles: all of them get 100 of 100."""

import shutil
from pathlib import Path

import pytest

from grader.grading import grade
from tests.conftest import ROOT, lost

FOLDER = Path(__file__).with_name("variants")


def variants() -> list[Path]:
    """Single files, and folders that hold the modules in which they differ from the solution."""
    return sorted(path for path in FOLDER.iterdir() if path.suffix == ".py" or any(path.glob("*.py")))


def hand_in(variant: Path, tmp_path: Path) -> Path:
    """The hand-in to grade: a single file as it is, a folder laid over a copy of the solution."""
    if variant.is_file():
        return variant
    copy = tmp_path / variant.name
    for folder in (ROOT / "solution", variant):
        shutil.copytree(folder, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def content(variant: Path) -> bytes:
    """All sources of a variant, without their spaces."""
    sources = [variant] if variant.is_file() else sorted(variant.rglob("*.py"))
    return b"\n".join(b"".join(source.read_bytes().split()) for source in sources)


def test_there_are_many_and_no_two_are_equal():
    assert len(variants()) >= 60
    assert len({content(variant) for variant in variants()}) == len(variants())


@pytest.mark.parametrize("variant", variants(), ids=lambda path: path.name)
def test_a_correct_hand_in_in_another_style_gets_full_marks(variant, tmp_path, workshop, record_property):
    report = grade(hand_in(variant, tmp_path), workshop)
    record_property("graded", {"kind": "variant", "passed": report.score == 100})

    assert lost(report) == {}
    assert report.score == 100

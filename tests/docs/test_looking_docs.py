"""What the page on looking inside shows is what the commands print today."""

import importlib
import importlib.util

import msgspec
import pytest

from grader.paths import PROJECT
from lab.commands.student.doctor import SIGNS
from lab.diagnosis.machine import all_probes

DOCS = PROJECT / "docs"
spec = importlib.util.spec_from_file_location("build_looking", DOCS / "build_looking.py")
build_looking = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build_looking)


def texts(folder):
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.txt")}


@pytest.fixture(scope="module")
def machine():
    content = (DOCS / "looking" / "doctor.json").read_bytes()
    return msgspec.json.decode(content, type=build_looking.Findings).findings


@pytest.fixture(scope="module")
def trace():
    return build_looking.traced()


def test_the_excerpts_are_up_to_date(tmp_path, trace):
    build_looking.build(tmp_path, trace)

    assert len(texts(tmp_path)) == 12
    assert texts(tmp_path) == texts(DOCS / "looking")


def test_the_half_written_lab_is_what_the_page_says(trace):
    own = {name for name, use in trace.uses.items() if use.own}

    assert own == {"encode_dialog", "replace_overshooting", "get_chat_data"}
    assert trace.stopped is None
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("half_written.dialogs")


def test_the_made_up_machine_answers_the_questions_of_today(machine):
    assert {each.id: each.title for each in machine} == {name: probe.title for name, probe in all_probes().items()}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_explains_every_sign(language):
    page = (DOCS / language / "looking.md").read_text(encoding="utf-8")

    assert all(f"| `{sign}` |" in page for sign, _ in SIGNS.values())


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_picture_is_there_and_small(language):
    picture = (DOCS / language / "looking" / "trace.png").read_bytes()

    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 200_000

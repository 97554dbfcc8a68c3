"""What the page on looking inside shows is what the commands print today."""

import importlib

import msgspec
import pytest

from docs.build import looking
from docs.build.files import DATA, DOCS, LANGUAGES
from lab.commands.student.doctor import SIGNS
from lab.diagnosis.machine import all_diagnostics
from tests.helpers.excerpts import kept


@pytest.fixture(scope="module")
def machine():
    content = (DATA / "doctor.json").read_bytes()
    return msgspec.json.decode(content, type=looking.Findings).findings


@pytest.fixture(scope="module")
def trace():
    return looking.traced()


def test_the_excerpts_are_up_to_date():
    made = looking.texts()

    assert len(made) == 12
    assert made == kept(looking.EXCERPTS)


def test_the_half_written_lab_is_what_the_page_says(trace):
    own = {name for name, use in trace.uses.items() if use.own}

    assert own == {"encode_dialog", "replace_overshooting", "get_chat_data"}
    assert trace.stopped is None
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("half_written.dialogs")


def test_the_made_up_machine_answers_the_questions_of_today(machine):
    assert {each.id: each.title for each in machine} == {
        name: diagnostic.title for name, diagnostic in all_diagnostics().items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_explains_every_sign(language):
    page = (DOCS / language / "looking.md").read_text(encoding="utf-8")

    assert all(f"| `{sign}` |" in page for sign, _ in SIGNS.values())


@pytest.mark.parametrize("path", looking.PICTURES.files)
def test_the_picture_is_there_and_small(path):
    picture = (DOCS / path).read_bytes()

    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 200_000

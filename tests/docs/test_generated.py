"""What is generated for the pages: every file has one command that writes it, says so, and none is left behind."""

import importlib
import pkgutil
import subprocess
from collections import Counter

import pytest

import docs.build
from docs.build import __main__ as everything
from docs.build import chromium, feedback
from docs.build.files import DOCS, Made
from grader.paths import PROJECT
from tests.helpers.excerpts import kept

FILES = Counter(path for made in everything.MADE for path in made.files)
ANYWHERE = {path for made in everything.MADE if not made.needs for path in made.files}


def test_every_generated_file_is_written_by_one_command_and_is_there():
    there = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("generated/**/*") if path.is_file()}

    assert Counter(there) == FILES


def test_the_list_of_commands_is_whole():
    names = [module.name for module in pkgutil.iter_modules(docs.build.__path__, "docs.build.")]
    declared = {
        made for name in names for made in vars(importlib.import_module(name)).values() if isinstance(made, Made)
    }

    assert declared == set(everything.MADE)
    assert everything.texts() == kept(everything.INDEX)


@pytest.fixture
def run(monkeypatch):
    """Run it with stubs in place of what takes long; returns what it wrote, and the pictures that it took."""

    def running(*options):
        written, taken = {}, []
        for part in everything.PARTS:
            monkeypatch.setattr(part, "texts", lambda part=part: dict.fromkeys(part.EXCERPTS.files, "text"))
        for part in everything.PICTURED:
            monkeypatch.setattr(part, "take_pictures", lambda part=part: taken.extend(part.PICTURES.files))
        monkeypatch.setattr(chromium, "chromium", lambda: "chromium")
        monkeypatch.setattr(everything, "write", written.update)
        monkeypatch.setattr(feedback, "write_readmes", lambda: None)
        monkeypatch.setattr("sys.argv", ["docs.build", *options])
        everything.main()
        return set(written), set(taken)

    return running


def test_make_excerpts_writes_all_that_needs_nothing(run):
    assert "\nexcerpts: $(READY)" in (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert run() == (ANYWHERE, set())


def test_with_pictures_it_takes_all_that_need_chromium(run):
    written, taken = run("--pictures")

    assert written == ANYWHERE
    assert taken == {path for made in everything.MADE if made.needs == "Chromium" for path in made.files}
    assert all(path.endswith(".png") for path in taken)


@pytest.mark.parametrize("made", everything.MADE, ids=lambda made: made.command)
def test_generated_files_say_so(made):
    for path in made.files:
        told = f"<!-- Written by `{made.command}`".encode() in (DOCS / path).read_bytes()
        assert told == path.endswith((".md", ".svg")), path


@pytest.mark.parametrize("texts", [{}, {"generated/a.txt": "", "generated/b.txt": ""}])
def test_what_is_made_must_be_declared_and_what_is_declared_made(texts):
    with pytest.raises(ValueError, match="declared or made, not both"):
        Made("make nothing", ("generated/a.txt",)).signed(texts)


@pytest.mark.parametrize(("fonts", "there", "told"), [(b"", True, "no font"), (b"a", False, "chromium is missing")])
def test_a_picture_without_korean_letters_or_a_browser_is_refused(monkeypatch, fonts, there, told):
    monkeypatch.setattr(chromium.shutil, "which", lambda name: name if there or name == "fc-list" else None)
    listed = subprocess.CompletedProcess([], 0, fonts)
    monkeypatch.setattr(chromium.subprocess, "run", lambda *_, **__: listed)

    with pytest.raises(SystemExit, match=told):
        chromium.chromium.__wrapped__()

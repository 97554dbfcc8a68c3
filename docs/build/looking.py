"""Write what the page on looking inside shows: `python -m docs.build.looking [--pictures]`.

What `lab hint`, `lab doctor`, `lab trace` and `lab show` print. The doctor's findings are those of a made-up machine,
`docs/build/data/doctor.json`. With `--pictures` the page of `lab trace --html` as well: that needs Chromium.
"""

import contextlib
import functools
import importlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console, Group, RenderableType

from docs.build.chromium import photograph, pictures_wanted, trim
from docs.build.files import (
    DATA,
    DOCS,
    LANGUAGES,
    Made,
    Texts,
    picture_path,
    picture_paths,
    text_path,
    text_paths,
    write,
)
from grader.paths import SKELETON, SOLUTION
from kit.messages import LANGUAGE_VARIABLE, Language
from lab import topics
from lab.commands.student import doctor, hint
from lab.console import tensorflow_imported
from lab.diagnosis.machine import Finding
from lab.package import LabFunctions
from lab.tracing import terminal
from lab.tracing.journey import collect
from lab.tracing.page import page
from lab.tracing.stages import Trace

WIDTH = 100
HINTED = "unk"
DIALOG = ("꽃다발 받았어 😀", "부러워요!")
STAGES = 4  # of the trace, as text; the picture shows all
SIZE = (900, 3000)  # of the picture
COMMAND = "python -m docs.build.looking"
EXCERPTS = Made(
    COMMAND,
    text_paths("looking", *(f"{name}.txt" for name in ("hint", "doctor", "trace", "model", "tokens", "data"))),
)
PICTURES = Made(f"{COMMAND} --pictures", picture_paths("looking/trace.png"), needs="Chromium")


class Findings(msgspec.Struct):
    """What `lab doctor --json` wrote."""

    findings: list[Finding]


def printed(content: RenderableType) -> str:
    """What the terminal shows, without colour."""
    console = Console(file=io.StringIO(), width=WIDTH, color_system=None, legacy_windows=False)
    console.print(content)
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().strip("\n").splitlines()) + "\n"


@contextlib.contextmanager
def half_written() -> Iterator[Any]:
    """The name of a submission in which `dialogs.py` is written and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        mine = Path(folder) / "half_written"
        shutil.copytree(SKELETON, mine, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(SOLUTION / "dialogs.py", mine)
        sys.path.insert(0, folder)
        try:
            yield mine.name
        finally:
            sys.path.remove(folder)
            for name in [name for name in sys.modules if name.split(".")[0] == mine.name]:
                del sys.modules[name]
            importlib.invalidate_caches()


@functools.cache
def traced() -> Trace:
    """The dialog's way through that submission, computed as on a machine without a GPU."""
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    with tensorflow_imported(), half_written() as package:
        return collect(*DIALOG, package=package)


def excerpts(language: Language, trace: Trace) -> dict[str, str]:
    """Each command's output, by the name of a file."""
    step = hint.step_named(HINTED)
    machine = msgspec.json.decode((DATA / "doctor.json").read_bytes(), type=Findings)
    lab = LabFunctions("solution")
    model, tokenizer = lab.load_model("mini"), lab.load_tokenizer("mini")
    shown = {
        "hint": Group(*(hint.panel(step, number) for number in (1, 2, 3))),
        "doctor": doctor.shown(machine.findings, language),
        "trace": terminal.shown(replace(trace, stages=trace.stages[:STAGES]), language),
        "model": topics.model(model, language),
        "tokens": topics.tokens(tokenizer, model.config.vocab_size, language),
        "data": topics.data(["bundled"], language),
    }
    return {f"{name}.txt": printed(content) for name, content in shown.items()}


@contextlib.contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Have the lab speak a language for a while."""
    before = os.environ.get(LANGUAGE_VARIABLE)
    os.environ[LANGUAGE_VARIABLE] = language
    try:
        yield
    finally:
        del os.environ[LANGUAGE_VARIABLE]
        if before is not None:
            os.environ[LANGUAGE_VARIABLE] = before


def texts() -> Texts:
    """All excerpts."""
    found: Texts = {}
    for language in LANGUAGES:
        with speaking(language):
            made = excerpts(language, traced())
        found |= {text_path("looking", language, name): text for name, text in made.items()}
    return EXCERPTS.signed(found)


def take_pictures() -> None:
    """Take a picture of the trace's page in each language, without a network."""
    for language in LANGUAGES:
        picture = DOCS / picture_path(language, "looking/trace.png")
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "trace.html"
            made.write_text(page(traced(), language), encoding="utf-8")
            photograph(made, picture, *SIZE)
        trim(picture)


if __name__ == "__main__":
    with_pictures = pictures_wanted(__doc__)
    write(texts())
    if with_pictures:
        take_pictures()

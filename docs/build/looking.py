"""Generate the excerpts on the page about looking inside: `python -m docs.build.looking [--pictures]`.

They are the output of `lab hint`, `lab doctor`, `lab trace` and `lab show`. The doctor's findings are those of an
invented machine, `docs/build/data/doctor.json`. `--pictures` also takes a screenshot of the page of `lab trace --html`,
which needs Chromium.
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

WIDTH = 100  # of the excerpts, in terminal cells
HINTED = "unk"  # the step whose hints are shown
DIALOG = ("꽃다발 받았어 😀", "부러워요!")  # the traced dialog
STAGES = 4  # of the trace that the excerpt shows; the screenshot shows all
SIZE = (900, 3000)  # of the screenshot, in pixels
COMMAND = "python -m docs.build.looking"
EXCERPTS = Made(
    COMMAND,
    text_paths("looking", *(f"{name}.txt" for name in ("hint", "doctor", "trace", "model", "tokens", "data"))),
)
PICTURES = Made(f"{COMMAND} --pictures", picture_paths("looking/trace.png"), needs="Chromium")


class Findings(msgspec.Struct):
    """The part of `lab doctor --json` that is shown."""

    findings: list[Finding]


def printed(content: RenderableType) -> str:
    """Render content as the terminal shows it, without colour."""
    console = Console(file=io.StringIO(), width=WIDTH, color_system=None, legacy_windows=False)
    console.print(content)
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().strip("\n").splitlines()) + "\n"


@contextlib.contextmanager
def half_written() -> Iterator[Any]:
    """Provide a package in which only `dialogs.py` is written; yields its name."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "half_written"
        shutil.copytree(SKELETON, package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(SOLUTION / "dialogs.py", package)
        sys.path.insert(0, folder)
        try:
            yield package.name
        finally:
            sys.path.remove(folder)
            for name in [name for name in sys.modules if name.split(".")[0] == package.name]:
                del sys.modules[name]
            importlib.invalidate_caches()


@functools.cache
def traced() -> Trace:
    """Trace the dialog through the half-written package, on the CPU, as GPUs give slightly different numbers."""
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    with tensorflow_imported(), half_written() as package:
        return collect(*DIALOG, package=package)


def excerpts(language: Language, trace: Trace) -> dict[str, str]:
    """Make the output of each command, by file name."""
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
    """Set the language of the lab's messages within this context."""
    before = os.environ.get(LANGUAGE_VARIABLE)
    os.environ[LANGUAGE_VARIABLE] = language
    try:
        yield
    finally:
        del os.environ[LANGUAGE_VARIABLE]
        if before is not None:
            os.environ[LANGUAGE_VARIABLE] = before


def texts() -> Texts:
    """Make all excerpts."""
    files: Texts = {}
    for language in LANGUAGES:
        with speaking(language):
            outputs = excerpts(language, traced())
        files |= {text_path("looking", language, name): text for name, text in outputs.items()}
    return EXCERPTS.signed(files)


def take_pictures() -> None:
    """Take a screenshot of the trace's page in each language."""
    for language in LANGUAGES:
        picture = DOCS / picture_path(language, "looking/trace.png")
        with tempfile.TemporaryDirectory() as folder:
            html = Path(folder) / "trace.html"
            html.write_text(page(traced(), language), encoding="utf-8")
            photograph(html, picture, *SIZE)
        trim(picture)


if __name__ == "__main__":
    with_pictures = pictures_wanted(__doc__)
    write(texts())
    if with_pictures:
        take_pictures()

"""Write what the page on looking inside shows: `python -m docs.build.looking [--pictures]`.

What `lab hint`, `lab doctor`, `lab trace` and `lab show` print, under `docs/looking/`; a test regenerates and compares
it. The doctor's findings are those of a made-up machine, `docs/looking/doctor.json`. With `--pictures` the page of
`lab trace --html` as well, under `docs/ko/looking/` and `docs/en/looking/`: that needs Chromium.
"""

import contextlib
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

from docs.build.chromium import photograph, trim
from docs.build.files import DOCS, LANGUAGES
from kit.messages import LANGUAGE_VARIABLE, Language
from lab import doctor, hint, topics
from lab.places import ROOT
from lab.probes import Finding
from lab.submission import Submission
from lab.tracing import terminal
from lab.tracing.collecting import collect
from lab.tracing.page import page
from lab.tracing.stages import Trace

FOLDER = DOCS / "looking"
WIDTH = 100
HINTED = "unk"
DIALOG = ("꽃다발 받았어 😀", "부러워요!")
STAGES = 4  # of the trace, as text; the picture shows all
PICTURE = (900, 3000)


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
    """The name of a hand-in in which `dialogs.py` is written and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        mine = Path(folder) / "half_written"
        shutil.copytree(ROOT / "skeleton", mine, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "solution" / "dialogs.py", mine)
        sys.path.insert(0, folder)
        try:
            yield mine.name
        finally:
            sys.path.remove(folder)
            for name in [name for name in sys.modules if name.split(".")[0] == mine.name]:
                del sys.modules[name]
            importlib.invalidate_caches()


def traced() -> Trace:
    """The dialog's way through that hand-in."""
    with half_written() as package:
        return collect(*DIALOG, package=package)


def excerpts(language: Language, trace: Trace) -> dict[str, str]:
    """Each command's output, by the name of a file."""
    step = hint.step_named(HINTED)
    machine = msgspec.json.decode((FOLDER / "doctor.json").read_bytes(), type=Findings)
    lab = Submission("solution")
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


def build(folder: Path, trace: Trace) -> None:
    """Write the excerpts."""
    for language in LANGUAGES:
        os.environ[LANGUAGE_VARIABLE] = language
        (folder / language).mkdir(parents=True, exist_ok=True)
        for name, text in excerpts(language, trace).items():
            (folder / language / name).write_text(text, encoding="utf-8")


def build_pictures(trace: Trace) -> None:
    """Take a picture of the trace's page in each language, without a network."""
    for language in LANGUAGES:
        picture = DOCS / language / "looking" / "trace.png"
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "trace.html"
            made.write_text(page(trace, language), encoding="utf-8")
            photograph(made, picture, *PICTURE)
        trim(picture)


if __name__ == "__main__":
    found = traced()
    build(FOLDER, found)
    if "--pictures" in sys.argv[1:]:
        build_pictures(found)

"""What tests of traces share: two dialogs, packages of one's own, and how a trace looks in a terminal."""

import functools
import shutil
import sys

from rich.console import Console

from grader.paths import PROJECT
from kit import resolve
from lab.tracing import terminal
from lab.tracing.journey import collect

DIALOG = ("꽃다발 받았어", "부러워요!")
ODD = ("끝<|endoftext|> <b>굵게</b> [bold]x[/] 😀\x1b[31m", "")


@functools.cache
def traced(*dialog):
    """The trace of a dialog by the solution and the tiny model, which the tests only read."""
    return collect(*dialog, package="solution")


def trace_of_dialog(tiny):
    assert resolve("mini") == str(tiny)
    return traced(*DIALOG)


def trace_of_odd_texts(tiny):
    assert resolve("mini") == str(tiny)
    return traced(*ODD)


def own_package(tmp_path, monkeypatch):
    """A package of one's own, a copy of the solution with edits `(file, old, new)`."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made = []

    def make(*edits, start="solution"):
        name = f"mine_{tmp_path.name}_{len(made)}"
        shutil.copytree(PROJECT / start, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        for file, old, new in edits:
            path = tmp_path / name / file
            source = path.read_text(encoding="utf-8")
            assert source.count(old) == 1, f"{file} does not hold once: {old}"
            path.write_text(source.replace(old, new), encoding="utf-8")
        made.append(name)
        return name

    yield make
    for name in [name for name in sys.modules if name.split(".")[0] in made]:
        del sys.modules[name]


def stage(trace, title):
    [titled] = [stage for stage in trace.stages if stage.title.ko == title]
    return titled


def ids(row):
    return [token.id for token in row.tokens]


def in_terminal(trace, language="ko", width=100):
    console = Console(width=width, record=True, force_terminal=True, file=open("/dev/null", "w"))  # noqa: SIM115,PTH123
    console.print(terminal.shown(trace, language))
    console.file.close()
    return console.export_text()

"""The trusted side compiles and executes nothing of a submission, whatever it is, and soon is done with it."""

import ast
import builtins
import contextlib
import itertools
import json
import symtable
import time

import pytest

import grader.paths
from grader.assignment import ASSIGNMENT
from grader.errors import UnreadableError
from grader.gradebook.similarity.pairs import similar
from grader.gradebook.similarity.symbols import units
from grader.submission import affected as edits
from grader.submission import equivalent as alike
from grader.submission.notebook import source_of
from grader.submission.reading import Submission, read
from tests.grader.submission.test_affected import SOLUTION, WHOLE, edited
from tests.grader.submission.test_refusals import REFUSED
from tests.submissions import VARIANTS
from tests.submissions.hostile import attacks
from tests.submissions.hostile.world import build

CELLS = ["%matplotlib inline\n!pip install x\nimport os", "%%time\nx = 1", "def f(:", "%%bash\nls", WHOLE.decode()]


def notebook(*cells):
    code = [
        {"cell_type": "code", "source": cell, "metadata": {}, "outputs": [], "execution_count": 1} for cell in cells
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": code}).encode()


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Of submissions of all kinds: right ones, attacks, notebooks, and what is no Python."""
    folder = tmp_path_factory.mktemp("submissions")
    found = [grader.paths.SOLUTION, *sorted(VARIANTS.iterdir())[::3]]
    for number, attack in enumerate(attacks()[::8]):
        (folder / str(number)).mkdir()
        found.append(build(attack, folder / str(number), str))
    for number, source in enumerate(REFUSED[::12]):
        found.append(folder / f"refused_{number}.py")
        found[-1].write_text(f"{source}\n{WHOLE.decode()}", encoding="utf-8")
    found.append(folder / "kim.ipynb")
    found[-1].write_bytes(notebook(*CELLS))
    return sorted(path for path in found if not path.name.startswith("_"))


def look_at(paths):
    """Everything that the trusted side asks of a submission's code before, and beside, having it run."""
    edits.source_of.cache_clear()
    edits._in_single.cache_clear()
    found = []
    for path in paths:
        with contextlib.suppress(UnreadableError):
            found.append(read(path))
    seen = [alike.plain_code(submission) for submission in found]
    seen += [alike.names_tensorflow(submission, step) for submission in found for step in ASSIGNMENT.steps]
    seen += [edits.affected(old, new) for old, new in itertools.pairwise(found)]
    texts = {f"{number}": as_text(submission) for number, submission in enumerate(found)}
    seen += [units(files) for files in texts.values()]
    seen.append(similar(dict(itertools.islice(texts.items(), 10)), as_text(SOLUTION)))
    seen.append(source_of(notebook(*CELLS), "kim.ipynb"))
    return seen


def as_text(submission):
    return {name: content.decode("utf-8", "replace") for name, content in submission.files.items()}


def refuse(*_, **__):
    raise AssertionError("the trusted side runs nothing")


def only_parse(source, filename, mode, flags=0, *rest, **more):
    assert flags & ast.PyCF_ONLY_AST, "the trusted side compiles nothing"
    return compiler(source, filename, mode, flags, *rest, **more)


compiler = builtins.compile


def test_nothing_of_a_submission_is_compiled_or_executed(paths, monkeypatch):
    before = look_at(paths)  # which also imports, and so compiles, whatever it needs itself
    for module, names in {builtins: ("exec", "eval"), symtable: ("symtable",)}.items():
        for name in names:
            monkeypatch.setattr(module, name, refuse)
    monkeypatch.setattr(builtins, "compile", only_parse)

    after = look_at(paths)

    monkeypatch.undo()
    assert after == before
    assert len(after) > 500


NESTS = {
    "elif": "    if x: pass\n" + "    elif y: pass\n" * 500,
    "more elif": "    if x: pass\n" + "    elif y: pass\n" * 2_500,
    "sum": f"    return 1{' + 1' * 2_500}\n",
    "endless sum": f"    return 1{' + 1' * 100_000}\n",
    "attributes": f"    return x{'.y' * 2_500}\n",
    "lambdas": f"    return {'lambda: ' * 2_500}x\n",
    "signs": f"    return {'-' * 2_500}x\n",
    "comprehensions": f"    return {'[' * 40}x{' for x in y]' * 40}\n",  # at which some compilers crash
    "brackets": f"    return {'[' * 5_000}x\n",
    "blocks": "".join(f"    {' ' * depth}if x:\n" for depth in range(95)) + f"{' ' * 99}pass\n",
    "tries": "".join(f"    {' ' * depth}try: pass\n    {' ' * depth}finally:\n" for depth in range(30))
    + f"{' ' * 34}pass\n",
    "names": f"    return {'lambda x: ' * 100}[{', '.join(f'x{number}' for number in range(5_000))}]\n",
}


@pytest.mark.parametrize("kind", ["source", "folder"])
@pytest.mark.parametrize("nest", NESTS)
def test_what_is_nested_too_deeply_is_touched_and_soon(nest, kind):
    head = "def encode_dialog(question, answer, tokenizer):\n    x = 1\n"
    before = Submission("kim", kind, {"dialogs.py": f"{head}{NESTS[nest]}".encode()})
    began = time.monotonic()

    assert edits.affected(before, before) == set()
    assert edits.affected(before, edited("dialogs.py", "x = 1", "x = 2", before)) >= {"framing", "corpus"}
    assert time.monotonic() - began < 20

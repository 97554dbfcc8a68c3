"""Which steps an edit touches: never one too few, and for the usual edits none too many."""

import ast
import json
import random
import types

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import paths
from grader.assignment import ASSIGNMENT
from grader.submission.affected import affected
from grader.submission.notebook import source_of
from grader.submission.reading import Submission, read

EVERY = {step.id for step in ASSIGNMENT.steps}
OF = {module: {step.id for step in ASSIGNMENT.steps if step.module == module} for module in ASSIGNMENT.modules}
SOLUTION = read(paths.SOLUTION)
WHOLE = b"\n\n".join(SOLUTION.files[f"{module}.py"] for module in ASSIGNMENT.modules)


def folder(**sources):
    return Submission("kim", "folder", {f"{name}.py": source.encode() for name, source in sources.items()})


def edited(file, old, new, submission=SOLUTION):
    content = submission.files[file]
    assert old.encode() in content
    return Submission(
        submission.name, submission.kind, submission.files | {file: content.replace(old.encode(), new.encode(), 1)}
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "steps"),
    [
        ("dialogs.py", "token_id < vocab_size", "token_id <= vocab_size", {"unk", "corpus"}),
        ("dialogs.py", "*token_ids, tokenizer.eos_token_id]", "*token_ids]", {"framing", "corpus"}),
        ("dialogs.py", 'zip(table["Q"]', 'zip(table["A"]', {"corpus"}),
        ("answering.py", ".strip()", "", {"answer"}),
        ("answering.py", '+ "<sys>")', "", {"prompt", "answer"}),
        ("batches.py", "drop_remainder=True", "drop_remainder=False", {"batching"}),
        ("training.py", "labels=batch", "labels=batch[1:]", {"loss"}),
        ("training.py", "epsilon=1e-8", "epsilon=1e-7", set()),
        ("pretrained.py", 'bos_token="<s>"', 'bos_token="s"', {"pretrained"}),
        ("dialogs.py", "import pandas as pd", "import pandas as pd\nimport numpy as np", OF["dialogs"]),
        ("dialogs.py", "import pandas as pd", "import pandas as pd\nUNK = 5", OF["dialogs"]),
        ("dialogs.py", "import pandas as pd", "import pandas as pd\n\ndef later():\n    return 1\n", set()),
        ("dialogs.py", "return [token_id", "return ([token_id", OF["dialogs"]),
        ("training.py", "import", "import sys\nimport", EVERY),
    ],
)
def test_an_edit_touches_the_steps_that_can_tell(file, old, new, steps):
    assert affected(SOLUTION, edited(file, old, new)) == steps


@pytest.mark.parametrize("module", ASSIGNMENT.modules)
def test_comments_blank_lines_and_layout_touch_nothing(module):
    file = f"{module}.py"
    tree = ast.parse(SOLUTION.files[file])
    plain = Submission("kim", "folder", SOLUTION.files | {file: ast.unparse(tree).encode()})
    commented = SOLUTION.files[file].replace(b"### START", b"# here\n\n    ### START") + b"\n'''text'''\n"

    assert affected(SOLUTION, plain) == set()
    assert affected(SOLUTION, Submission("kim", "folder", SOLUTION.files | {file: commented})) == set()


def test_of_a_single_source_only_what_the_functions_need_counts():
    source = Submission("kim", "source", {"kim.py": WHOLE + b"\nrandom_text = input()\nprint(1)\n"})

    assert affected(source, edited("kim.py", "print(1)", "print(2)", source)) == set()
    assert affected(source, edited("kim.py", "input()", "2", source)) == set()
    assert affected(source, edited("kim.py", "token_id < vocab", "token_id <= vocab", source)) == {"unk", "corpus"}
    assert affected(source, edited("kim.py", "def encode_dialog(", "def encode_dialog((", source)) == EVERY


def test_of_a_notebook_the_outputs_and_texts_touch_nothing():
    def notebook(*cells, output=""):
        code = [
            {"cell_type": "code", "source": cell, "metadata": {}, "outputs": [output], "execution_count": 1}
            for cell in cells
        ]
        return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": code}).encode()

    def submission(content):
        source, cells = source_of(content, "kim.ipynb")
        return Submission("kim", "source", {"kim.ipynb": source}, cells)

    whole = WHOLE.decode()
    first = submission(notebook(whole))

    assert affected(first, submission(notebook(whole, output="x"))) == set()
    assert affected(first, submission(notebook("!pip install x", whole))) == set()
    assert affected(first, submission(notebook(whole.replace("labels=batch", "labels=None")))) == {"loss"}


@pytest.mark.parametrize(
    ("before", "after", "steps"),
    [
        # an imported helper, of the functions that do not use it as well
        ({"helpers": "def h():\n    return 1\n"}, {"helpers": "def h():\n    return 2\n"}, OF["dialogs"]),
        ({"helpers": "def h():\n    return 1\n"}, {"helpers": "def h(:\n"}, OF["dialogs"]),
        # what a helper keeps, all steps may change
        ({"helpers": "kept = []\n"}, {"helpers": "kept = [1]\n"}, EVERY),
        # a file that comes or goes may shadow or be missed
        ({}, {"helpers": ""}, EVERY),
    ],
)
def test_a_helper_touches_who_imports_it(before, after, steps):
    base = {
        "dialogs": "from .helpers import h\ndef encode_dialog(q, a, t):\n    return h()\n",
        "batches": "def pad_dialogs(d, p):\n    return d\n",
    }

    assert affected(folder(**base, **before), folder(**base, **after)) == steps


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from __future__ import annotations\n", "pass\nfrom __future__ import annotations\n"),
        ("from __future__ import annotations\n", "def new(): pass\nfrom __future__ import annotations\n"),
        ("if __name__ == '__main__':\n    print(1)\n", "if __name__ == '__main__':\n    return\n"),
        ("pass\n", "if __name__ == '__main__':\n    break\n"),
        ("def unused(x, y): pass\n", "def unused(x, x): pass\n"),
        ("def unused(): pass\n", "def unused():\n    nonlocal x\n"),
        ("x = 1\n", "*x, *y = z\n"),
    ],
)
def test_what_cannot_stand_where_it_does_breaks_the_whole_module(before, after):
    first = "import tensorflow"
    whole, broken = (edited("answering.py", first, text + first) for text in (before, after))

    assert affected(whole, broken) >= OF["answering"]
    assert affected(broken, whole) >= OF["answering"]


def test_of_a_single_source_it_breaks_what_needs_it():
    source = Submission("kim", "source", {"kim.py": WHOLE + b"\ndef unused():\n    pass\n"})
    broken = edited("kim.py", "return [token_id", "break; return [token_id", source)

    assert affected(source, broken) == {"unk", "corpus"}
    assert affected(source, edited("kim.py", "    pass\n", "    break\n", source)) == set()


def test_a_feature_of_the_future_is_one_of_all_functions_of_a_single_source():
    source = Submission("kim", "source", {"kim.py": b"def encode_dialog(question: Later):\n    return 1\n"})
    future = edited("kim.py", "def", "from __future__ import annotations\ndef", source)

    assert affected(source, future) == EVERY


def test_a_text_that_is_read_counts():
    reading = "def encode_dialog(question, answer, tokenizer):\n    return __doc__\n"

    assert affected(folder(dialogs=f"'<usr>'\n{reading}"), folder(dialogs=f"'<sys>'\n{reading}")) >= {"framing"}


def test_data_that_a_module_may_read_touches_everything():
    with_data = Submission("kim", "folder", SOLUTION.files | {"tokens.json": b"{}"})

    assert affected(with_data, edited("tokens.json", "{}", "[]", with_data)) == EVERY


# Against what really happens: a module is made of random statements, one of them is edited, and each step's functions
# are called before and after.

NAMES = [name for step in ASSIGNMENT.steps if step.module == "dialogs" for name in step.functions]
HELPERS = ["first", "second", "third", "last"]  # each may call those behind it
BODIES = [
    "return {number}",
    "return [{helper}(), {number}]",
    "return [{helper}() for _ in range({number})]",
    "def inner():\n        return {helper}() + {number}\n    return inner()",
    "return one + {number}",
    "table.append({number})\n    return len(table)",
    "return table[{number}:]",
    "kept['x'] = {number}\n    return 0",
    "return (kept, table)",
    "return Thing().value(), {number}",
    "return cached(), {number}",
    "return counting(), {number}",
    "return counting(by={number})",
    "return 1 / {number}",
]
VAGUE = [
    "global one\n    one = {number}\n    return one",
    "{helper}.mark = {number}\n    return 0",
    "return getattr({helper}, 'mark', {number})",
    "return globals()['{helper}'](), {number}",
]
TOPS = [
    "one = {number}",
    "one = {helper}()",
    "one = [{number}]",
    "kept['y'] = {number}",
    "class Thing:\n    def value(self):\n        return [{helper}(), {number}]",
    "@functools.cache\ndef cached():\n    return [{helper}(), {number}]",
    "@register\ndef cached():\n    return [{helper}(), {number}]",
    "def counting(by=1, seen=[{number}]):\n    seen.append(by)\n    return len(seen)",
    "def counting(by=table):\n    return len(by) + {number}",
    "def counting(by: {helper}() = 1):\n    return {number}",
]
ACTING = ["table.append({number})", "one += {number}", "if {number} > 1:\n    table = []"]
HEAD = """
import functools
one = 1
kept = {}
table = []
def register(function):
    table.append(function())
    return function
def cached():
    return 0
def counting(by=1):
    return by
class Thing:
    def value(self):
        return 0
"""


@st.composite
def modules(draw):
    """The templates of a module's statements, filled but for the numbers."""
    vague = draw(st.integers(0, 9)) == 0
    helpers = st.sampled_from(HELPERS)
    bodies = st.sampled_from(BODIES + VAGUE * vague)
    statements = []
    for place, name in enumerate([*NAMES, *HELPERS]):
        behind = HELPERS[max(0, place - len(NAMES) + 1) :] or ["len"]
        body = draw(bodies).replace("{helper}", draw(st.sampled_from(behind)))
        statements.append(f"def {name}():\n    {body}")
    for top in draw(st.lists(st.sampled_from(TOPS + ACTING * vague), max_size=2)):
        statements.insert(draw(st.integers(0, len(statements))), top.replace("{helper}", draw(helpers)))
    return statements


@st.composite
def edits(draw):
    """A module before and after one edit: another number, or a statement added, removed or moved."""
    templates = draw(modules())
    numbers = draw(st.lists(st.integers(0, 3), min_size=len(templates), max_size=len(templates)))
    before = [template.replace("{number}", str(number)) for template, number in zip(templates, numbers, strict=True)]
    after = list(before)
    place = draw(st.integers(0, len(after) - 1))
    match draw(st.sampled_from(["number", "number", "number", "add", "remove", "move"])):
        case "number":
            after[place] = templates[place].replace("{number}", str(draw(st.integers(0, 3))))
        case "add":
            name, body = draw(st.sampled_from([*NAMES, *HELPERS])), draw(st.sampled_from(BODIES))
            after.insert(place, f"def {name}():\n    {body}".replace("{number}", "1").replace("{helper}", "last"))
        case "remove":
            del after[place]
        case "move":
            after.insert(draw(st.integers(0, len(after) - 1)), after.pop(place))
    return HEAD + "\n".join(before), HEAD + "\n".join(after)


def outcomes(source):
    """What the functions of each step give, called in every order of steps, in a fresh module each time."""
    code = compile(source, "dialogs.py", "exec")
    return {step.id: [called(code, step, seed) for seed in range(3)] for step in ASSIGNMENT.steps[1:4]}


def called(code, step, seed):
    module = types.ModuleType("handin")
    try:
        exec(code, module.__dict__)
    except Exception as error:
        return repr(error)
    others = [name for name in NAMES if name not in step.functions]
    random.Random(seed).shuffle(others)
    for name in others:
        outcome(module, name)
    return [outcome(module, name) for name in (*step.functions, *step.pieces)]


def outcome(module, name):
    try:
        return repr(getattr(module, name)())
    except Exception as error:
        return repr(error)


# By which ways an edited number (1, here in marks) may reach the step of `encode_dialog`, whose code stays.
WAYS = """
def encode_dialog(): return first()
def first(): return last()
def last(): return «1»

def encode_dialog(): return first()
def replace_overshooting(): return [first() for _ in range(«1»)]
def first():
    table.append(0)
    return len(table)

def encode_dialog(): return one
def replace_overshooting():
    global one
    one += «1»

def encode_dialog(): return globals()['la' 'st']()
def last(): return «1»

def encode_dialog(): return last.mark
def last(): pass
last.mark = 0
def replace_overshooting(): last.mark = «1»

def encode_dialog(): return getattr(last, 'mark', 0)
def last(): pass
def replace_overshooting(): setattr(last, 'mark', «1»)

def last(): return «1»
def encode_dialog(by=last()): return by

def last(): return 1 / (2 - «1»)
def encode_dialog(): pass
def replace_overshooting(by: last() = 1): return by

def counting(seen=[]):
    seen.append(0)
    return len(seen)
def encode_dialog(): return counting()
def replace_overshooting(): return [counting() for _ in range(«1»)]

def last(): return «1»
@register
def cached(): return last()
def encode_dialog(): return table

@functools.cache
def made(): return []
def encode_dialog(): return made()
def replace_overshooting(): made().append(«1»)

class Thing: kept = []
def encode_dialog(): return Thing.kept
def replace_overshooting(): Thing.kept.append(«1»)

def encode_dialog(): return table
if «1» > 1:
    table = 0

last = lambda: «1»
def encode_dialog(): return last()

import pandas
def keep(n): return n + «1»
def encode_dialog(): return pandas.DataFrame({'n': [1, 2]}).query('@keep(n) > 2').size
""".strip().split("\n\n")


@pytest.mark.parametrize("source", WAYS)
def test_a_step_is_touched_in_whatever_way_it_is_reached(source):
    before, after = HEAD + source.replace("«1»", "1"), HEAD + source.replace("«1»", "2")
    old, new = outcomes(before), outcomes(after)

    assert old["framing"] != new["framing"]
    assert {step for step in old if old[step] != new[step]} <= affected(folder(dialogs=before), folder(dialogs=after))


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(edits())
def test_no_step_that_comes_out_otherwise_is_left_out(pair):
    before, after = pair
    old, new = outcomes(before), outcomes(after)

    assert {step for step in old if old[step] != new[step]} <= affected(folder(dialogs=before), folder(dialogs=after))


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(edits())
def test_no_two_footprints_depend_on_the_order_of_asking(pair):
    one, other = (folder(dialogs=source) for source in pair)

    assert affected(one, one) == set()
    assert affected(one, other) == affected(other, one)

"""Programs that are alike: what is taken for the same does the same, and only what is plain is taken over."""

import ast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.assignment import ASSIGNMENT
from grader.grading import EVERY_STEP, grade_submission
from grader.paths import SOLUTION
from grader.sandbox.pool import Pool
from grader.submission.equivalent import plain_code
from grader.submission.reading import Submission, read
from tests.grader.checks.test_mutants import GENERATED, REASONS, WRONG
from tests.submissions import VARIANTS
from tests.submissions.hostile import attacks
from tests.submissions.hostile.world import build

SOURCES = {path.name: path.read_bytes() for path in SOLUTION.glob("[a-z]*.py")}
WHOLE = b"\n\n".join(SOURCES.values())
RIGHT = [path for path in VARIANTS.iterdir() if not path.name.startswith("_")]
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=30)


def folder(**modules):
    """The solution with some modules in the place of its own."""
    return Submission("kim", "folder", SOURCES | {f"{name}.py": source.encode() for name, source in modules.items()})


def single(source):
    return Submission("kim", "source", {"kim.py": source if isinstance(source, bytes) else source.encode()})


def passing():
    """Steps and programs of submissions that get all points."""
    right = [folder(), single(WHOLE), *map(read, RIGHT)]
    return {item for submission in right for item in plain_code(submission).digests.items()}


PASSING = passing()


def test_the_solution_is_plain_throughout():
    for submission in (folder(), single(WHOLE), read(SOLUTION)):
        plain = plain_code(submission)
        assert plain.all_plain
        assert list(plain.digests) == list(EVERY_STEP)
        assert len(set(plain.digests.values())) >= len(ASSIGNMENT.modules)


def test_no_wrong_program_is_taken_for_a_right_one():
    wrong = [
        (step, file, SOURCES[file].decode().replace(m["old"], m["new"])) for step, file, m in (p.values for p in WRONG)
    ]
    wrong += [
        (ASSIGNMENT.step_of(mutant.function).id, mutant.file, mutant.source)
        for mutant in GENERATED
        if (mutant.file, mutant.line) not in REASONS
    ]
    assert len(wrong) > 300
    seen = 0
    for step, file, source in wrong:
        name = file.removesuffix(".py")
        together = b"\n\n".join((SOURCES | {file: source.encode()}).values())
        for submission in (folder(**{name: source}), single(together)):
            digest = plain_code(submission).digests.get(step)
            seen += digest is not None
            assert (step, digest) not in PASSING
    assert seen > 200  # most of them are plain: the property is about something


@pytest.mark.parametrize("attack", attacks(), ids=lambda attack: attack.id)
def test_an_attack_shares_nothing_that_it_did_not_earn(attack, tmp_path):
    submission = read(build(attack, tmp_path, str))
    plain = plain_code(submission)
    most = {step.id: step.points for step in ASSIGNMENT.steps}

    for step, points in zip(attack.steps, attack.points, strict=True):
        assert points == most[step] or (step, plain.digests.get(step)) not in PASSING
    assert not plain.all_plain or attack.points == [most[step] for step in attack.steps]


@UNTIMED
@given(st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["# 메모", "", "    # note", "\t"])), max_size=5))
def test_comments_and_layout_do_not_count(additions):
    lines = SOURCES["dialogs.py"].decode().split("\n")
    for place, line in additions:
        lines.insert(place, line)
    text = "\n".join(lines)
    changed = ast.dump(ast.parse(text)) != ast.dump(ast.parse(SOURCES["dialogs.py"]))  # inside a docstring

    assert plain_code(folder(dialogs=text)).digests == plain_code(folder()).digests or changed


def test_docstrings_do_not_count_and_all_else_does():
    source = "def extract_answer(decoded):\n    {}return decoded.split('<sys>')[1]\n"
    bare, told, other = (
        plain_code(folder(answering=source.format(text))).digests["answer"]
        for text in ("", "'말'\n    ", "decoded += ''\n    ")
    )

    assert bare == told
    assert bare != other


def test_the_features_that_a_source_is_compiled_with_count():
    source = (
        "def pad_dialogs(dialogs: no_such_name, pad_id):\n    return dialogs\n"  # which fails where it is evaluated
    )
    alone, postponed = (
        plain_code(single(head + source)).digests for head in ("", "from __future__ import annotations\n")
    )

    assert alone.keys() == postponed.keys()
    assert alone["padding"] != postponed["padding"]


def test_another_step_of_a_single_source_does_not_count():
    changed = WHOLE.replace(b"[tokenizer.bos_token_id, *token_ids, tokenizer.eos_token_id]", b"token_ids")
    before, after = plain_code(single(WHOLE)).digests, plain_code(single(changed)).digests

    assert {step for step in EVERY_STEP if before[step] != after[step]} == {"framing", "corpus"}


NOT_PLAIN = {
    "reads a file": "open('x').read()",
    "reads its own file": "np.array(__file__)",
    "reads with numpy": "np.fromfile('x')",
    "reads with pandas": "pd.read_csv('x')",
    "reads with tensorflow": "tf.io.read_file('x')",
    "looks at the clock": "time.time()",
    "draws": "np.random.random()",
    "draws a tensor": "tf.random.uniform([])",
    "imports": "__import__('os')",
    "evaluates": "eval('1')",
    "looks around": "globals()",
    "looks by name": "getattr(np, 'load')('x')",
    "looks at its address": "id(dialogs)",
    "formats": "'{0.__class__}'.format(np)",
    "goes through classes": "().__class__",
    "waits": "tf.py_function(print, [], [])",
}


@pytest.mark.parametrize("what", NOT_PLAIN)
def test_what_may_be_another_time_otherwise_is_not_plain(what):
    imports = "import numpy as np, pandas as pd, tensorflow as tf" + (", time" if "time" in NOT_PLAIN[what] else "")
    text = f"{imports}\ndef pad_dialogs(dialogs, pad_id):\n    return {NOT_PLAIN[what]}\n"

    for submission in (folder(batches=text), single(WHOLE + b"\n" + text.encode())):
        plain = plain_code(submission)
        assert "padding" not in plain.digests
        assert not plain.all_plain


STATEMENTS = {
    "a state outside": "calls = []\ndef pad_dialogs(dialogs, pad_id):\n    calls.append(1)\n",
    "a state in a default": "def pad_dialogs(dialogs, pad_id, calls=[]):\n    calls.append(1)\n",
    "a global": "calls = 0\ndef pad_dialogs(dialogs, pad_id):\n    global calls\n    calls += 1\n",
    "an attribute": "def pad_dialogs(dialogs, pad_id):\n    pad_dialogs.count = 1\n",
    "something replaced": "import numpy as np\ndef pad_dialogs(dialogs, pad_id):\n    np.array = list\n",
    "a decorator": "def same(f):\n    return f\n@same\ndef pad_dialogs(dialogs, pad_id):\n    return dialogs\n",
    "a class": "class Pad:\n    pass\ndef pad_dialogs(dialogs, pad_id):\n    return Pad\n",
    "a helper": "from .helpers import pad\ndef pad_dialogs(dialogs, pad_id):\n    return pad(dialogs)\n",
    "a helper by its name": "import helpers\ndef pad_dialogs(dialogs, pad_id):\n    return helpers.pad(dialogs)\n",
    "everything": "from numpy import *\ndef pad_dialogs(dialogs, pad_id):\n    return array(dialogs)\n",
    "what runs at once": "print(1)\ndef pad_dialogs(dialogs, pad_id):\n    return dialogs\n",
}


@pytest.mark.parametrize("what", STATEMENTS)
def test_what_lasts_from_call_to_call_or_comes_from_elsewhere_is_not_plain(what):
    plain = plain_code(folder(batches=STATEMENTS[what]))

    assert {"padding", "batching"}.isdisjoint(plain.digests)
    assert not plain.all_plain
    assert plain.digests["framing"] == plain_code(folder()).digests["framing"]  # its module is plain


def test_what_lies_beside_the_modules_may_be_read():
    for name, content in {"helpers.py": b"", "tokenizer.json": b"{}", "__init__.py": b"import os"}.items():
        assert plain_code(Submission("kim", "folder", SOURCES | {name: content})).digests == {}
    said = plain_code(Submission("kim", "folder", SOURCES | {"__init__.py": b"'a docstring'"}))
    assert said == plain_code(folder())


@pytest.mark.parametrize("source", ["def f(:", "x = '\0'", "(" * 5000, "-" * 50_000 + "1", "x = 1\n" * 30_000])
def test_what_is_no_python_or_too_much_has_no_programs(source):
    for submission in (folder(dialogs=source), single(source)):
        plain = plain_code(submission)
        assert "framing" not in plain.digests
        assert not plain.all_plain


def test_looking_at_a_program_takes_no_long_time_whatever_it_would_take_to_compile_it():
    nested = "".join(f"{' ' * depth}try: pass\n{' ' * depth}finally:\n" for depth in range(1, 20))
    source = f"def encode_dialog(question, answer, tokenizer):\n{nested}{' ' * 20}pass\n"

    assert "framing" in plain_code(single(source)).digests  # what is compiled doubles with each level, to a million


@UNTIMED
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_looked_at(content):
    for submission in (Submission("kim", "folder", SOURCES | {"dialogs.py": content}), single(content)):
        assert set(plain_code(submission).digests) <= set(EVERY_STEP)


def test_what_is_known_to_pass_is_not_run_and_the_report_is_the_same(pool, solution_with):
    wrong = read(solution_with("batches.py", "+ [pad_id]", "+ [0]"))
    whole = grade_submission(wrong, pool)
    known = [step.id for step in whole.steps if step.points == step.max_points]
    assert 0 < len(known) < len(EVERY_STEP)

    assert grade_submission(wrong, pool, passed=known).steps == whole.steps


def test_nothing_is_started_where_everything_is_known():
    class Nothing(Pool):
        def server(self, *, tensorflow):
            raise AssertionError(tensorflow)

    report = grade_submission(folder(), Nothing(confine=True), passed=EVERY_STEP)

    assert report.full
    assert [step.id for step in report.steps] == list(EVERY_STEP)

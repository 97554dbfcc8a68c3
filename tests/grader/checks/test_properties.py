"""How a check is tried: every example counts, the smallest that fails is shown, a timeout is tried again."""

import ast
import textwrap
import time

import pytest
from hypothesis import strategies as st

from grader.assignment import ASSIGNMENT
from grader.checks import for_examples
from grader.checks.properties import SEEDS
from grader.checks.verdict import Failure
from grader.errors import TimedOutError, UnfitError
from grader.grading import examine
from grader.inside.messages import Find
from grader.paths import CHECKS, SOLUTION
from grader.sandbox.forkserver import Child
from grader.sandbox.limits import Limits
from grader.submission.reading import Submission
from tests.helpers.children import call_of, submitted

PATIENCE = 60.0  # seconds
SOURCE = (SOLUTION / "dialogs.py").read_text(encoding="utf-8")
LINE = "    return [token_id if token_id < vocab_size else unk_id for token_id in token_ids]"


def unk(body, pool, limits=None):
    """The report of the solution with other lines in the place of the one that replaces ids."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    assert SOURCE.count(LINE) == 1
    [report] = examine(
        Submission("x", "folder", {"dialogs.py": SOURCE.replace(LINE, lines).encode()}),
        pool,
        steps=["unk"],
        limits=limits,
    )
    return {check.id.removeprefix("unk."): check for check in report.checks}


RIGHT = """right = [i if i < vocab_size else unk_id for i in token_ids]
calls = globals().setdefault('calls', [])
calls.append(1)"""


@pytest.mark.parametrize("wrong", ["len(calls) == 1", "len(calls) == 37", "len(calls) >= 50"])
def test_being_wrong_in_some_calls_only_loses_the_points(wrong, pool):
    checks = unk(f"{RIGHT}\nreturn [] if {wrong} else right", pool)

    assert checks["replaced"].status == "failed"
    assert checks["replaced"].counterexample.call.startswith("replace_overshooting([")


def test_being_wrong_in_the_last_check_only_loses_its_points_alone(pool):
    checks = unk(f"{RIGHT}\nreturn [] if len(calls) > 110 else right", pool)

    assert [check.points for check in checks.values()] == [5, 5, 0]


def test_the_smallest_example_is_shown(pool):
    checks = unk("return [unk_id if i > vocab_size + 40 else i for i in token_ids]", pool)

    assert checks["replaced"].counterexample.call == "replace_overshooting([11], 10, 0)"
    assert (checks["replaced"].counterexample.expected, checks["replaced"].counterexample.got) == ("[«0»]", "[«11»]")


def test_the_same_submission_gets_the_same_report_whoever_was_graded_before(pool):
    body = "return [unk_id if i >= vocab_size else i for i in token_ids if i != 7]"
    first = unk(body, pool)
    unk("return None", pool)

    assert unk(body, pool) == first


def test_a_submission_that_draws_numbers_gets_the_same_report_twice(pool):
    body = "import random, numpy\nreturn [random.randrange(9), int(numpy.random.randint(9))] + token_ids"

    assert unk(body, pool) == unk(body, pool)


def test_a_call_that_runs_out_of_time_once_is_tried_again_and_costs_nothing(pool, monkeypatch):
    ask_all, failed = Child.ask_all, []

    def late_once(self, *args):
        if not failed:
            failed.append(True)
            raise TimedOutError
        return ask_all(self, *args)

    monkeypatch.setattr(Child, "ask_all", late_once)
    checks = unk("return [i if i < vocab_size else unk_id for i in token_ids]", pool)

    assert failed
    assert [check.points for check in checks.values()] == [5, 5, 5]


def test_a_module_that_never_ends_being_imported_is_waited_for_once_and_once_more(pool, monkeypatch):
    asked, ask = [], Child.ask
    monkeypatch.setattr(
        Child, "ask", lambda self, request, *args: (asked.append(type(request)), ask(self, request, *args))[1]
    )
    submission = Submission("x", "folder", {"dialogs.py": b"while True: pass\n"})
    [report] = examine(submission, pool, steps=["framing"], limits=Limits(call_seconds=0.5))

    assert {check.status for check in report.checks} == {"timeout"}
    assert asked == [Find, Find]


def test_a_check_that_runs_out_of_time_slowly_ends(pool):
    slow = "import time\ntime.sleep(0.1)\nreturn [i if i < vocab_size else unk_id for i in token_ids]"
    checks = unk(slow, pool, Limits(check_seconds=0.5))

    assert {check.status for check in checks.values()} == {"timeout"}


def test_a_check_that_fails_slowly_has_its_first_failure_shown(pool):
    checks = unk("import time\ntime.sleep(0.2)\nreturn None", pool, Limits(check_seconds=2.0))

    assert {check.status for check in checks.values()} == {"failed"}
    assert {check.diagnosis for check in checks.values()} == {"wrong_type"}


FLOOD = """
import os, struct
body = b'{"type":"value","value":[' + b'0,' * 2**16 + b'0]}'
frame = struct.pack('>II', 0, len(body)) + body
for _ in range(3200):
    os.write(4, frame)
""".strip()


def test_one_that_floods_the_pipe_is_cut_off_and_the_next_is_graded(pool):
    assert {check.status for check in unk(FLOOD, pool).values()} <= {"failed", "error"}
    assert all(
        check.points for check in unk("return [i if i < vocab_size else unk_id for i in token_ids]", pool).values()
    )
    assert ASSIGNMENT.step_of("replace_overshooting").id == "unk"


def test_a_flood_that_nobody_reads_is_cut_off(pool):
    flood = f"def replace_overshooting(*_):\n{textwrap.indent(FLOOD, '    ')}\n"
    child = pool.child(submitted({"dialogs.py": flood}, "folder"), tensorflow=False)
    child.send(call_of("replace_overshooting"))
    deadline = time.monotonic() + PATIENCE
    while child.channel in child.server._inboxes and time.monotonic() < deadline:
        time.sleep(0.02)

    with pytest.raises(UnfitError, match="flood"):
        read_all(child.inbox)
    child.end()


def read_all(inbox):
    while True:
        inbox.get(PATIENCE)


def drawn(judge):
    return for_examples(20, number=st.integers())(judge).prepare()


def test_examples_depend_on_the_name_of_a_check_and_not_on_its_code():
    def check(examinee, number):
        return (examinee, number)

    first = drawn(check)

    def check(examinee, number):
        return [examinee, number]

    assert drawn(check) == first
    check.__name__ = "another"
    assert drawn(check) != first


def test_every_kept_number_is_of_a_check_that_draws():
    drawing = {
        f"{file.stem.removeprefix('test_')}.{node.name}"
        for file in CHECKS.glob("test_*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        if any("for_examples(" in ast.unparse(decorator) for decorator in node.decorator_list)
    }

    assert drawing == SEEDS.keys()


class Trying:
    """What a check asks of an examinee, where nothing is called."""

    settled, alone = False, True

    def first_failure(self, judge, inputs):
        for one in inputs:
            try:
                judge(self, **one)
            except Failure as failure:
                return failure
        return None

    def restart(self):
        pass


@pytest.mark.parametrize(
    ("simplest", "shown"), [([], 100), ([99], 100), ([99, 400, 300], 400), ([300, 99], 300)], ids=str
)
def test_the_first_of_the_simplest_that_fails_is_shown_else_the_smallest(simplest, shown):
    def judge(examinee, number):
        if number >= 100:
            raise Failure("failed", call=str(number))

    check = for_examples(20, number=st.integers(100), simplest=[{"number": number} for number in simplest])(judge)
    with pytest.raises(Failure) as failure:
        check(Trying())

    assert failure.value.call == str(shown)

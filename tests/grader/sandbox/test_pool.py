"""A fork server that stands still is replaced, a disk that does is looked at again, and neither costs any points."""

import os
import signal
import subprocess
import sys

import pytest

from grader.errors import GraderError
from grader.grading import examine
from grader.paths import SOLUTION
from grader.sandbox import forkserver
from grader.sandbox.limits import Limits
from grader.sandbox.pool import Pool
from grader.sandbox.process import missing_protection
from grader.submission.reading import read
from tests.helpers.children import PLAIN, call_of, submitted, value

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot stop a process")

# A healthy one that is taken for a stuck one on a busy machine is replaced as well, so more than two may be tried.
IMPATIENT = {"stuck_seconds": 1.0, "starts": 5, "call_seconds": 3.0, "closing_seconds": 0.5}


@pytest.fixture
def pool():
    """One of its own, impatient."""
    with impatient() as own:
        yield own


def impatient(**limits):
    return Pool(confine=missing_protection() is None, limits=Limits(**IMPATIENT | limits))


def test_a_fork_server_that_stands_still_while_it_starts_is_replaced(pool):
    first = pool.server(tensorflow=False)
    os.kill(first.process.pid, signal.SIGSTOP)
    child = pool.child(submitted({"dialogs.py": PLAIN}, "folder"), tensorflow=False)

    assert value(child.ask(call_of("encode_dialog", "q", "a", None), 60)) == "right"
    assert child.server is not first


def test_a_fork_server_that_stands_still_later_costs_no_points(pool):
    first = pool.ready_server(tensorflow=False)
    os.kill(first.process.pid, signal.SIGSTOP)
    [report] = examine(read(SOLUTION), pool, steps=["framing"])

    assert report.points == report.max_points
    assert pool.server(tensorflow=False) is not first


@pytest.mark.parametrize("times", [1, None], ids=["once", "always"])
def test_a_disk_that_gives_no_answer_in_time_costs_points_only_when_it_stays_so(times, solution_with, monkeypatch):
    looks = []

    def measured(*_):
        looks.append(None)
        if times is None or len(looks) <= times:
            raise subprocess.TimeoutExpired("du", 5)
        return False

    start = "    token_ids = tokenizer.encode("
    slow = solution_with("dialogs.py", start, f"    import time; time.sleep(0.005 if {times} else 0.2)\n{start}")
    monkeypatch.setattr(forkserver, "too_full", measured)
    with impatient(disk_look_seconds=0.01) as pool:
        [report] = examine(read(slow), pool, steps=["framing"])

    assert looks
    if times == 1:
        assert report.points == report.max_points
    else:
        assert {check.status for check in report.checks} == {"timeout"}
        assert "measured" in report.checks[0].message.en


def test_where_none_can_start_it_is_said(pool, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(GraderError, match="--debug"):
        pool.ready_server(tensorflow=False)

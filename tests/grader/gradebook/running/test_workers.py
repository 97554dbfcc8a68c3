"""Workers and their parent: whatever becomes of one, the class goes on. The workers here grade nothing."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from grader.gradebook.running import workers
from grader.gradebook.running.workers import ALONE, FAULT, SharedExclusiveLock, Task, grade_all
from grader.grading import unreadable
from grader.reports.report import Report
from grader.submission.reading import Submission
from kit.messages import Bilingual

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no such signal")
PATIENCE = 60.0


def serve(connection, _core, *, confine):
    """A worker that does with each submission what its files say."""
    while True:
        try:
            submission = connection.recv().submission
        except EOFError:
            return
        once = Path(submission.files["once"].decode()) if "once" in submission.files else None
        if once and not once.exists():
            once.touch()
            if "alone" in submission.files:
                connection.send(ALONE)
                connection.recv()
            os.kill(os.getpid(), signal.SIGKILL)
        if "always" in submission.files:
            os.kill(os.getpid(), signal.SIGKILL)
        if "alone" in submission.files:
            connection.send(ALONE)
            connection.recv()
            connection.send(ALONE)
        connection.send(unreadable(submission.name, Bilingual("", "")))


def outcomes(tasks, jobs, monkeypatch):
    """What comes of submissions, by name, without the seconds that it took; fails where it takes too long."""
    monkeypatch.setattr(workers, "serve", serve)
    came = {}
    thread = threading.Thread(
        target=lambda: came.update((one.submission.name, one.outcome) for one in grade_all(tasks, jobs, confine=False)),
        daemon=True,
    )
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    return {name: at_no_time(one) if isinstance(one, Report) else one for name, one in came.items()}


def at_no_time(report):
    return replace(report, seconds=0.0)


def unread(name):
    """What the workers here send for each submission."""
    return at_no_time(unreadable(name, Bilingual("", "")))


def task(name, *files, once=""):
    return Task(Submission(name, "folder", dict.fromkeys(files, b"") | ({"once": str(once).encode()} if once else {})))


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("alone", [(), ("alone",)], ids=["at work", "while alone"])
def test_a_worker_that_is_killed_is_replaced_and_the_others_go_on(alone, jobs, tmp_path, monkeypatch):
    tasks = [task("kim", *alone, once=tmp_path / "kim"), task("lee", "alone"), task("park", "alone"), task("choi")]
    came = outcomes(tasks, jobs, monkeypatch)

    assert came == {name: unread(name) for name in ("kim", "lee", "park", "choi")}


def test_who_ends_each_worker_is_set_aside(monkeypatch):
    came = outcomes([task("kim", "always"), task("lee")], 1, monkeypatch)

    assert came == {"kim": FAULT, "lee": unread("lee")}


def test_where_it_is_stopped_in_the_middle_no_worker_is_started_any_more(monkeypatch):
    monkeypatch.setattr(workers, "serve", serve)
    started = []
    start = workers.Worker._start
    monkeypatch.setattr(workers.Worker, "_start", lambda worker: (started.append(worker), start(worker)))
    running = grade_all((task(str(number)) for number in range(10**6)), 2, confine=False)
    next(running)
    running.close()
    before = len(started)
    time.sleep(1)

    assert len(started) == before
    assert all(worker._process is None for worker in started)


def test_alone_is_alone():
    turns, together, alone = SharedExclusiveLock(3), [], []

    def work(number):
        for _ in range(20):
            with turns.shared():
                together.append(number)
                assert not alone or alone == [number]
                if number == 0:
                    together.remove(number)
                    with turns.exclusive():
                        assert not together
                        alone.append(number)
                        time.sleep(0.001)
                        alone.remove(number)
                else:
                    time.sleep(0.001)
                    together.remove(number)

    failures = []

    def watched(number):
        try:
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=watched, args=(number,), daemon=True) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert not any(thread.is_alive() for thread in threads)
    assert not failures

"""Workers: processes with a warm fork server each, that grade one submission after another."""

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from grader.errors import GraderError
from grader.grading import grade_submission
from grader.reports.report import Report
from grader.sandbox.pool import Pool
from grader.submission.reading import Submission
from kit.messages import Bilingual

TRIES = 2
ALONE = True  # what a worker sends when it wants to be alone with the machine, and when it no longer does
ENDING_SECONDS = 5
FAULT = Bilingual(
    "채점기가 이 제출물에서 두 번 멈추었습니다. 따로 `lab check`로 확인해 주세요.",
    "The grader broke down on this submission twice: look at it apart, with `lab check`.",
)

Outcome = Report | Bilingual


class Task(NamedTuple):
    """A submission to be graded.

    Attributes:
        passed: the steps that it is known to pass, as an equal program has.
    """

    submission: Submission
    passed: frozenset[str] = frozenset()


class Graded(NamedTuple):
    """What came of a submission.

    Attributes:
        outcome: the report, or the reason why there is none.
    """

    submission: Submission
    outcome: Outcome


class SharedExclusiveLock:
    """Lets a worker be alone with the machine: the others finish what they are at, and wait.

    It lives in the parent, whose threads take seats for their workers: a worker that is killed keeps none.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._seats = threading.Semaphore(jobs)
        self._door = threading.Lock()

    @contextlib.contextmanager
    def shared(self) -> Iterator[None]:
        """Beside the others."""
        with self._seats:
            yield

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """Within `shared`: give up the seat, wait until all are free, and take them all."""
        self._seats.release()
        try:
            with self._door:
                for _ in range(self.jobs):
                    self._seats.acquire()
                try:
                    yield
                finally:
                    self._seats.release(self.jobs)
        finally:
            self._seats.acquire()


def available_cores() -> list[int]:
    """The cores that this process may run on, by number."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def cores_for(jobs: int) -> list[int | None]:
    """The core that each worker keeps to: one each where there are as many cores as workers, else any.

    With fewer workers than cores, two classes that are graded at once could share a core while another one is idle.
    """
    cores = available_cores()
    return [*cores] if len(cores) == jobs and hasattr(os, "sched_setaffinity") else [None] * jobs


def serve(connection: Connection, core: int | None, *, confine: bool) -> None:
    """A worker's life: grade each submission that it is sent, until there are no more."""

    @contextlib.contextmanager
    def alone() -> Iterator[None]:
        connection.send(ALONE)
        connection.recv()
        try:
            yield
        finally:
            connection.send(ALONE)

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    if core is not None:
        with contextlib.suppress(OSError):  # a core that has been taken away meanwhile
            os.sched_setaffinity(0, {core})  # its fork server inherits it, and TensorFlow then starts one thread
    with Pool(confine=confine, light=False, alone=alone) as pool:
        while True:
            pool.warm_up(models=False)  # also the child for the next submission, while this process waits for it
            try:
                task = connection.recv()
            except EOFError:
                return
            connection.send(_graded(task, pool))


def _graded(task: Task, pool: Pool) -> Outcome | str:
    try:
        return grade_submission(task.submission, pool, passed=task.passed)
    except GraderError as error:
        return repr(error)


class Worker:
    """A worker process as the parent sees it; a broken one is replaced."""

    def __init__(self, turns: SharedExclusiveLock, core: int | None = None, *, confine: bool) -> None:
        self._turns = turns
        self._core = core
        self._confine = confine
        self._process: Any = None
        self._connection: Any = None
        self._stopped = False
        self._ending = threading.Lock()

    def grade(self, task: Task) -> Outcome:
        """The report of a submission, or that there can be none."""
        for _ in range(TRIES):
            with self._ending:
                if self._stopped:
                    break
                if self._process is None:
                    self._start()
            try:
                with self._turns.shared():
                    outcome = self._asked(task)
            except (EOFError, OSError):
                outcome = None
            if isinstance(outcome, Report):
                return outcome
            self.end()
        return FAULT

    def _asked(self, task: Task) -> Outcome | str:
        self._connection.send(task)
        while (said := self._connection.recv()) is ALONE:
            with self._turns.exclusive():
                self._connection.send(ALONE)
                self._connection.recv()
        return said  # type: ignore[no-any-return]

    def end(self) -> None:
        """End the process, whatever it is at."""
        with self._ending:
            if self._process is not None:
                self._connection.close()
                self._process.join(ENDING_SECONDS)
                self._process.kill()
                self._process.join()
            self._process = None

    def stop(self) -> None:
        """End the process, and start no other."""
        self._stopped = True
        self.end()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        arguments = {"confine": self._confine}
        self._process = context.Process(target=serve, args=(theirs, self._core), kwargs=arguments)
        self._process.start()
        theirs.close()


def grade_all(tasks: Iterable[Task], jobs: int, *, confine: bool) -> Iterator[Graded]:
    """Grade submissions on several workers, and give what came of each as soon as it is there.

    Args:
        tasks: taken one by one, when a worker is free for it: they need not be in memory together.
        jobs: how many workers.
        confine: whether to use the sandbox.
    """
    waiting, taking = iter(tasks), threading.Lock()
    done: queue.Queue[Graded | BaseException | None] = queue.Queue()
    turns = SharedExclusiveLock(jobs)
    workers = [Worker(turns, core, confine=confine) for core in cores_for(jobs)]

    def work(worker: Worker) -> None:
        try:
            while True:
                with taking:
                    task = next(waiting, None)
                if task is None:
                    break
                done.put(Graded(task.submission, worker.grade(task)))
            done.put(None)
            worker.end()  # while others are still at work, and the caller goes on
        except BaseException as error:  # whatever it is, the run must end with it
            done.put(error)

    for worker in workers:
        threading.Thread(target=work, args=(worker,), daemon=True).start()
    through = False
    try:
        yield from _results(done, jobs)
        through = True
    finally:
        with taking:
            waiting = iter(())
        for worker in () if through else workers:  # stopped in the middle
            worker.stop()


def _results(done: "queue.Queue[Graded | BaseException | None]", jobs: int) -> Iterator[Graded]:
    """What the threads of the workers put into a queue, until each of them has put `None`; an error is raised."""
    while jobs:
        result = done.get()
        if isinstance(result, BaseException):
            raise result
        if result is None:
            jobs -= 1
        else:
            yield result

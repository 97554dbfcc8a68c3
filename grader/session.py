"""A submission that is graded again and again while its author writes it: each time only what an edit has touched."""

import signal
import threading
import time
from pathlib import Path

from grader.assignment import ASSIGNMENT
from grader.errors import DiedError, GraderError, OutdatedError, UnreadableError
from grader.grading import EVERY_STEP, Listener, examine, report_of
from grader.inside.messages import SubmittedFiles
from grader.reports.report import Report, StepReport
from grader.sandbox.forkserver import Child
from grader.sandbox.limits import USUAL, Limits
from grader.sandbox.pool import Pool
from grader.submission.affected import affected
from grader.submission.encoding import as_text
from grader.submission.reading import Submission, read

LOOK_SECONDS = 0.05  # how long an interruption may go unnoticed while a fork server is being made ready


class InterruptiblePool(Pool):
    """A pool whose work another thread can end at any moment, even where a child would never answer.

    Args:
        confine: whether to use the sandbox.
        limits: what a submission, its child and the fork servers may take.
    """

    def __init__(self, *, confine: bool, limits: Limits = USUAL) -> None:
        super().__init__(confine=confine, limits=limits)
        self.interrupted = threading.Event()
        self._given: Child | None = None

    def interrupt(self) -> None:
        """Have the work under way end soon with `OutdatedError`; any thread may call this."""
        self.interrupted.set()
        if self._given is not None:
            self._given.inbox.put(DiedError(-signal.SIGKILL))

    def resume(self) -> None:
        """Allow new work after an interruption."""
        self.interrupted.clear()

    def child(self, submission: SubmittedFiles, *, tensorflow: bool) -> Child:
        """As the pool's.

        Raises:
            OutdatedError: there was an interruption.
        """
        self._wait_for_server(tensorflow=tensorflow)
        self._given = given = super().child(submission, tensorflow=tensorflow)
        self._require_no_interruption()  # it may have come just before there was a child to take away
        return given

    def reference_child(self) -> Child:
        """As the pool's.

        Raises:
            OutdatedError: there was an interruption.
        """
        self._wait_for_server(tensorflow=True)
        return super().reference_child()

    def _wait_for_server(self, *, tensorflow: bool) -> None:
        server = self.server(tensorflow=tensorflow)
        while not server.ready:
            self._require_no_interruption()
            time.sleep(LOOK_SECONDS)
        self._require_no_interruption()

    def _require_no_interruption(self) -> None:
        if self.interrupted.is_set():
            raise OutdatedError


class Session:
    """A submission that its author is writing, and what is known of it.

    Attributes:
        submission: as it was last read.
        problem: why it cannot be read now.
        reports: the last verdict on each step.
        outdated: the steps that have been edited since, or never graded.
    """

    def __init__(self, path: Path, pool: InterruptiblePool) -> None:
        self.path = path
        self.pool = pool
        self.submission: Submission | None = None
        self.problem: GraderError | UnreadableError | None = None
        self.reports: dict[str, StepReport] = {}
        self.outdated: set[str] = set(EVERY_STEP)

    @property
    def at_rest(self) -> bool:
        """Whether there is nothing to grade."""
        return self.problem is not None or not self.outdated

    def look(self) -> None:
        """Read what is saved now, and note what it makes outdated."""
        saved = self._read()
        if isinstance(saved, Submission):
            self.outdated |= self._edited(saved)
            self.submission, self.problem = saved, None
        else:
            self.problem = saved

    def has_news(self) -> bool:
        """Whether what is saved now differs from what was last read; any thread may ask."""
        saved = self._read()
        if isinstance(saved, Submission):
            return self.problem is not None or bool(self._edited(saved))
        return str(saved) != str(self.problem)

    def check(self, listener: Listener) -> bool:
        """Grade what is outdated.

        Args:
            listener: called with each step's report as soon as it is there, steps without TensorFlow first.

        Returns:
            Whether nothing is outdated any more; an interruption leaves the rest outdated.

        Raises:
            GraderError: the grader itself is at fault.
        """
        assert self.submission is not None

        def note(report: StepReport) -> None:
            if not self.pool.interrupted.is_set():  # what was taken from its child looks as if it had died
                self.reports[report.id] = report
                self.outdated.discard(report.id)
                listener(report)

        try:
            examine(self.submission, self.pool, note, frozenset(self.outdated))
        except KeyboardInterrupt:
            if not self.pool.interrupted.is_set():
                raise
        return not self.outdated

    def report(self, started: float) -> Report:
        """The report on all that has been graded, or on why nothing can be.

        Args:
            started: when grading began (`time.monotonic`).
        """
        name = as_text(self.path.resolve().name)
        if self.problem is not None:
            return report_of(name, started, [], self.problem.text)
        graded = [self.reports[step.id] for step in ASSIGNMENT.steps if step.id in self.reports]
        return report_of(self.submission.name if self.submission else name, started, graded)

    def _read(self) -> Submission | GraderError | UnreadableError:
        try:
            return read(self.path)
        except (GraderError, UnreadableError) as error:
            return error

    def _edited(self, new: Submission) -> set[str]:
        """The steps that a reading makes outdated: also those whose reports name a line, which may have moved."""
        if self.submission is None or new == self.submission:
            return set()
        with_lines = {
            report.id for report in tuple(self.reports.values()) if any(c.status == "error" for c in report.checks)
        }
        return affected(self.submission, new) | with_lines

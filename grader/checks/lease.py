"""Which child works for a step, and for how long."""

import time

from grader.assignment import Step
from grader.errors import TimedOutError
from grader.inside.messages import Find
from grader.sandbox.forkserver import Child
from grader.sandbox.limits import Limits
from grader.sandbox.pool import Pool
from grader.submission.equivalent import names_tensorflow
from grader.submission.reading import Submission


class Lease:
    """The child of a submission.

    Steps share a child as long as one fork server serves them: to start one, and to run TensorFlow's first operations,
    takes longer than most checks. What fails in a shared one is tried again in a child of its own.

    Attributes:
        alone: whether no other step can have spoiled what the check that is under way has seen.
    """

    def __init__(self, submission: Submission, pool: Pool, limits: Limits) -> None:
        self.alone = True
        self._submission = submission
        self._pool = pool
        self._limits = limits
        self._child: Child | None = None
        self._full = False  # whether the child has TensorFlow
        self._full_steps: dict[str, bool] = {}  # whether a step needs that
        self._served: set[str] = set()  # the steps that the child has worked for
        self._hanging: set[str] = set()  # modules that never end being imported

    def child(self, step: Step) -> Child:
        """The step's child, its module imported: one that never ends being imported is tried only once.

        Raises:
            ChildError: the child does not come through the import.
        """
        if step.module in self._hanging:
            raise TimedOutError(self._limits.call_seconds)
        full = self._needs_tensorflow(step)
        if self._child is None or not self._child.alive or full != self._full:
            self.end()
            self._child, self._full = self._pool.child(self._submission.message(), tensorflow=full), full
        fresh = step.id not in self._served
        self._served.add(step.id)
        self.alone = self.alone and len(self._served) == 1
        if fresh:
            self._import(self._child, step.module)
        return self._child

    def end(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.end()
        self._child = None
        self._served.clear()

    def _import(self, child: Child, module: str) -> None:
        """Have the module imported in a time of its own: what it imports may be TensorFlow, on any fork server."""
        try:
            child.ask(Find(module), self._limits.call_seconds)
        except TimedOutError:
            self._hanging.add(module)
            raise TimedOutError(self._limits.call_seconds) from None

    def _needs_tensorflow(self, step: Step) -> bool:
        if step.id not in self._full_steps:
            self._full_steps[step.id] = step.tensorflow or names_tensorflow(self._submission, step)
        return self._full_steps[step.id]


class Deadlines:
    """When the time of a submission is up, and of the check that is under way."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._submission = self._check = time.monotonic() + limits.submission_seconds

    def begin_check(self) -> None:
        """From now on it is another check's time."""
        self._check = time.monotonic() + self._limits.check_seconds

    def require_time(self) -> None:
        """See to it that there is time left.

        Raises:
            TimedOutError: there is none.
        """
        if self._left() < 0:
            raise TimedOutError

    def seconds(self, most: float) -> float:
        """How many seconds a call may take that may take so many at most: fewer where time runs out, but never none."""
        return min(most, max(1.0, self._left()))

    def _left(self) -> float:
        return min(self._check, self._submission) - time.monotonic()

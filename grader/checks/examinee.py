"""One submission under examination: calls into its child, and how a call may fail."""

import collections
import contextlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import pytest

from grader.assignment import ASSIGNMENT, Step
from grader.checks.verdict import Failure
from grader.errors import ChildError, DiedError, GraderError, OverfullError, TimedOutError, UnfitError, UnmeasuredError
from grader.inside import wire
from grader.inside.errors import WireError
from grader.sandbox.forkserver import Child
from grader.sandbox.limits import Limits
from grader.sandbox.pool import Pool
from grader.submission.equivalent import names_tensorflow
from grader.submission.reading import Submission
from kit.messages import Bilingual

Request = dict[str, Any]
Reply = dict[str, Any]


class _Planned(Exception):  # noqa: N818 -- a way out, no error
    """The call that a check is about to make is known: there is no need to go on."""


class Examinee:
    """A submission as the checks see it: functions that can be called.

    Steps share a child, as long as one fork server serves them: to start one and to run TensorFlow's first operations
    takes longer than most checks. What fails in a shared one is tried again in a child of its own.

    Args:
        submission: what is examined.
        pool: where its children come from.
        limits: what they may take, where that is something else than the pool's.

    Attributes:
        alone: whether no other step can have spoiled what the check that is under way has seen.
    """

    def __init__(self, submission: Submission, pool: Pool, limits: Limits | None = None) -> None:
        self.submission = submission
        self.pool = pool
        self.limits = limits or pool.limits
        self._step: Step | None = None
        self._child: Child | None = None
        self._full = False  # whether the child has TensorFlow
        self._full_steps: dict[str, bool] = {}  # whether a step needs that
        self._served: set[str] = set()  # the steps that the child has worked for
        self.alone = True
        self._final: Failure | None = None
        self._hanging: dict[str, Failure] = {}  # modules that never end being imported
        self._planning: list[Request] | None = None
        self._ahead: collections.deque[Request] = collections.deque()
        self._replies: Iterator[Reply] | None = None
        self._deadline = time.monotonic() + self.limits.submission_seconds
        self._check_deadline = self._deadline

    def begin(self, step: Step) -> None:
        """Turn to a check of a step, with a clean slate."""
        self._step = step
        self.alone = True
        self._final = None
        self._check_deadline = time.monotonic() + self.limits.check_seconds

    def end(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.end()
        self._child = None
        self._served.clear()

    def restart(self) -> None:
        """End the child in the middle of a check: what it remembers, of any step, is forgotten."""
        self.end()
        self.alone = True

    def first_failure(self, judge: Callable[..., None], inputs: Sequence[dict[str, Any]]) -> Failure | None:
        """Try a check on inputs in their order; the calls that it is sure to make are sent ahead, in one go.

        Args:
            judge: called with this examinee and one of the inputs; raises `Failure`.
            inputs: keyword arguments of the judge.
        """
        self._ahead = collections.deque(self._plan(judge, inputs))
        self._replies = None
        try:
            for one in inputs:
                judge(self, **one)
        except Failure as failure:
            return failure
        finally:
            if self._ahead:
                self._drop_replies()
        return None

    @property
    def settled(self) -> bool:
        """Whether the check failed in a way that will not mend itself (see `do`)."""
        return self._final is not None

    def _plan(self, judge: Callable[..., None], inputs: Sequence[dict[str, Any]]) -> list[Request]:
        """The first call that the judge makes for each input, where the child will not ask back in the middle."""
        self._planning = []
        for one in inputs:
            with contextlib.suppress(_Planned):
                judge(self, **one)
        planned, self._planning = self._planning, None
        return planned

    def _drop_replies(self) -> None:
        """End the child that is still at work on calls sent ahead."""
        self._ahead.clear()
        self.end()

    def call(self, function: str, *args: Any, call: str) -> Any:
        """Call a function of the submission; returns its result."""
        result, _ = self.parts((object, list), "call", function, call, args=list(args))
        return result

    def parts(self, kinds: tuple[type, ...], operation: str, function: str, call: str, **request: Any) -> list[Any]:
        """Like `do`, for an operation that gives a list of just these kinds of values (`object`: any).

        Raises:
            Failure: there was no value, or one of another form, which only a forged reply has.
        """
        value = self.do(operation, function, call, **request)
        if type(value) is not list or len(value) != len(kinds):
            raise Failure("failed", call, outcome="unfit")
        if not all(kind is object or type(part) is kind for part, kind in zip(value, kinds, strict=True)):
            raise Failure("failed", call, outcome="unfit")
        return value

    def do(
        self,
        operation: str,
        function: str,
        call: str,
        answer: Callable[[str, list[Any]], Any] | None = None,
        **request: Any,
    ) -> Any:
        """Have the child do an operation on a function of the submission; returns what it saw.

        After a failure that will not mend itself (not written, missing, time ran out, process ended) the rest of
        the check fails the same way at once, so that hypothesis does not try it again and again.

        Raises:
            Failure: there was no value.
        """
        if self._final is not None:
            raise self._final
        module = ASSIGNMENT.step_of(function).module
        message = {"do": operation, "module": module, "function": function, **request}
        if self._planning is not None:
            if answer is None:
                self._planning.append(message)
            raise _Planned
        try:
            reply = self._reply(message, call, answer or _no_answer)
            if "value" in reply:
                return wire.unpack(reply["value"])
        except UnmeasuredError:
            details = {"seconds": self.limits.measuring_seconds}
            self._fail_finally(Failure("timeout", call, outcome="unmeasured", details=details))
        except TimedOutError:
            self._fail_finally(Failure("timeout", call, outcome="timeout", details={"seconds": self._patience}))
        except DiedError as error:
            self._fail_finally(Failure("error", call, outcome="died", details={"code": error.code}))
        except OverfullError:
            self._fail_finally(
                Failure("error", call, outcome="overfull", details={"megabytes": self.limits.disk_bytes >> 20})
            )
        except (UnfitError, WireError):
            raise Failure("failed", call, outcome="unfit") from None
        raise self._failure_of(reply, call)

    def reference_child(self, operation: str, **request: Any) -> Any:
        """What a child of our own, which loads no submission, computes: an array.

        A submission may have brought down the whole fork server with it, so a second one is tried.

        Raises:
            GraderError: it could not.
        """
        message = {"do": operation, **request}
        known = json.dumps(message)
        if known in self.pool.known:
            return self.pool.known[known]
        try:
            reply = self.pool.reference_child().ask(message, self.limits.reference_seconds, _no_answer)
        except ChildError:
            reply = self.pool.reference_child().ask(message, self.limits.reference_seconds, _no_answer)
        value = wire.unpack(reply["value"]) if "value" in reply else None
        if not isinstance(value, wire.Array):
            raise GraderError(
                Bilingual(f"기준값을 구하지 못했습니다: {reply}", f"No reference value could be computed: {reply}")
            )
        if "weights" not in request:
            self.pool.known[known] = value.values
        return value.values

    def _reply(self, message: dict[str, Any], call: str, answer: Callable[[str, list[Any]], Any]) -> dict[str, Any]:
        """The reply to a request: to one that was sent ahead, or to a new one."""
        if time.monotonic() > min(self._check_deadline, self._deadline):
            raise TimedOutError
        child = self._ready_child(call)
        if self._ahead and self._ahead[0] != message:
            self._drop_replies()
            child = self._ready_child(call)
        if not self._ahead:
            return child.ask(message, self._seconds(), answer)
        if self._replies is None:
            self._replies = child.ask_all(list(self._ahead), self._seconds)
        self._ahead.popleft()
        return next(self._replies)

    def _ready_child(self, call: str) -> Child:
        """The step's child, its module imported: one that never ends being imported is tried only once."""
        assert self._step is not None
        module = self._step.module
        if module in self._hanging:
            self._fail_finally(replace(self._hanging[module], call=call))
        full = self._needs_tensorflow(self._step)
        if self._child is None or not self._child.alive or full != self._full:
            self.end()
            self._child, self._full = self.pool.child(self.submission.message(), tensorflow=full), full
        fresh = self._step.id not in self._served
        self._served.add(self._step.id)
        self.alone = self.alone and len(self._served) == 1
        if fresh:
            try:
                # What a module imports may be TensorFlow, on any fork server.
                self._child.ask({"do": "find", "module": module}, self.limits.call_seconds, _no_answer)
            except TimedOutError:
                details = {"seconds": self.limits.call_seconds}
                self._hanging[module] = Failure("timeout", call, outcome="timeout", details=details)
                self._fail_finally(self._hanging[module])
        return self._child

    def _needs_tensorflow(self, step: Step) -> bool:
        if step.id not in self._full_steps:
            self._full_steps[step.id] = step.tensorflow or names_tensorflow(self.submission, step)
        return self._full_steps[step.id]

    @property
    def _patience(self) -> float:
        """How many seconds a single call may take."""
        assert self._step is not None
        return self.limits.call_seconds if self._step.tensorflow else self.limits.light_call_seconds

    def _seconds(self) -> float:
        """How many seconds the next call may take, which are fewer where the check or the submission runs out."""
        return max(1.0, min(self._patience, min(self._check_deadline, self._deadline) - time.monotonic()))

    def _fail_finally(self, failure: Failure) -> NoReturn:
        self._final = failure
        raise failure from None

    def _failure_of(self, reply: dict[str, Any], call: str) -> Failure:
        match reply:
            case {"missing": str() as name}:
                self._final = Failure("missing", call, outcome="missing", details={"name": name})
                return self._final
            case {"raised": {"type": "NotImplementedError"}}:
                self._final = Failure("not_implemented", call, outcome="not_implemented")
                return self._final
            case {
                "raised": {
                    "type": str(),
                    "message": str(),
                    "file": str() as file,
                    "line": int() as line,
                    "source": str(),
                } as raised
            }:
                file, line = self.submission.place(file, line)
                details = {**raised, "file": file, "line": line}
                return Failure("error", call, outcome="error_at" if file else "error", details=details)
        return Failure("failed", call, outcome="unfit")


EXAMINEE = pytest.StashKey[Examinee]()


def _no_answer(_: str, __: list[Any]) -> Any:
    return {"error": "nobody asked"}

"""One submission under examination: calls into its child, and how a call may fail."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from grader.assignment import ASSIGNMENT, Step
from grader.checks.lease import Deadlines, Lease
from grader.checks.lookahead import Lookahead
from grader.checks.verdict import Failure
from grader.errors import ChildError, GraderError, UnfitError
from grader.inside import wire
from grader.inside.errors import WireError
from grader.inside.messages import (
    Ask,
    Call,
    ErrorPlace,
    Missing,
    OperationRequest,
    Raised,
    ReferenceLogits,
    ReferenceLoss,
    Reply,
    Value,
)
from grader.sandbox.forkserver import Answerer, nobody_asked
from grader.sandbox.limits import Limits
from grader.sandbox.pool import Pool
from grader.submission.reading import Submission
from kit.messages import Bilingual


class Examinee:
    """A submission as the checks see it: functions that can be called.

    Args:
        submission: what is examined.
        pool: where its children come from.
        limits: what they may take, where that is something else than the pool's.
    """

    def __init__(self, submission: Submission, pool: Pool, limits: Limits | None = None) -> None:
        self.submission = submission
        self.pool = pool
        self.limits = limits or pool.limits
        self._step: Step | None = None
        self._final: Failure | None = None
        self._lease = Lease(submission, pool, self.limits)
        self._deadlines = Deadlines(self.limits)
        self._lookahead = Lookahead()

    def begin(self, step: Step) -> None:
        """Turn to a check of a step, with a clean slate."""
        self._step = step
        self._final = None
        self._lease.alone = True
        self._deadlines.begin_check()

    def end(self) -> None:
        """End the child."""
        self._lease.end()

    def restart(self) -> None:
        """End the child in the middle of a check: what it remembers, of any step, is forgotten."""
        self._lease.end()
        self._lease.alone = True

    @property
    def alone(self) -> bool:
        """Whether no other step can have spoiled what the check that is under way has seen."""
        return self._lease.alone

    @alone.setter
    def alone(self, alone: bool) -> None:
        self._lease.alone = alone

    @property
    def settled(self) -> bool:
        """Whether the check failed in a way that will not mend itself (see `do`)."""
        return self._final is not None

    def first_failure(self, judge: Callable[..., None], inputs: Sequence[dict[str, Any]]) -> Failure | None:
        """Try a check on inputs in their order; the calls that it is sure to make are sent ahead, in one go.

        Args:
            judge: called with this examinee and one of the inputs; raises `Failure`.
            inputs: keyword arguments of the judge.
        """
        trials = [functools.partial(judge, self, **one) for one in inputs]
        self._lookahead.plan(trials)
        try:
            for trial in trials:
                trial()
        except Failure as failure:
            return failure
        finally:
            if self._lookahead.waiting:
                self._drop_planned()
        return None

    def call(self, function: str, *args: Any, call: str) -> Any:
        """Call a function of the submission; returns its result.

        Args:
            function: one of the contract's.
            args: its arguments: plain JSON, or what `tokenizer`, `table` and `array` give.
            call: the call as a student would type it.

        Raises:
            Failure: there was no result.
        """
        result, _ = self.parts((object, list), Call(function, args=list(args)), call)
        return result

    def parts(self, kinds: tuple[type, ...], operation: OperationRequest, call: str) -> list[Any]:
        """Like `do`, for an operation that gives a list of just these kinds of values (`object`: any).

        Raises:
            Failure: there was no value, or one of another form, which only a forged reply has.
        """
        value = self.do(operation, call)
        if type(value) is not list or len(value) != len(kinds):
            raise Failure("failed", call, outcome="unfit")
        if not all(kind is object or type(part) is kind for part, kind in zip(value, kinds, strict=True)):
            raise Failure("failed", call, outcome="unfit")
        return value

    def do(self, operation: OperationRequest, call: str, answer: Answerer | None = None) -> Any:
        """Have the child do an operation on a function of the submission; returns what it saw.

        After a failure that will not mend itself (not written, missing, time ran out, process ended) the rest of
        the check fails the same way at once, so that hypothesis does not try it again and again.

        Args:
            operation: which one; the function's module need not be named.
            call: the call as a student would type it.
            answer: answers what the child asks back in the middle of the operation, where it does.

        Raises:
            Failure: there was no value.
        """
        if self._final is not None:
            raise self._final
        request = msgspec.structs.replace(operation, module=ASSIGNMENT.step_of(operation.function).module)
        self._lookahead.note(request, asks_back=answer is not None)
        try:
            reply = self._reply(request, answer or nobody_asked)
            if isinstance(reply, Value):
                return _unpacked(reply)
        except ChildError as error:
            details = {"seconds": self._patience} | error.details
            failure = Failure(error.status, call, outcome=error.outcome, details=details)
            raise (self._settle(failure) if error.lasting else failure) from None
        raise self._failure_of(reply, call)

    def reference_value(self, request: ReferenceLoss | ReferenceLogits) -> Any:
        """What a child of the grader's own, which loads no submission, computes: an array.

        A submission may have brought down the whole fork server with it, so a second one is tried.

        Raises:
            GraderError: it could not.
        """
        known = wire.dumps(request)
        if known in self.pool.known:
            return self.pool.known[known]
        seconds = self.limits.reference_seconds
        try:
            reply = self.pool.reference_child().ask(request, seconds)
        except ChildError:
            reply = self.pool.reference_child().ask(request, seconds)
        value = wire.unpack(reply.value) if isinstance(reply, Value) else None
        if not isinstance(value, wire.Array):
            raise GraderError(
                Bilingual(f"기준값을 구하지 못했습니다: {reply}", f"No reference value could be computed: {reply}")
            )
        if not isinstance(request, ReferenceLoss) or request.weights is None:
            self.pool.known[known] = value.values
        return value.values

    def _reply(self, request: OperationRequest, answer: Answerer) -> Reply | Ask:
        """The reply to a request: to one that was sent ahead, or to a new one."""
        assert self._step is not None
        self._deadlines.require_time()
        child = self._lease.child(self._step)
        if self._lookahead.waiting and not self._lookahead.is_next(request):
            self._drop_planned()
            child = self._lease.child(self._step)
        if not self._lookahead.waiting:
            return child.ask(request, self._seconds(), answer)
        return self._lookahead.reply(child, self._seconds)

    def _drop_planned(self) -> None:
        """End the child that is still at work on calls sent ahead."""
        self._lookahead.drop()
        self._lease.end()

    @property
    def _patience(self) -> float:
        """How many seconds a single call may take."""
        assert self._step is not None
        return self.limits.call_seconds if self._step.tensorflow else self.limits.light_call_seconds

    def _seconds(self) -> float:
        """How many seconds the next call may take, which are fewer where the check or the submission runs out."""
        return self._deadlines.seconds(self._patience)

    def _settle(self, failure: Failure) -> Failure:
        """Have the rest of the check fail in the same way; returns the failure."""
        self._final = failure
        return failure

    def _failure_of(self, reply: Reply | Ask, call: str) -> Failure:
        match reply:
            case Missing(name=name):
                return self._settle(Failure("missing", call, outcome="missing", details={"name": name}))
            case Raised(error=ErrorPlace(type="NotImplementedError")):
                return self._settle(Failure("not_implemented", call, outcome="not_implemented"))
            case Raised(error=error):
                details = self._details_of(error)
                if error.cause is not None and error.cause.file and error.file:
                    details |= {f"cause_{name}": told for name, told in self._details_of(error.cause).items()}
                    return Failure("error", call, outcome="error_with_cause", details=details)
                return Failure("error", call, outcome="error_at" if error.file else "error", details=details)
        return Failure("failed", call, outcome="unfit")

    def _details_of(self, error: ErrorPlace) -> dict[str, Any]:
        """What fills the gaps of the text about an exception."""
        file, line = self.submission.place(error.file, error.line)
        names = ("type", "message", "source")
        return {name: getattr(error, name) for name in names} | {"file": file, "line": line}


EXAMINEE = pytest.StashKey[Examinee]()


def _unpacked(reply: Value) -> Any:
    try:
        return wire.unpack(reply.value)
    except WireError as error:
        raise UnfitError(str(error)) from error

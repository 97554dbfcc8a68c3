"""One hand-in under examination: calls into its child, and how a call may fail."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import pytest

from grader import wire
from grader.assignment import ASSIGNMENT, Step
from grader.bench import Child, ChildError, DiedError, TimedOutError, UnfitError, Workshop
from grader.errors import GraderError
from grader.handin import HandIn

CALL_SECONDS = 60.0
REFEREE_SECONDS = 120.0
SUBMISSION_SECONDS = 900.0
MAX_SHOWN = 300  # characters of a value in a report


@dataclass
class Failure(Exception):  # noqa: N818 -- a verdict on the hand-in, no error of the grader's
    """A check that was not passed, and all that its report says.

    Attributes:
        status: `failed`, `error`, `timeout`, `not_implemented` or `missing`.
        call: the call as a student would type it.
        expected, got: what should have come and what came, as texts.
        diagnosis: the id of a known mistake.
        outcome: the id of the outcome's text in the assignment, where the check's own message does not say it.
        details: what fills that text's gaps.
    """

    status: str
    call: str = ""
    expected: str = ""
    got: str = ""
    diagnosis: str | None = None
    outcome: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


def wrong(call: str, expected: Any, got: Any, diagnosis: str | None = None) -> NoReturn:
    """Fail the check: a call gave something else than it should.

    Raises:
        Failure: always.
    """
    raise Failure("failed", call, show(expected), show(got), diagnosis)


def show(value: Any) -> str:
    """A value as a student would see it, cut where it is long."""
    text = str(value) if type(value) is _Verbatim else _show(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 2] + " …"


class _Verbatim(str):
    """A text that is shown as it is."""

    __slots__ = ()


def verbatim(text: str) -> str:
    """Let `show` print this text without quotes: a description in place of a value."""
    return _Verbatim(text)


def _show(value: Any) -> str:
    match value:
        case wire.Array(kind=kind, values=values):
            return f"{kind} {values.shape} {values.dtype} {values.tolist()}"
        case wire.Integer(value=number):
            return str(number)
        case wire.Other(type=name, text=text):
            return f"{name}: {text}"
        case list():
            return f"[{', '.join(map(_show, value[:200]))}]"
        case tuple():
            return f"({', '.join(map(_show, value[:200]))})"
    return repr(value)


def as_ids(value: Any) -> list[int] | None:
    """A list of integers of any kind as plain integers; `None` for anything else."""
    if type(value) is not list:
        return None
    ids: list[int] = []
    for item in value:
        if type(item) is int:
            ids.append(item)
        elif isinstance(item, wire.Integer):
            ids.append(item.value)
        elif isinstance(item, wire.Array) and item.values.shape == () and item.values.dtype.kind in "iu":
            ids.append(int(item.values))
        else:
            return None
    return ids


def as_array(value: Any) -> Any:
    """The contents of an integer array or tensor; `None` for anything else."""
    return value.values if isinstance(value, wire.Array) and value.values.dtype.kind in "iu" else None


class Examinee:
    """A hand-in as the checks see it: functions that can be called, each step in a child of its own."""

    def __init__(self, hand_in: HandIn, workshop: Workshop) -> None:
        self.hand_in = hand_in
        self.workshop = workshop
        self._step: Step | None = None
        self._child: Child | None = None
        self._final: Failure | None = None
        self._deadline = time.monotonic() + SUBMISSION_SECONDS

    def begin(self, step: Step) -> None:
        """Turn to a check of a step: a new step gets a new child, a new check a clean slate."""
        if self._step is not step:
            self.end()
            self._step = step
        self._final = None

    def end(self) -> None:
        """End the child of the step."""
        if self._child is not None:
            self._child.end()
        self._child = None

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
        assert self._step is not None
        if self._child is None or not self._child.alive:
            full = self._step.tensorflow or self.hand_in.names_tensorflow(self._step.module)
            self._child = self.workshop.child(self.hand_in.message(), tensorflow=full)
        seconds = max(1.0, min(CALL_SECONDS, self._deadline - time.monotonic()))
        message = {"do": operation, "module": self._module_of(function), "function": function, **request}
        try:
            reply = self._child.ask(message, seconds, answer or _no_answer)
            if "value" in reply:
                return wire.unpack(reply["value"])
        except TimedOutError:
            self._fail_finally(Failure("timeout", call, outcome="timeout", details={"seconds": seconds}))
        except DiedError as error:
            self._fail_finally(Failure("error", call, outcome="died", details={"code": error.code}))
        except (UnfitError, wire.WireError):
            raise Failure("failed", call, outcome="unfit") from None
        raise self._failure_of(reply, call)

    def referee(self, operation: str, **request: Any) -> Any:
        """What a child of our own, which loads no submission, computes: an array.

        A submission may have brought down the whole bench with it, so a second one is tried.

        Raises:
            GraderError: it could not.
        """
        message = {"do": operation, **request}
        try:
            reply = self.workshop.referee().ask(message, REFEREE_SECONDS, _no_answer)
        except ChildError:
            reply = self.workshop.referee().ask(message, REFEREE_SECONDS, _no_answer)
        value = wire.unpack(reply["value"]) if "value" in reply else None
        if not isinstance(value, wire.Array):
            raise GraderError(f"기준값을 구하지 못했습니다: {reply}", f"No reference value could be computed: {reply}")
        return value.values

    @staticmethod
    def _module_of(function: str) -> str:
        return ASSIGNMENT.step_of(function).module

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
            case {"raised": {"type": str(), "message": str(), "file": str() as file, "line": int()} as raised}:
                return Failure("error", call, outcome="error_at" if file else "error", details=dict(raised))
        return Failure("failed", call, outcome="unfit")


EXAMINEE = pytest.StashKey[Examinee]()


def _no_answer(_: str, __: list[Any]) -> Any:
    return {"error": "nobody asked"}

"""How a check may fail, and what it says then."""

from dataclasses import dataclass, field
from typing import Any, NoReturn

from grader.inside import wire
from grader.reports.formatting import Namer, compare


@dataclass
class Failure(Exception):  # noqa: N818 -- a verdict on the submission, no error of the grader's
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


def wrong(call: str, expected: Any, got: Any, diagnosis: str | None = None, name: Namer | None = None) -> NoReturn:
    """Fail the check: a call gave something else than it should.

    Args:
        call: the call as a student would type it.
        expected: what should have come.
        got: what came.
        diagnosis: the id of the known mistake that this is.
        name: gives the token of an id, where the values hold ids.

    Raises:
        Failure: always.
    """
    raise Failure("failed", call, *compare(expected, got, name), diagnosis)


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

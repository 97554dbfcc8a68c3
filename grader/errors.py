"""Why grading could not be done, as sentences for the user, and why a child gave no value."""

from typing import Any, ClassVar

from kit.errors import KitError


class GraderError(KitError):
    """Grading could not be done at all; says what, where, and what to do."""


class UnreadableError(KitError):
    """The submission itself could not be read: its report says so, and the run goes on."""


class NotPythonError(ValueError):
    """A source cannot be parsed.

    Attributes:
        message: what Python says of it; empty where it says nothing.
        line: where, counted from 1; 0 where Python does not say.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message, line)
        self.message = message
        self.line = line


class ChildError(Exception):
    """A child could not give a value.

    Attributes:
        status: what a check's report says of it: `failed`, `error` or `timeout`.
        outcome: the id of the sentence in the assignment that explains it.
        details: what fills the gaps of that sentence.
        lasting: whether asking again within the same check could only give the same.
    """

    status: ClassVar[str] = "error"
    outcome: ClassVar[str]
    lasting: ClassVar[bool] = True

    def __init__(self, **details: Any) -> None:
        super().__init__(details)
        self.details = details


class TimedOutError(ChildError):
    """It did not answer in time and was ended; `seconds` where it was another time than a call usually has."""

    status = outcome = "timeout"

    def __init__(self, seconds: float | None = None) -> None:
        super().__init__(**{} if seconds is None else {"seconds": seconds})


class UnmeasuredError(ChildError):
    """What it keeps on the disk could not be measured in so many seconds; the child has been ended."""

    status, outcome = "timeout", "unmeasured"

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds=seconds)


class DiedError(ChildError):
    """Its process ended, with this exit code: negative for a signal."""

    outcome = "died"

    def __init__(self, code: int) -> None:
        super().__init__(code=code)


class UnfitError(ChildError):
    """It sent what cannot be read, for this reason."""

    status, outcome, lasting = "failed", "unfit", False

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


class OverfullError(ChildError):
    """It kept more than so many bytes on the disk; the child has been ended."""

    outcome = "overfull"

    def __init__(self, allowed: int) -> None:
        super().__init__(megabytes=allowed >> 20)


class OutdatedError(KeyboardInterrupt):
    """What is being graded is no longer what counts: as an interruption it ends the run of all checks at once."""

"""Why grading could not be done, as sentences for the user, and why a child gave no value."""

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
    """A child could not give a value."""


class TimedOutError(ChildError):
    """It did not answer in time and was ended."""


class UnmeasuredError(ChildError):
    """What it keeps on the disk could not be measured in time; the child has been ended."""


class DiedError(ChildError):
    """Its process ended.

    Attributes:
        code: the exit code, negative for a signal.
    """

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class UnfitError(ChildError):
    """It sent what cannot be read."""


class OverfullError(ChildError):
    """It kept too much on the disk; the child has been ended."""


class OutdatedError(KeyboardInterrupt):
    """What is being graded is no longer what counts: as an interruption it ends the run of all checks at once."""

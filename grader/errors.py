"""Why grading could not be done: a sentence for the user, never a traceback."""

from kit import KitError


class GraderError(KitError):
    """Grading could not be done at all; says what, where, and what to do."""


class UnreadableError(KitError):
    """The submission itself could not be read: its report says so, and the run goes on."""

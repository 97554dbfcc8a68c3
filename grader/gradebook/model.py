"""The records that the parts of the gradebook hand to each other."""

import msgspec

from grader.reports.report import Report
from kit.messages import Bilingual


class Person(msgspec.Struct, frozen=True):
    """Whose submission it is.

    Attributes:
        id: the roster's key (a student number), or what the submission's name gives where there is no roster.
        name: as people write it.
        email: empty where it is not known.
        columns: the roster's other columns.
    """

    id: str
    name: str = ""
    email: str = ""
    columns: dict[str, str] = {}


class Arrival(msgspec.Struct, frozen=True):
    """The submission that counts for a person.

    Attributes:
        name: how the report calls it: unique in the class, fit for a file name.
        path: of the file or folder, relative to the folder of submissions.
        handed_in: ISO 8601, where the name or the file tells.
        late: whether the LMS marked it so.
        older: paths of the same person's other submissions, which do not count.
        doubt: why one of these may be the newer one.
    """

    name: str
    path: str
    person: Person
    handed_in: str = ""
    late: bool = False
    older: tuple[str, ...] = ()
    doubt: Bilingual | None = None


class Quarantine(msgspec.Struct, frozen=True):
    """An entry that is not graded, that nobody on the roster is known to have handed in, or that may not be the newest.

    Attributes:
        path: relative to the folder of submissions, as text.
        reason: for the TA.
        person: whose it is, where the name tells.
    """

    path: str
    reason: Bilingual
    person: Person | None = None


class Override(msgspec.Struct, frozen=True):
    """Points given by hand.

    Attributes:
        person: the person's id, or the submission's name.
        target: the id of a step or of a check.
        points: what counts instead of the grader's.
        note: why; shown in the report.
    """

    person: str
    target: str
    points: float
    note: str = ""


class Entry(msgspec.Struct, frozen=True):
    """A line of the gradebook.

    Attributes:
        report: what the grader found; its points are the grader's own.
        score: what counts: the report's, with the overrides.
        overrides: those that were applied.
        quarantined: why the submission could not be graded; its score is 0 then.
    """

    arrival: Arrival
    report: Report
    score: float
    overrides: tuple[Override, ...] = ()
    quarantined: Bilingual | None = None

    @property
    def reason(self) -> Bilingual | None:
        """Why the submission could not be graded; None where it was."""
        return self.report.why_unreadable if self.quarantined is None else self.quarantined


class NotGraded(msgspec.Struct, frozen=True):
    """The people without a submission, and what arrived but does not count.

    Attributes:
        missing: people of the roster without a submission.
        set_aside: what arrived and is no submission, is nobody's on the roster, or may not be the newest of its person.
    """

    missing: tuple[Person, ...] = ()
    set_aside: tuple[Quarantine, ...] = msgspec.field(default=(), name="aside")  # as grades.sqlite has it

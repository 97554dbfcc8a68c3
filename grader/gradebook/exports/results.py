"""An entry as the exports write it: results whose points add up to the score that counts, and texts for people."""

import json
from datetime import UTC, datetime

import msgspec

from grader.assignment import ASSIGNMENT
from grader.gradebook.model import Entry, Override
from grader.gradebook.overrides import ScorePart, parts
from grader.reports.formatting import number
from grader.reports.report import CheckReport
from grader.reports.terminal import WORDS
from kit.messages import Bilingual, Language

UNREADABLE = "unreadable"
MANUAL = Bilingual("수동 채점", "graded by hand")


class ExportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Settings that some of the formats need.

    Attributes:
        language: of the texts.
        column: which column of the LMS's file to fill: its name, or a part of it.
        assignment: how the assignment is called.
        classroom: the short name of the classroom (Classroom 50).
        now: the moment that stands where nothing says when a submission came.
    """

    language: Language = "ko"
    column: str = ""
    assignment: str = "kogpt2-lab"
    classroom: str = "kogpt2-lab"
    now: datetime = msgspec.field(default_factory=lambda: datetime.now(UTC))


class Exported(msgspec.Struct, frozen=True):
    """What an export made.

    Attributes:
        files: contents by name; a name may hold `/`.
        notes: what the reader should know, such as who was not found.
    """

    files: dict[str, bytes]
    notes: tuple[Bilingual, ...] = ()


class Result(msgspec.Struct, frozen=True):
    """One check, or one step whose points were given by hand.

    Attributes:
        id: of the check or the step.
        step: the step's id.
        status: the check's, `manual` for a step graded by hand, `unreadable` where the submission could not be read.
        text: what went wrong, and what was changed by hand; empty where there is nothing to say.
    """

    id: str
    step: str
    title: str
    status: str
    points: float
    max_points: int
    text: str = ""
    diagnosis: str | None = None

    @property
    def full(self) -> bool:
        """Whether it has all points."""
        return self.points >= self.max_points

    @property
    def message(self) -> str:
        """The first line of its text."""
        return self.text.split("\n", 1)[0]


def results_of(entry: Entry, language: Language) -> list[Result]:
    """The results of a submission, in the assignment's order; their points add up to the entry's score."""
    return [_result(part, entry, language) for part in parts(entry.report, entry.overrides)]


def _result(part: ScorePart, entry: Entry, language: Language) -> Result:
    step = next(step for step in ASSIGNMENT.steps if step.id == part.step)
    title = step.title[language] + (f" · {part.check}" if part.check else "")
    lines = [] if part.override is None else [by_hand(part.override, language)]
    if part.graded is not None:
        status, diagnosis = str(part.graded.status), part.graded.diagnosis
        lines += explained(part.graded, language)
    else:
        status, diagnosis = ("manual" if part.override else UNREADABLE), None
        lines += [entry.reason[language]] if entry.reason is not None else []
    return Result(
        part.check or part.step, part.step, title, status, part.points, part.max_points, "\n".join(lines), diagnosis
    )


def explained(check: CheckReport, language: Language) -> list[str]:
    """What the report says of a check, line by line."""
    lines = [check.message[language]] if check.message is not None else []
    diagnosis = ASSIGNMENT.diagnoses.get(check.diagnosis or "")
    lines += [f"→ {diagnosis[language]}"] if diagnosis is not None else []
    if check.counterexample is not None:
        lines.append(f">>> {check.counterexample.call}")
        for name in ("expected", "got"):
            value = getattr(check.counterexample, name)
            lines += [f"{WORDS[name][language]}: {value}"] if value else []
    lines += [f"{WORDS['hint'][language]}: {check.hint[language]}"] if check.hint is not None else []
    return lines


def by_hand(override: Override, language: Language) -> str:
    """An override as a sentence for people."""
    note = f" ({override.note})" if override.note else ""
    return f"{MANUAL[language]}: {override.target} {number(override.points)}{note}"


def instant(text: str) -> datetime | None:
    """The moment that an ISO 8601 text tells, in UTC, also where it names no offset; None for any other text."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def json_of(data: dict[str, object]) -> bytes:
    """Indented JSON in UTF-8; half a character, which a submission's own values may hold, becomes `?`."""
    return json.dumps(data, ensure_ascii=False, allow_nan=False, indent=2).encode("utf-8", "replace") + b"\n"


def joined(names: list[str]) -> str:
    """Names as a list that stays readable: the first ones, and how many more there are."""
    shown = "; ".join(names[:20])
    return shown if len(names) <= 20 else f"{shown}; … (+{len(names) - 20})"

"""Finding each person's row in a file that an LMS gave."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from grader.gradebook import columns
from grader.gradebook.csv_file import unwrapped
from grader.gradebook.model import Arrival

OF_LMS = {  # the LMS's own number of a person, in the names that it gives to what it lets download
    "canvas": re.compile(r"(?:^|/)[^/_]+_(?:LATE_)?(\d+)_\d+_[^/]*"),
    "moodle": re.compile(r"_(\d+)_assignsubmission_"),
}
TEST_STUDENT = "student,test"
UNCLEAR = -1  # in place of a row


class RosterRow(msgspec.Struct, frozen=True):
    """What a row of the file says of its person.

    Attributes:
        row: its number.
        ids: the values by the kind of their column.
        names: the ways to write the person's name.
        shown: how to call the row in a note.
    """

    row: int
    ids: dict[str, str]
    names: frozenset[str]
    shown: str


class Pairs(msgspec.Struct, frozen=True):
    """Which row belongs to which submission.

    Attributes:
        rows: the row of each submission that was found, by the submission's name.
        unclear: submissions that fit more than one row, or share one.
        missing: submissions that fit none.
    """

    rows: dict[str, int]
    unclear: list[str]
    missing: list[str]


def plain(text: str) -> str:
    """As people mean it: composed, without differences of case and space."""
    return " ".join(columns.plain(text).split())


def line_of(row: int, cells: list[str], places: Mapping[str, int]) -> RosterRow | None:
    """What a row says of its person; None for a row about nobody: a heading, points possible, the test student.

    Args:
        row: its number.
        cells: what stands in it.
        places: where the file tells what of a person (`columns.people_in_lms_file`).
    """
    cell = {kind: unwrapped(cells[place]) for kind, place in places.items() if place < len(cells)}
    cell = {kind: text for kind, text in cell.items() if text}
    names = [cell.pop(kind, "") for kind in ("name", "last", "first")]
    if not cell or plain(names[0]).replace(" ", "") == TEST_STUDENT:
        return None
    if "moodle" in cell:
        digits = re.search(r"\d+$", cell["moodle"])
        cell["moodle"] = digits[0] if digits else cell["moodle"]
    full = names[0] if not names[1] else f"{names[1]}, {names[2] or names[0]}"
    ids = {kind: plain(text) for kind, text in cell.items()}
    return RosterRow(row, ids, frozenset(spellings(full)), full or next(iter(cell.values())))


def spellings(name: str) -> set[str]:
    """The ways to write a name, without spaces and with either part first: `Hong, Gildong` is also `gildonghong`."""
    words = [part.replace(" ", "") for part in plain(name).split(",")]
    return {"".join(order) for order in (words, words[::-1])} - {""}


def paired(arrivals: Iterable[Arrival], lines: list[RosterRow]) -> Pairs:
    """Find each submission's row: by an id or e-mail address, else by a name that one row and one person alone have.

    Where a kind of id leads to some people's rows, a row with another id of that kind is somebody else's, whatever
    the name.
    """
    arrivals = list(arrivals)
    called = Counter(spelling for arrival in arrivals for spelling in spellings(arrival.person.name))
    known: dict[tuple[str, str], set[int]] = {}
    for line in lines:
        for kind, text in line.ids.items():
            known.setdefault((kind, text), set()).add(line.row)
    by_id = {arrival.name: _fitting(arrival, known) for arrival in arrivals}
    telling = {kind for fits in by_id.values() for _, kind in fits}
    rows_of = {}
    for arrival in arrivals:
        rows = {row for row, _ in by_id[arrival.name]} or _namesakes(arrival, lines, telling)
        alone = all(called[spelling] == 1 for spelling in spellings(arrival.person.name))
        rows_of[arrival.name] = rows if by_id[arrival.name] or alone or not rows else rows | {UNCLEAR}
    claims = Counter(row for rows in rows_of.values() if len(rows) == 1 for row in rows)
    sure = {name: row for name, rows in rows_of.items() for row in rows if len(rows) == 1 == claims[row] and row >= 0}
    unclear = [name for name, rows in rows_of.items() if rows and name not in sure]
    return Pairs(sure, unclear, [name for name, rows in rows_of.items() if not rows])


def _fitting(arrival: Arrival, known: Mapping[tuple[str, str], set[int]]) -> set[tuple[int, str]]:
    """The rows that have an id of the submission's person, and its kind.

    `known` holds the rows by kind and id.
    """
    return {
        (row, kind) for kind in columns.KINDS for text in _values(arrival, kind) for row in known.get((kind, text), ())
    }


def _namesakes(arrival: Arrival, lines: list[RosterRow], telling: set[str]) -> set[int]:
    """The rows with the person's name; `UNCLEAR` in place of one whose id may be another person's."""
    spelled = spellings(arrival.person.name)
    return {
        UNCLEAR if any(_values(arrival, kind) for kind in telling & line.ids.keys()) else line.row
        for line in lines
        if line.names & spelled
    }


def _values(arrival: Arrival, kind: str) -> set[str]:
    """The texts by which a person may stand in a column of that kind."""
    person = arrival.person
    values = {text for title, text in person.columns.items() if columns.in_lms_file(title) == kind}
    given = OF_LMS[kind].search(arrival.path) if kind in OF_LMS else None
    values |= {given[1]} if given is not None else {person.id, person.email}
    return {plain(text) for text in values if text.strip() and (kind != "email" or "@" in text)}

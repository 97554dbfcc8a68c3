"""The whole class as one table: nbgrader's columns, and a plain one for a spreadsheet."""

import csv
import io

from grader.assignment import ASSIGNMENT
from grader.gradebook.columns import in_roster
from grader.gradebook.csv_file import BOM
from grader.gradebook.exports.results import Exported, ExportOptions, by_hand, instant
from grader.gradebook.model import Entry, Person
from grader.gradebook.overrides import parts
from grader.reports.formatting import number
from kit.messages import Bilingual

FORMULA = ("=", "+", "-", "@", "\t", "\r")
NBGRADER = ["assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"]
NBGRADER += ["raw_score", "late_submission_penalty", "score", "max_score"]
HEADERS = {
    "id": Bilingual("학번", "id"),
    "name": Bilingual("이름", "name"),
    "email": Bilingual("이메일", "email"),
    "submission": Bilingual("제출물", "submission"),
    "handed_in": Bilingual("제출 시각", "handed in"),
    "late": Bilingual("지각", "late"),
    "score": Bilingual("총점", "score"),
    "max_score": Bilingual("만점", "max score"),
    "overrides": Bilingual("수동 채점", "graded by hand"),
    "reason": Bilingual("채점하지 못한 까닭", "why not graded"),
}
LATE = Bilingual("예", "yes")


def nbgrader(entries: list[Entry], options: ExportOptions) -> Exported:
    """`grades.csv` with the columns of `nbgrader export` (its CsvExportPlugin); both scores hold points given by hand.

    A name that the roster does not divide is divided at its comma, or before its last word, or is all last name.
    """
    rows = [NBGRADER]
    for entry in entries:
        person, moment = entry.arrival.person, instant(entry.arrival.handed_in)
        last, first = divided(person)
        score = str(float(entry.score))
        when = f"{moment:%Y-%m-%d %H:%M:%S}" if moment is not None else ""
        who = [person.id, last, first, person.email]
        rows.append([options.assignment, "", when, *who, score, "0.0", score, str(float(entry.report.max_score))])
    return Exported({"grades.csv": _written(rows, "\n")})


def plain(entries: list[Entry], options: ExportOptions) -> Exported:
    """`grades.csv` for Excel: a line for each person, with the points of each step."""
    titles = {name: text[options.language] for name, text in HEADERS.items()}
    steps = {step.id: step.id for step in ASSIGNMENT.steps}
    order = ["id", "name", "email", "submission", "handed_in", "late", *steps, "score", "max_score"]
    order += ["overrides", "reason"]
    rows = [[(titles | steps)[name] for name in order]]
    for entry in entries:
        cells = _cells(entry, options)
        rows.append([cells[name] for name in order])
    return Exported({"grades.csv": BOM.encode() + _written(rows, "\r\n")})


def _cells(entry: Entry, options: ExportOptions) -> dict[str, str]:
    person = entry.arrival.person
    points = dict.fromkeys((step.id for step in ASSIGNMENT.steps), 0.0)
    for part in parts(entry.report, entry.overrides):
        points[part.step] += part.points
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "submission": entry.arrival.name,
        "handed_in": entry.arrival.handed_in,
        "late": LATE[options.language] if entry.arrival.late else "",
        **{step: number(value) for step, value in points.items()},
        "score": number(entry.score),
        "max_score": number(entry.report.max_score),
        "overrides": "; ".join(by_hand(override, options.language) for override in entry.overrides),
        "reason": entry.reason[options.language] if entry.reason is not None else "",
    }


def divided(person: Person) -> tuple[str, str]:
    """The last and the first name."""
    columns = [(in_roster(title), value.strip()) for title, value in person.columns.items()]
    last, first = (next((value for kind, value in columns if kind == part and value), "") for part in ("last", "first"))
    if last or first:
        return last, first
    if "," in person.name:
        last, first = person.name.split(",", 1)
        return last.strip(), first.strip()
    first, _, last = person.name.strip().rpartition(" ")
    return last, first


def _written(rows: list[list[str]], line_end: str) -> bytes:
    return "".join(_line([inert(cell) for cell in row]) + line_end for row in rows).encode("utf-8", "replace")


def _line(cells: list[str]) -> str:
    r"""A row without its line end; a cell with `\r` is quoted whatever that is, or a new row would begin in it."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n")


def inert(cell: str) -> str:
    """The cell, with an apostrophe in front where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell

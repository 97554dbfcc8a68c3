"""Points given by hand: `overrides.csv`. They always win, and grading again leaves them."""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import msgspec

from grader.assignment import ASSIGNMENT, Step
from grader.errors import GraderError
from grader.gradebook.columns import by_hand, plain
from grader.gradebook.csv_file import Sheet, unwrapped
from grader.gradebook.model import Arrival, Override
from grader.reports.report import CheckReport, Report
from kit.messages import Bilingual

OPTIONAL = "note"
NUMBER = re.compile(r"\d+\.?\d*|\.\d+", re.ASCII)


class ScorePart(msgspec.Struct, frozen=True):
    """What a score is the sum of: a check, or a step whose points were given by hand.

    Attributes:
        check: the check's id; None for a step that was overridden as a whole.
        graded: what the grader says of the check, where it says something.
        override: what replaced the grader's points.
    """

    step: str
    check: str | None
    points: float
    max_points: int
    graded: CheckReport | None = None
    override: Override | None = None


def read_overrides(path: Path, arrivals: Iterable[Arrival] | None = None) -> list[Override]:
    """Read the points that were given by hand.

    The first line names the columns: person, step or check, points, and, where wanted, note (or 학번, 항목, 점수,
    비고; see `columns.BY_HAND`), in any order. The file may be UTF-8, UTF-16 or CP949.

    Args:
        path: the file.
        arrivals: the class's submissions; where they are given, a person who is none of theirs is an error.

    Raises:
        GraderError: the file, its first line or one of its lines cannot be used; says which.
    """
    try:
        sheet = Sheet(path.read_bytes(), path.name)
    except OSError as error:
        raise GraderError(
            Bilingual(
                f"{path} 을(를) 읽을 수 없습니다 ({error.strerror}). 경로를 확인해 주세요.",
                f"{path} cannot be read ({error.strerror}): check the path.",
            ),
        ) from error
    known = None if arrivals is None else _owners(arrivals)
    rows = [(_Line(path.name, sheet.lines[number]), sheet.row(number)) for number in range(len(sheet))]
    rows = [(line, cells) for line, cells in rows if any(cell.strip() for cell in cells)]
    columns = _columns(rows[0][1] if rows else [], path.name)
    overrides: dict[tuple[str, str], Override] = {}
    for line, cells in rows[1:]:
        override = _override(line, cells, columns, known)
        key = (plain(override.person), override.target)
        if key in overrides:
            raise line.wrong(
                Bilingual(
                    f"{override.person} 의 {override.target} 점수가 두 번 나옵니다. 한 줄만 남겨 주세요.",
                    f"{override.target} of {override.person} comes twice; leave one line.",
                )
            )
        overrides[key] = override
    return list(overrides.values())


def overrides_of(arrival: Arrival, overrides: Iterable[Override]) -> tuple[Override, ...]:
    """The overrides that are meant for a submission: they name its person's id, or the submission."""
    names = {plain(arrival.person.id), plain(arrival.name)}
    return tuple(override for override in overrides if plain(override.person) in names)


def apply(report: Report, overrides: Collection[Override]) -> tuple[float, tuple[Override, ...]]:
    """The score that counts, and the overrides that made it.

    Args:
        report: what the grader found.
        overrides: of this submission (`overrides_of`). One of a step replaces the whole step, whatever its checks
            were given; of two for the same, the last counts.
    """
    counted = parts(report, overrides)
    applied = tuple(part.override for part in counted if part.override is not None)
    return float(sum(part.points for part in counted)), applied


def parts(report: Report, overrides: Iterable[Override]) -> list[ScorePart]:
    """The parts that add up to the score, in the assignment's order; all of them, also of an unreadable submission."""
    by_target = {override.target: override for override in overrides}
    reports = {check.id: check for step in report.steps for check in step.checks}
    return [part for step in ASSIGNMENT.steps for part in _parts_of(step, reports, by_target)]


def _parts_of(step: Step, reports: Mapping[str, CheckReport], by_target: Mapping[str, Override]) -> list[ScorePart]:
    whole = by_target.get(step.id)
    if whole is not None:
        return [ScorePart(step.id, None, whole.points, step.points, override=whole)]
    return [
        _part(step.id, check.id, check.points, reports.get(check.id), by_target.get(check.id)) for check in step.checks
    ]


def _part(step: str, check: str, max_points: int, graded: CheckReport | None, override: Override | None) -> ScorePart:
    points = override.points if override is not None else graded.points if graded is not None else 0
    return ScorePart(step, check, points, max_points, graded, override)


class _Line(msgspec.Struct, frozen=True):
    """Where an error is."""

    file: str
    number: int

    def wrong(self, what: Bilingual) -> GraderError:
        return GraderError(
            Bilingual(f"{self.file} {self.number}번째 줄: {what.ko}", f"{self.file}, line {self.number}: {what.en}")
        )


def _owners(arrivals: Iterable[Arrival]) -> dict[str, set[str]]:
    """The submissions' names, by each person's id and each submission's name that stands for them."""
    owners: dict[str, set[str]] = {}
    for arrival in arrivals:
        for name in (arrival.person.id, arrival.name):
            owners.setdefault(plain(name), set()).add(arrival.name)
    return owners


def _columns(cells: list[str], file: str) -> dict[str, int]:
    """Where each column is.

    Raises:
        GraderError: one that is needed is not there, or comes twice.
    """
    columns: dict[str, int] = {}
    for column, places in by_hand(cells).items():
        if len(places) == 1:
            columns[column] = places[0]
        elif places or column != OPTIONAL:
            raise GraderError(
                Bilingual(
                    f"{file}: 첫 줄에 학번, 항목, 점수 열이 하나씩 있어야 합니다 (비고는 없어도 됩니다).",
                    f"{file}: its first line must name the columns person, step or check, points, each once"
                    " (note may be missing).",
                ),
            )
    return columns


def _override(line: _Line, cells: list[str], columns: dict[str, int], known: dict[str, set[str]] | None) -> Override:
    """The override in a line.

    Raises:
        GraderError: it names nobody, nothing, or points that there are not.
    """
    cell = {name: unwrapped(cells[place]) if place < len(cells) else "" for name, place in columns.items()}
    owners = None if known is None else known.get(plain(cell["person"]), set())
    if not cell["person"] or (owners is not None and not owners):
        raise line.wrong(
            Bilingual(
                f"'{cell['person']}' 의 제출물이 없습니다. 학번이나 제출물의 이름을 확인해 주세요.",
                f"there is no submission of '{cell['person']}': check the person's id or the submission's name.",
            )
        )
    if owners is not None and len(owners) > 1:
        raise line.wrong(
            Bilingual(
                f"'{cell['person']}' 은(는) 둘 이상의 제출물을 가리킵니다 ({', '.join(sorted(owners))}).",
                f"'{cell['person']}' stands for more than one submission ({', '.join(sorted(owners))}).",
            )
        )
    target, most = _target(line, cell["target"])
    return Override(cell["person"], target, _points(line, cell["points"], most), cell.get(OPTIONAL, ""))


def _target(line: _Line, text: str) -> tuple[str, int]:
    """The step's or check's id that a text means, and the most points that it can give.

    Raises:
        GraderError: there is none of that id.
    """
    most = {step.id: step.points for step in ASSIGNMENT.steps}
    most |= {check.id: check.points for _, check in ASSIGNMENT.checks.values()}
    target = text.lower()
    if target not in most:
        steps = ", ".join(step.id for step in ASSIGNMENT.steps)
        raise line.wrong(
            Bilingual(
                f"'{text}' 은(는) 단계도 검사도 아닙니다. 단계: {steps}. 검사는 framing.eos 처럼 적습니다.",
                f"'{text}' is neither a step nor a check. Steps: {steps}; a check is written like framing.eos.",
            )
        )
    return target, most[target]


def _points(line: _Line, text: str, most: int) -> float:
    """The points that a text means: from 0 to the most that there are.

    Raises:
        GraderError: it is another number, or none.
    """
    decimal = text.replace(",", ".")  # as a spreadsheet may write it
    points = float(decimal) if NUMBER.fullmatch(decimal) else math.inf
    if points > most:
        raise line.wrong(
            Bilingual(
                f"점수 '{text}' 은(는) 0에서 {most}까지의 수여야 합니다.",
                f"the points '{text}' must be a number from 0 to {most}.",
            )
        )
    return points

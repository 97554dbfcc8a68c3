"""The pages of a class: one for each person, and `index.html` for those who teach; both languages in each.

A page loads nothing: style, script and figures stand in it, and its policy forbids the rest, so that
nothing that a submission says could run either. What submissions say is escaped everywhere.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from grader.assignment import ASSIGNMENT, Step
from grader.errors import GraderError
from grader.gradebook.model import Entry, NotGraded, Override
from grader.gradebook.overrides import parts
from grader.gradebook.pages.figures import StepBar, histogram, step_bars
from grader.reports.formatting import number
from grader.reports.html import (
    LANGUAGES,
    STATES,
    diagnosis_text,
    left_to_do,
    rendered,
    write_page,
)
from grader.reports.report import CheckReport, StepReport
from kit.messages import Bilingual, Language

if TYPE_CHECKING:
    from grader.gradebook.similarity.pairs import Pair  # NumPy is not needed to write of it

TEMPLATES = Path(__file__).with_name("templates")
MOST_MISTAKES = 10  # how many of the frequent mistakes the class page shows
MOST_SLOW = 10
MOST_PAIRS = 20
SLOW = 2  # times the median
BADGES = {
    "quarantined": Bilingual("채점 못 함", "not graded"),
    "late": Bilingual("늦음", "late"),
    "manual": Bilingual("직접 매김", "by hand"),
    "older": Bilingual("여러 번 냄", "handed in again"),
}


NOTHING = NotGraded()


class Mistake(NamedTuple):
    """A mistake that several people made, with the shortest example of it."""

    step: StepReport
    text: Bilingual
    people: int
    check: CheckReport
    entry: Entry


class Manual(NamedTuple):
    """Points given by hand, as a page shows them."""

    title: Bilingual
    target: str
    graders: str
    counts: str
    note: str


def write_pages(
    entries: Sequence[Entry],
    out: Path,
    language: Language,
    pairs: "Sequence[Pair]" = (),
    not_graded: NotGraded = NOTHING,
) -> None:
    """Write `index.html`, and `reports/NAME.html` for each submission.

    Args:
        entries: the class, in any order.
        out: the folder; it is made where it is not there.
        language: the one that a page opens in; a reader may turn to the other.
        pairs: submissions that resemble each other, the likest first; `similar.html` shows them side by side.
        not_graded: what there is of the class besides.

    Raises:
        GraderError: a page cannot be written, or a submission's name is no file name.
    """
    for entry in entries:
        write_page(out / "reports" / file_name(entry), student_page(entry, language))
    write_page(out / "index.html", class_page(entries, language, pairs, not_graded))


def file_name(entry: Entry) -> str:
    """What a submission's page is called.

    Raises:
        GraderError: the submission's name is no file name.
    """
    name = entry.arrival.name
    if not name or Path(name).name != name or "\\" in name or "\0" in name:
        raise GraderError(
            Bilingual(
                f"제출물의 이름 {name!r} 은(는) 파일 이름으로 쓸 수 없습니다. 제출물의 이름을 바꾸어 주세요.",
                f"The submission's name {name!r} is no file name: rename the submission.",
            ),
        )
    return f"{name}.html"


def student_page(entry: Entry, language: Language) -> str:
    """The page of one submission, for the person who handed it in."""
    return _render(
        "student.html",
        language=language,
        entry=entry,
        report=entry.report,
        reason=entry.reason,
        given={override.target: override.points for override in entry.overrides},
        manuals=[_manual(override, entry) for override in entry.overrides],
        **left_to_do(entry.report.steps),
    )


def class_page(
    entries: Sequence[Entry],
    language: Language,
    pairs: "Sequence[Pair]" = (),
    not_graded: NotGraded = NOTHING,
) -> str:
    """The page of the whole class, for those who teach."""
    entries = sorted(entries, key=lambda entry: (entry.arrival.person.id, entry.arrival.name))
    graded = [entry for entry in entries if entry.reason is None]
    scores = [entry.score for entry in graded]
    bars = [_step_bar(step, graded) for step in ASSIGNMENT.steps]
    return _render(
        "class.html",
        language=language,
        entries=entries,
        facts=_facts(entries, scores, len(not_graded.missing)),
        drawn=[
            (
                Bilingual("점수의 분포", "Distribution of scores"),
                {spoken: histogram(scores, ASSIGNMENT.points, spoken) for spoken in LANGUAGES},
            ),
            (
                Bilingual(
                    "단계별 통과율 (초록: 모두 맞음, 파랑: 일부)",
                    "Pass rate of each step (green: all points, blue: some)",
                ),
                {spoken: step_bars(bars, spoken) for spoken in LANGUAGES},
            ),
        ],
        steps=ASSIGNMENT.steps,
        quarantined=[entry for entry in entries if entry.reason is not None],
        not_graded=not_graded,
        frequent=frequent_mistakes(graded),
        slow=slow(graded),
        pairs=pairs[:MOST_PAIRS],
        more=len(pairs) - MOST_PAIRS,
    )


def counted(step_id: str, entry: Entry) -> float:
    """The points of a step that count: those given by hand, else the grader's."""
    return sum(part.points for part in parts(entry.report, entry.overrides) if part.step == step_id)


def frequent_mistakes(entries: Sequence[Entry]) -> list[Mistake]:
    """What most people got wrong, the most frequent first; blocks not yet written are no mistakes."""
    cases_of: dict[tuple[str, str], list[tuple[Entry, StepReport, CheckReport]]] = {}
    for entry in entries:
        for step in entry.report.steps:
            for check in step.checks:
                if check.is_mistake:
                    kind = check.diagnosis or (check.id if check.status == "failed" else check.status)
                    cases_of.setdefault((step.id, kind), []).append((entry, step, check))
    order = {step.id: place for place, step in enumerate(ASSIGNMENT.steps)}
    mistakes = [_mistake(cases) for cases in cases_of.values()]
    mistakes.sort(key=lambda mistake: (-mistake.people, order.get(mistake.step.id, len(order)), mistake.text.ko))
    return mistakes[:MOST_MISTAKES]


def slow(entries: Sequence[Entry]) -> list[Entry]:
    """Those that took much longer than most, the slowest first."""
    limit = SLOW * median([entry.report.seconds for entry in entries] or [0])
    late = [entry for entry in entries if entry.report.seconds > limit]
    return sorted(late, key=lambda entry: (-entry.report.seconds, entry.arrival.name))[:MOST_SLOW]


def _mistake(cases: list[tuple[Entry, StepReport, CheckReport]]) -> Mistake:
    entry, step, check = min(cases, key=_length)
    text = STATES[check.status] if check.diagnosis is None else diagnosis_text(check.diagnosis)
    return Mistake(step, text, len({case[0].arrival.name for case in cases}), check, entry)


def _length(case: tuple[Entry, StepReport, CheckReport]) -> tuple[bool, int, str]:
    """A short example is a good one; a call says more than none."""
    example = case[2].counterexample
    length = 0 if example is None else len(example.call) + len(example.expected) + len(example.got)
    return example is None, length, case[0].arrival.name


def _step_bar(step: Step, graded: Sequence[Entry]) -> StepBar:
    points = [counted(step.id, entry) for entry in graded]
    full = sum(value >= step.points for value in points)
    return StepBar(step.title, full, sum(value > 0 for value in points) - full, len(points))


def _facts(entries: Sequence[Entry], scores: Sequence[float], missing: int) -> list[tuple[Bilingual, str]]:
    late = sum(entry.arrival.late for entry in entries)
    facts = [
        (Bilingual("제출", "submissions"), str(len(entries))),
        (Bilingual("채점 못 함", "not graded"), str(len(entries) - len(scores))),
        (Bilingual("미제출", "missing"), str(missing)),
        (Bilingual("늦게 냄", "late"), str(late)),
    ]
    if scores:
        facts += [
            (Bilingual("평균", "mean"), f"{mean(scores):.1f}"),
            (Bilingual("중앙값", "median"), number(median(scores))),
            (Bilingual("만점", "full score"), str(sum(score >= ASSIGNMENT.points for score in scores))),
        ]
    return facts


def _manual(override: Override, entry: Entry) -> Manual:
    """What an override says, beside what the grader found."""
    steps = {step.id: step for step in entry.report.steps}
    points: dict[str, int] = {step.id: step.points for step in steps.values()}
    points |= {check.id: check.points for step in steps.values() for check in step.checks}
    title = Bilingual(override.target, override.target)
    for step in ASSIGNMENT.steps:
        if override.target == step.id or override.target in (check.id for check in step.checks):
            title = step.title
    graders = str(points.get(override.target, 0))
    return Manual(title, override.target, graders, number(override.points), override.note)


def label(entry: Entry) -> str:
    """What a person is called: by name, else by id, else by the submission."""
    return entry.arrival.person.name or entry.arrival.person.id or entry.arrival.name


def moment(entry: Entry) -> str:
    """When it was handed in, to the minute, as people write it."""
    return re.sub(r"T(\d\d:\d\d).*", r" \1", entry.arrival.handed_in)


def _href(entry: Entry) -> str:
    return f"reports/{quote(file_name(entry), errors='backslashreplace')}"


def _badges(entry: Entry) -> list[Bilingual]:
    shown = {
        "quarantined": entry.reason is not None,
        "late": entry.arrival.late,
        "manual": bool(entry.overrides),
        "older": bool(entry.arrival.older),
    }
    return [BADGES[name] for name, holds in shown.items() if holds]


def _cells(entry: Entry) -> list[tuple[float | None, int]]:
    """The points of each step that count, and the most there are; none where nobody graded it."""
    known = {step.id for step in entry.report.steps}
    known |= {part.step for part in parts(entry.report, entry.overrides) if part.override is not None}
    return [(counted(step.id, entry) if step.id in known else None, step.points) for step in ASSIGNMENT.steps]


def _render(name: str, /, **values: Any) -> str:
    known = {"counted": counted, "label": label, "moment": moment}
    known |= {"href": _href, "badges": _badges, "cells": _cells}
    return rendered(name, TEMPLATES, **(known | values))

"""Grading a class: what is new or changed is graded, and each report is kept the moment it is made."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from grader.assignment import Text
from grader.errors import GraderError, UnreadableError
from grader.gradebook.model import Arrival
from grader.gradebook.store import Store, fingerprint
from grader.gradebook.workers import Outcome, grade_all
from grader.grading import unreadable
from grader.handin import read
from grader.report import Report, to_json

Listener = Callable[[Arrival, Outcome], None]


@dataclass
class Plan:
    """What a run has to do.

    Attributes:
        fresh: hand-ins to be graded, with their fingerprints.
        twins: names of hand-ins whose content equals that of a fresh one, by its fingerprint.
        known: hand-ins whose outcome is there already.
    """

    fresh: dict[str, tuple[Arrival, str]] = field(default_factory=dict)
    twins: dict[str, list[Arrival]] = field(default_factory=dict)
    known: list[tuple[Arrival, Outcome]] = field(default_factory=list)


def plan(arrivals: Iterable[Arrival], folder: Path, store: Store, *, regrade: bool) -> Plan:
    """Read every hand-in once, and see which of them must be graded."""
    found = Plan()
    begun: set[str] = set()
    for arrival in arrivals:
        try:
            mark = fingerprint(read(folder / arrival.path))
        except UnreadableError as error:
            report = unreadable(arrival.name, Text(error.ko, error.en))
            store.quarantine(arrival.name, Text(error.ko, error.en))
            found.known.append((arrival, report))
            continue
        except GraderError as error:
            store.quarantine(arrival.name, Text(error.ko, error.en))
            found.known.append((arrival, Text(error.ko, error.en)))
            continue
        report_there = None if regrade else store.report(mark, arrival.name)
        if report_there is not None:
            store.link(arrival.name, mark)
            found.known.append((arrival, report_there))
        elif mark in begun:
            found.twins[mark].append(arrival)
        else:
            begun.add(mark)
            found.fresh[arrival.name] = (arrival, mark)
            found.twins[mark] = []
    return found


def grade_class(todo: Plan, folder: Path, store: Store, jobs: int, listener: Listener, *, confine: bool) -> None:
    """Grade what the plan says; each outcome is durable before the listener hears of it."""
    for arrival, outcome in todo.known:
        _publish(store.folder, arrival, outcome)
        listener(arrival, outcome)
    paths = ((name, folder / arrival.path) for name, (arrival, _) in todo.fresh.items())
    for name, outcome in grade_all(paths, jobs, confine=confine):
        arrival, mark = todo.fresh[name]
        for other, result in _kept(store, arrival, mark, outcome, todo.twins[mark]):
            _publish(store.folder, other, result)
            listener(other, result)


def _kept(
    store: Store, arrival: Arrival, mark: str, outcome: Outcome, twins: list[Arrival]
) -> Iterator[tuple[Arrival, Outcome]]:
    """Keep an outcome for a hand-in and for those of equal content."""
    if isinstance(outcome, Text):
        for one in (arrival, *twins):
            store.quarantine(one.name, outcome)
            yield one, outcome
        return
    store.keep(arrival.name, mark, outcome)
    for one in (arrival, *twins):
        store.link(one.name, mark)
        report = store.report(mark, one.name)
        assert report is not None
        yield one, report


def _publish(folder: Path, arrival: Arrival, outcome: Outcome) -> None:
    """Write the report's JSON, whole or not at all."""
    reports = folder / "reports"
    reports.mkdir(exist_ok=True)
    report = outcome if isinstance(outcome, Report) else unreadable(arrival.name, outcome)
    with tempfile.NamedTemporaryFile(dir=reports, prefix=".", delete=False) as file:
        file.write(to_json(report))
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(reports / f"{arrival.name}.json")

"""Grading a class: what is new or changed is graded, and each report is kept the moment it is made."""

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from grader.gradebook.intake.arrivals import Arrivals
from grader.gradebook.model import Arrival
from grader.gradebook.running.workers import Graded, Outcome, Task
from grader.gradebook.store import Store, fingerprint_of
from grader.grading import unreadable
from grader.reports.report import Report, to_json
from grader.submission.equivalent import plain_code
from grader.submission.reading import Submission, read, read_together
from kit.errors import KitError
from kit.files import write_whole
from kit.messages import Bilingual

Listener = Callable[[Arrival, Outcome], None]
CHANGED = Bilingual(
    "채점하는 동안 제출물이 바뀌거나 없어졌습니다. 다시 실행해 주세요.",
    "The submission was changed or removed while the class was graded: run again.",
)
Grader = Callable[[Iterable[Task]], Iterator[Graded]]


@dataclass
class ClassRun:
    """One run over a folder of submissions.

    Args:
        folder: the submissions.
        arrivals: what is there, and whose.
        store: where the reports are kept.
        regrade: whether what is known is graded again.
        every_step: whether steps are run also where an equal program has passed them already.

    Attributes:
        taken_over: how many steps were not run, as an equal program has passed them.
    """

    folder: Path
    arrivals: Arrivals
    store: Store
    regrade: bool = False
    every_step: bool = False
    taken_over: int = field(default=0, init=False)
    _equal: dict[str, list[Arrival]] = field(default_factory=dict, init=False)  # by fingerprint, to be graded once
    _passed: set[tuple[str, str]] = field(default_factory=set, init=False)  # steps, and programs that passed them

    def outcomes(self, grade_all: Grader) -> Iterator[tuple[Arrival, Outcome]]:
        """What came of each submission, durable before it is given: what is known first, then what is graded.

        Args:
            grade_all: grades submissions, in any order, and calls each by the name it had.
        """
        for arrival in self.arrivals.counting:
            outcome = self._known(arrival)
            if outcome is not None:
                yield arrival, self._publish(arrival, outcome)
        fingerprints = {group[0].name: fingerprint for fingerprint, group in self._equal.items()}
        self._passed = set() if self.regrade else self.store.passed()
        for submission, outcome in grade_all(map(self._task, self._read_again(fingerprints))) if fingerprints else ():
            fingerprint, passed = fingerprints.pop(submission.name), _passed_in(submission, outcome)
            self._passed |= passed
            for arrival in self._equal[fingerprint]:
                yield arrival, self._publish(arrival, self._kept(arrival, fingerprint, outcome, passed))
        for fingerprint in fingerprints.values():
            for arrival in self._equal[fingerprint]:
                yield arrival, self._publish(arrival, self._quarantined(arrival, CHANGED))

    def submissions(self) -> Iterator[Submission]:
        """The submissions that can be read, each in memory only while it is looked at."""
        for arrival in self.arrivals.counting:
            with contextlib.suppress(KitError):
                yield replace(self._read(arrival), name=arrival.name)

    def _known(self, arrival: Arrival) -> Outcome | None:
        """What is known of a submission; nothing where it must be graded."""
        try:
            fingerprint = fingerprint_of(self._read(arrival))
        except KitError as error:  # unreadable, or gone
            return self._quarantined(arrival, error.text)
        report = None if self.regrade else self.store.report(fingerprint, arrival.name)
        if report is None:
            self._equal.setdefault(fingerprint, []).append(arrival)
        else:
            self.store.link(arrival.name, fingerprint)
        return report

    def _read(self, arrival: Arrival) -> Submission:
        parts = self.arrivals.parts.get(arrival.name)
        if parts is None:
            return read(self.folder / arrival.path)
        return read_together(arrival.name, {file: self.folder / path for file, path in parts.items()})

    def _read_again(self, fingerprints: dict[str, str]) -> Iterator[Submission]:
        """The submissions to be graded, each in memory only while it is its turn; one that has changed is left out."""
        for fingerprint in list(fingerprints.values()):
            first = self._equal[fingerprint][0]
            with contextlib.suppress(KitError):
                submission = self._read(first)
                if fingerprint_of(submission) == fingerprint:
                    yield replace(submission, name=first.name)

    def _task(self, submission: Submission) -> Task:
        """What is to be graded of a submission."""
        if self.every_step:
            return Task(submission)
        passed = frozenset(step for step, _ in self._passed.intersection(plain_code(submission).digests.items()))
        self.taken_over += len(passed)
        return Task(submission, passed)

    def _kept(
        self, arrival: Arrival, fingerprint: str, outcome: Outcome, passed: Collection[tuple[str, str]]
    ) -> Outcome:
        """Keep what came of a submission, for it or for one of equal content."""
        if isinstance(outcome, Bilingual):
            return self._quarantined(arrival, outcome)
        self.store.keep(arrival.name, fingerprint, outcome, passed)
        return msgspec.structs.replace(outcome, submission=arrival.name)

    def _quarantined(self, arrival: Arrival, reason: Bilingual) -> Bilingual:
        self.store.quarantine(arrival.name, reason)
        return reason

    def _publish(self, arrival: Arrival, outcome: Outcome) -> Outcome:
        """Write the report's JSON, whole or not at all."""
        report = outcome if isinstance(outcome, Report) else unreadable(arrival.name, outcome)
        folder = self.store.folder / "reports"
        folder.mkdir(exist_ok=True)
        write_whole(folder / f"{arrival.name}.json", to_json(report))
        return outcome


def _passed_in(submission: Submission, outcome: Outcome) -> set[tuple[str, str]]:
    """The steps that a submission passed, and its programs; none where any of its code could have made another pass."""
    plain = plain_code(submission)
    if isinstance(outcome, Bilingual) or not plain.all_plain:
        return set()
    return {(step.id, plain.digests[step.id]) for step in outcome.steps if step.points == step.max_points}

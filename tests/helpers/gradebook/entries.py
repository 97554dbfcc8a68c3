"""Lines of a gradebook, made by hand: no submission is graded."""

import random

from grader.assignment import ASSIGNMENT
from grader.gradebook.model import Arrival, Entry, Override, Person
from grader.gradebook.overrides import apply
from grader.reports.report import SCHEMA, CheckReport, Counterexample, Report, StepReport
from kit.messages import Bilingual

STATUSES = ("failed", "error", "timeout", "not_implemented", "missing")
CHECKS = list(ASSIGNMENT.checks)
STEPS = [step.id for step in ASSIGNMENT.steps]


def report(name="kim", lost=(), status="failed", got="[0, 2, 4]"):
    """A report in which all checks passed but the lost ones."""
    steps = []
    for step in ASSIGNMENT.steps:
        checks = []
        for check in step.checks:
            if check.id not in lost:
                checks.append(CheckReport(check.id, "passed", check.points, check.points))
                continue
            example = Counterexample("encode_dialog('', '', tokenizer)", "[0, 2, 4, 1]", got)
            mistake = {"message": check.message, "hint": check.hint, "docs": step.docs}
            mistake |= {"counterexample": example, "diagnosis": "missing_eos"} if status == "failed" else {}
            checks.append(CheckReport(check.id, status, 0, check.points, **mistake))
        steps.append(StepReport(step.id, step.title, sum(c.points for c in checks), step.points, checks))
    score = sum(step.points for step in steps)
    return Report(SCHEMA, name, "graded", score, ASSIGNMENT.points, 4.25, 0, {"tensorflow": "2.21.0"}, steps)


def unreadable(name="broken"):
    reason = Bilingual("망가졌거나 zip이 아닙니다.", "It is damaged, or no zip.")
    return Report(SCHEMA, name, "unreadable", 0, ASSIGNMENT.points, 0.01, 0, {}, [], reason)


def entry(name="kim", person=None, graded=None, overrides=(), **arrival):
    """A line of the gradebook."""
    graded = report(name) if graded is None else graded
    person = Person(name) if person is None else person
    score, applied = apply(graded, [Override(person.id, *override) for override in overrides])
    reason = graded.reason if graded.status == "unreadable" else None
    return Entry(Arrival(name, arrival.pop("path", name), person, **arrival), graded, score, applied, reason)


def a_class(size=12, seed=0):
    """Entries of every kind: the full score, mistakes of each status, points given by hand, unreadable submissions."""
    rng = random.Random(seed)
    entries = []
    for number in range(size):
        name = f"kim{number}"
        person = Person(f"2023{number:04}", f"김{'가나다라마바사아자차카타'[number % 12]}", f"{name}@univ.example")
        graded = report(
            name, rng.sample(CHECKS, rng.randrange(len(CHECKS))), rng.choice(STATUSES), "=1+1 <b>\x00\ud800"
        )
        graded = unreadable(name) if number % 5 == 4 else graded
        given = [(rng.choice([*STEPS, *CHECKS]), 1.5, "말로 설명함")] if number % 3 == 0 else []
        entries.append(entry(name, person, graded, given, handed_in="2026-03-02T18:00:00+09:00", late=number == 2))
    return entries

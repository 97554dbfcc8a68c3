"""Wrong submissions lose exactly their step's points, in the checks that must catch them, with the right diagnosis."""

import tomllib
from collections import Counter

import msgspec
import pytest

from grader.assignment import ASSIGNMENT
from grader.grading import examine
from grader.reports.report import StepReport
from grader.submission.reading import Submission, read
from tests.helpers.generated import SOLUTION, generated
from tests.submissions import MUTANTS

FILES = sorted(path for path in MUTANTS.glob("*.toml") if path.stem != "unchanged")
WRONG = [
    pytest.param(file.stem, data["file"], mutant, id=f"{file.stem}-{mutant['name']}")
    for file in FILES
    for data in [tomllib.loads(file.read_text(encoding="utf-8"))]
    for mutant in data["mutants"]
]
GENERATED = generated()
UNCHANGED = tomllib.loads((MUTANTS / "unchanged.toml").read_text(encoding="utf-8"))
REASONS = {(mutant["file"], mutant["line"]): mutant["reason"] for mutant in UNCHANGED["mutants"]}


def examined(submission, file, pool):
    """The reports of the edited module's steps; the other modules are, to the byte, the solution's, which gets 100."""
    affected = [step.id for step in ASSIGNMENT.steps if f"{step.module}.py" == file]
    reports = examine(submission, pool, steps=affected)
    assert [report.id for report in reports] == affected
    return reports


def lost_in(reports):
    return [check for report in reports for check in report.checks if check.points < check.max_points]


def steps_of(checks):
    return {ASSIGNMENT.checks[check.id][0].id for check in checks}


def test_there_are_ten_for_each_step_and_no_two_are_the_same():
    assert [file.stem for file in FILES] == sorted(step.id for step in ASSIGNMENT.steps)
    count = Counter(param.values[0] for param in WRONG)
    assert len(WRONG) >= 120
    assert min(count.values()) >= 10
    edits = Counter((param.values[1], param.values[2]["old"], param.values[2]["new"]) for param in WRONG)
    assert max(edits.values()) == 1


@pytest.mark.parametrize(("step", "file", "mutant"), WRONG)
def test_mutant(step, file, mutant, solution_with, pool, record_property):
    reports = examined(read(solution_with(file, mutant["old"], mutant["new"])), file, pool)
    lost = lost_in(reports)
    record_property(
        "graded", {"kind": "mutant", "step": step, "killed": bool(lost), "blamed": steps_of(lost) <= {step}}
    )

    assert [check.id for check in lost] == mutant["checks"]
    assert steps_of(lost) == {step}
    assert mutant.get("diagnosis") in {check.diagnosis for check in lost}
    assert msgspec.json.decode(msgspec.json.encode(reports), type=list[StepReport]) == reports


@pytest.fixture
def unshrunk(monkeypatch):
    """Take the first example that fails in a new child as it is: the smallest one takes longer than all else."""
    monkeypatch.setattr("hypothesis.internal.conjecture.engine.MAX_SHRINKS", 0)


@pytest.mark.usefixtures("unshrunk")  # whether it is caught is all that is asked here
@pytest.mark.parametrize("mutant", GENERATED, ids=lambda mutant: f"{mutant.function}-{mutant.line}")
def test_generated_mutant_is_caught_unless_it_changes_nothing(mutant, pool, record_property):
    files = {path.name: path.read_bytes() for path in SOLUTION.glob("[a-z]*.py")} | {
        mutant.file: mutant.source.encode()
    }
    lost = lost_in(examined(Submission("generated", "folder", files), mutant.file, pool))
    step = ASSIGNMENT.step_of(mutant.function).id
    same = (mutant.file, mutant.line) in REASONS
    record_property(
        "graded",
        {"kind": "generated", "step": step, "killed": bool(lost), "same": same, "blamed": steps_of(lost) <= {step}},
    )

    assert bool(lost) is not same
    assert steps_of(lost) <= {step}


def test_every_mutant_said_to_change_nothing_is_one_and_has_a_reason():
    assert REASONS.keys() <= {(mutant.file, mutant.line) for mutant in GENERATED}
    assert all(len(reason) > 20 for reason in REASONS.values())

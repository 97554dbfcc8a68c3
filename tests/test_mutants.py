"""Wrong hand-ins lose exactly their step's marks, in the checks that must catch them, with the right diagnosis."""

import tomllib
from pathlib import Path

import msgspec
import pytest

from grader.assignment import ASSIGNMENT
from grader.grading import examine
from grader.handin import read
from grader.report import StepReport

FILES = sorted(Path(__file__).parent.glob("mutants/*.toml"))
MUTANTS = [
    pytest.param(file.stem, data["file"], mutant, id=f"{file.stem}-{mutant['name']}")
    for file in FILES
    for data in [tomllib.loads(file.read_text(encoding="utf-8"))]
    for mutant in data["mutants"]
]


def test_every_step_has_at_least_three():
    assert [file.stem for file in FILES] == sorted(step.id for step in ASSIGNMENT.steps)
    for step in ASSIGNMENT.steps:
        assert sum(param.values[0] == step.id for param in MUTANTS) >= 3


@pytest.mark.parametrize(("step", "file", "mutant"), MUTANTS)
def test_mutant(step, file, mutant, solution_with, workshop):
    # All steps of the edited module; the other modules are, to the byte, those of the solution, which gets 100.
    touched = [other.id for other in ASSIGNMENT.steps if f"{other.module}.py" == file]
    reports = examine(read(solution_with(file, mutant["old"], mutant["new"])), workshop, steps=touched)

    lost = [check for report in reports for check in report.checks if check.points < check.max_points]
    assert [check.id for check in lost] == mutant["checks"]
    assert all(ASSIGNMENT.checks[check.id][0].id == step for check in lost)
    assert [report.id for report in reports] == touched
    assert mutant.get("diagnosis") in {check.diagnosis for check in lost}
    assert msgspec.json.decode(msgspec.json.encode(reports), type=list[StepReport]) == reports

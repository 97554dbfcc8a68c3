"""Gradescope's `results.json`, as its Autograder Specifications publish it: gradescope-autograders.readthedocs.io."""

from grader.assignment import ASSIGNMENT
from grader.gradebook.exports.results import Exported, ExportOptions, Result, by_hand, json_of, results_of
from grader.gradebook.model import Entry
from kit.messages import Language


def export(entries: list[Entry], options: ExportOptions) -> Exported:
    """`NAME/results.json` for each submission."""
    return Exported({f"{entry.arrival.name}/results.json": results_json(entry, options.language) for entry in entries})


def results_json(entry: Entry, language: Language) -> bytes:
    """What Gradescope shows of one submission; texts are plain, since a submission's own values stand in them."""
    lines = [entry.reason[language]] if entry.reason is not None else []
    lines += [by_hand(override, language) for override in entry.overrides]
    data = {
        "score": entry.score,
        "execution_time": entry.report.seconds,
        "output": "\n".join(lines),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"schema": entry.report.schema, "versions": entry.report.versions},
        "tests": _tests(results_of(entry, language)),
    }
    return json_of(data)


def _tests(results: list[Result]) -> list[dict[str, object]]:
    order = [step.id for step in ASSIGNMENT.steps]
    tests: list[dict[str, object]] = []
    for place, result in enumerate(results):
        step = order.index(result.step)
        before = sum(other.step == result.step for other in results[:place])
        tests.append(
            {
                "score": result.points,
                "max_score": result.max_points,
                "status": "passed" if result.full else "failed",
                "name": result.title,
                "name_format": "text",
                "number": f"{step + 1}.{before + 1}",
                "output": result.text,
                "output_format": "text",
                "tags": [result.step, result.status],
                "visibility": "visible",
                "extra_data": {"check": result.id, "diagnosis": result.diagnosis},
            }
        )
    return tests

"""Grade the submissions of one chunk as `nbgrader autograde` does; runs in nbgrader's environment.

    python run_nbgrader.py FOLDER

Reads `FOLDER/chunk.json`, makes a course with one student for each submission, and appends a line for each to
`FOLDER/results.jsonl`.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

ASSIGNMENT = "lab"


def cell(grade_id: str, source: str, *, solution: bool = False, points: float | None = None) -> Any:
    """Make a code cell with nbgrader's metadata."""
    made = nbformat.v4.new_code_cell(source)
    made.metadata["nbgrader"] = {
        "grade_id": grade_id,
        "grade": points is not None,
        "solution": solution,
        "locked": not solution,
        "task": False,
        "schema_version": 3,
    }
    if points is not None:
        made.metadata["nbgrader"]["points"] = points
    return made


def make_course(course: Path, chunk: dict[str, Any]) -> NbGraderAPI:
    """Make a course with one assignment, released by `nbgrader generate_assignment`."""
    source = course / "source" / ASSIGNMENT
    source.mkdir(parents=True)
    tests = [
        cell(f"test{i:02}", test["source"].strip(), points=test["points"]) for i, test in enumerate(chunk["tests"])
    ]
    code = cell("code", "### BEGIN SOLUTION\npass\n### END SOLUTION", solution=True)
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    cells = [cell("setup", chunk["setup"]), code, *tests]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), source / f"{ASSIGNMENT}.ipynb")
    config = Config()
    config.CourseDirectory.root = str(course)
    config.Execute.timeout = chunk["seconds"]
    api = NbGraderAPI(config=config)
    made = api.generate_assignment(ASSIGNMENT)
    if not made["success"]:
        raise RuntimeError(made.get("error") or made.get("log"))
    return api


def submission_notebook(course: Path, student: str, code: str) -> None:
    """Fill a student's code into the released notebook."""
    notebook = nbformat.read(course / "release" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", as_version=4)
    [place] = [made for made in notebook.cells if made.metadata["nbgrader"]["grade_id"] == "code"]
    place.source = code
    folder = course / "submitted" / student / ASSIGNMENT
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{ASSIGNMENT}.ipynb")


def grade(course: Path, api: NbGraderAPI, student: str, code: str) -> dict[str, Any]:
    """Submit, autograde, and read the score from the gradebook."""
    submission_notebook(course, student, code)
    done = api.autograde(ASSIGNMENT, student)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        points = gradebook.find_submission(ASSIGNMENT, student).score if done["success"] else 0.0
    log = (done.get("error") or "") + (done.get("log") or "")
    return {"points": float(points), "note": "" if done["success"] else log.strip().splitlines()[-1][:200]}


def main() -> None:
    """Grade all submissions of the chunk."""
    folder = Path(sys.argv[1]).resolve()
    chunk = json.loads((folder / "chunk.json").read_text(encoding="utf-8"))
    course = folder / "course"
    course.mkdir()
    os.chdir(course)
    api = make_course(course, chunk)
    for number, submission in enumerate(chunk["submissions"]):
        started = time.perf_counter()
        result = grade(course, api, f"student{number:03}", submission["code"]) | {"name": submission["name"]}
        result["seconds"] = time.perf_counter() - started
        with (folder / "results.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(result, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

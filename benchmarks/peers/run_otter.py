"""Grade the submissions of one chunk as `otter run` does; runs in otter-grader's environment.

    python run_otter.py FOLDER

Reads `FOLDER/chunk.json` and appends a line for each submission to `FOLDER/results.jsonl`.
"""

import ast
import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
import psutil
from otter.api import grade_submission
from otter.generate import main as generate


def prompted(source: str) -> str:
    """Turn a block of Python into a doctest, the form of otter's tests."""
    lines = source.strip().splitlines()
    starts = {node.lineno - 1 for node in ast.parse("\n".join(lines)).body}
    return "\n".join((">>> " if number in starts else "... ") + line for number, line in enumerate(lines))


def make_autograder(folder: Path, chunk: dict[str, Any]) -> Path:
    """Make the autograder's zip of the tests, as `otter generate` does."""
    (folder / "tests").mkdir()
    for number, test in enumerate(chunk["tests"]):
        name = f"q{number:02}"
        cases = [{"code": prompted(test["source"]), "hidden": False, "locked": False}]
        suites = [{"cases": cases, "scored": True, "setup": "", "teardown": "", "type": "doctest"}]
        spec = {"name": name, "points": test["points"], "suites": suites}
        (folder / "tests" / f"{name}.py").write_text(f"OK_FORMAT = True\n\ntest = {spec!r}\n", encoding="utf-8")
    zipped = folder / "autograder.zip"
    generate(tests_dir=str(folder / "tests"), output_path=str(zipped), no_environment=True, no_requirements=True)
    return zipped


def give_up(*_: object) -> None:
    """Kill the kernel of a submission that does not end by itself.

    Raises:
        TimeoutError: always.
    """
    end_kernels()
    raise TimeoutError


def end_kernels() -> None:
    """Kill all processes that this one has started."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def grade(submission: dict[str, str], folder: Path, zipped: Path, chunk: dict[str, Any]) -> dict[str, Any]:
    """Grade a notebook; returns its points, and any error."""
    cells = [nbformat.v4.new_code_cell(source) for source in (chunk["setup"], submission["code"])]
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    path = folder / "submission.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
    signal.alarm(chunk["seconds"])
    try:
        results = grade_submission(str(path), str(zipped), quiet=True)
        lost = results._catastrophic_error  # set where the kernel left no readable results
        return {"points": float(results.total), "note": "" if lost is None else f"no results: {type(lost).__name__}"}
    except Exception as error:
        return {"points": 0.0, "note": type(error).__name__}
    finally:
        signal.alarm(0)
        end_kernels()


def main() -> None:
    """Grade all submissions of the chunk."""
    folder = Path(sys.argv[1]).resolve()
    chunk = json.loads((folder / "chunk.json").read_text(encoding="utf-8"))
    signal.signal(signal.SIGALRM, give_up)
    os.chdir(folder)
    zipped = make_autograder(folder, chunk)
    for submission in chunk["submissions"]:
        started = time.perf_counter()
        result = grade(submission, folder, zipped, chunk) | {"name": submission["name"]}
        result["seconds"] = time.perf_counter() - started
        with (folder / "results.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(result, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

"""How fast a class is graded: the same notebooks and questions with nbgrader, `otter run` and `lab grade`.

    python benchmarks/class_vs_peers.py --json class.json --markdown class.md

The notebooks are the solution and seeded wrong submissions (`tests/submissions/mutants/`). The other tools run the
example tests of `benchmarks/peers/examples.py`, each tool in a virtual environment of its own, with a new kernel for
each notebook, which is how they work.

Runs are interleaved. The notebooks are divided into blocks. In each round every other tool grades one block, so that in
the end it has graded each notebook once; its figure is the mean. `lab grade` grades the whole class once in each round
with each number of jobs, and once with `--every-step`; its figures are medians, with start-up and (warm) without. Then
submissions are graded in this process to measure where the time goes.
"""

import collections
import contextlib
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from mutants_vs_peers import (
    CONTROLS,
    OURS,
    TOOLS,
    Chunk,
    Tables,
    Wrong,
    keep,
    make_environment,
    parser_of,
    run,
    show_tables,
    wrong_submissions,
)
from peers.examples import EXAMPLES
from rich.console import Console

from grader import grading
from grader.assignment import ASSIGNMENT
from grader.checks.examinee import Examinee
from grader.inside.messages import DescribeModel, DescribeTokenizer, OperationRequest
from grader.paths import PROJECT, SOLUTION
from grader.sandbox.forkserver import Child
from grader.sandbox.pool import Pool
from grader.sandbox.process import missing_protection

OUR_RUNS: tuple[tuple[Any, ...], ...] = ((1,), (2,), (2, "--every-step"))  # jobs, and options
GOALS = {1: 10, 2: 20}  # times nbgrader's rate
BUILDING = (DescribeModel, DescribeTokenizer)
WITHOUT = {step.id for step in ASSIGNMENT.steps if not step.tensorflow}
console = Console(width=110)


def whole(wrong: Wrong | None) -> str:
    """Join all modules into one text, with the edited module in its place."""
    sources = {name: (SOLUTION / f"{name}.py").read_text(encoding="utf-8") for name in ASSIGNMENT.modules}
    if wrong is not None:
        sources[wrong.module] = wrong.source
    return "\n\n".join(sources.values())


def class_of(size: int, seed: int) -> list[dict[str, str]]:
    """Choose the submissions: the solution and wrong submissions of all steps."""
    drawn = random.Random(seed).sample(wrong_submissions(), size - 1)
    named = [{"name": f"{wrong.step}_{wrong.name}", "code": whole(wrong)} for wrong in drawn]
    return [{"name": CONTROLS[0], "code": whole(None)}, *named]


def write_notebooks(submissions: list[dict[str, str]], folder: Path) -> None:
    """Write the submissions as notebooks for `lab grade`."""
    folder.mkdir()
    for number, submission in enumerate(submissions):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(submission["code"])])
        nbformat.write(notebook, folder / f"{number:03}_{submission['name']}.ipynb")


def peer_seconds(
    tool: str, submissions: list[dict[str, str]], envs: Path, folder: Path
) -> tuple[float, dict[str, float]]:
    """Grade with another tool; returns seconds per notebook, and the points of each."""
    chunk = Chunk(tool, "", submissions)
    started = time.monotonic()
    run(chunk, make_environment(envs, tool), folder / "no_kernels", folder)
    points = {one["name"]: one["points"] for one in chunk.results}
    return (time.monotonic() - started) / len(submissions), points


def our_seconds(notebooks: Path, jobs: int, out: Path, *options: str) -> tuple[float, dict[str, float], float]:
    """Run `lab grade`; returns seconds per notebook, the points of each, and seconds per notebook once warm."""
    started = time.monotonic()
    command = [sys.executable, "-m", "lab", "grade", str(notebooks), "--out", str(out), "--jobs", str(jobs)]
    subprocess.run([*command, *options], cwd=PROJECT, check=True, capture_output=True)
    seconds = time.monotonic() - started
    paths = list((out / "reports").glob("*.json"))
    reports = [json.loads(path.read_bytes()) for path in paths]
    points = {Path(report["submission"]).stem.split("_", 1)[1]: float(report["score"]) for report in reports}
    written = sorted(path.stat().st_mtime for path in paths)[jobs - 1 :]  # without the first of each worker
    return seconds / len(points), points, (written[-1] - written[0]) / (len(written) - 1)


def measured(submissions: list[dict[str, str]], rounds: int, envs: Path, folder: Path) -> dict[str, Any]:
    """Measure all tools: seconds per notebook in each round, and the points of every submission."""
    seconds: dict[str, list[float]] = collections.defaultdict(list)
    points: dict[str, dict[str, float]] = collections.defaultdict(dict)
    write_notebooks(submissions, folder / "notebooks")
    for number in range(rounds):
        runs: dict[str, Callable[[], tuple[Any, ...]]] = {}
        for tool in TOOLS:
            block, place = submissions[number::rounds], folder / f"{tool}{number}"
            runs[tool] = lambda tool=tool, block=block, place=place: peer_seconds(tool, block, envs, place)  # type: ignore[misc]
        for jobs, *options in OUR_RUNS:
            out = folder / f"grades{number}_{jobs}{''.join(options)}"
            name = " ".join([OURS, *options]) + f", {jobs} at a time"
            runs[name] = lambda jobs=jobs, out=out, options=options: our_seconds(  # type: ignore[misc]
                folder / "notebooks", jobs, out, *options
            )
        for name, measure in runs.items():
            took, got, *further = measure()
            points[name] |= got
            for what, figure in ((name, took), *((f"{name}, warm", figure) for figure in further)):
                seconds[what].append(figure)
            console.print(f"[dim]round {number + 1}: {name} {took:.2f} s a notebook[/dim]", highlight=False)
    sizes = [len(submissions[number::rounds]) for number in range(rounds)]
    of_class = {
        name: statistics.fmean(took, sizes) if name in TOOLS else statistics.median(took)
        for name, took in seconds.items()
    }
    return {"seconds": dict(seconds), "seconds a notebook": of_class, "points": dict(points)}


class Clock:
    """Adds up the seconds that named parts of the work take."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = collections.defaultdict(float)
        self._inner = [0.0]

    @contextlib.contextmanager
    def timing(self, what: str) -> Iterator[None]:
        """Add the time of a block, without that of blocks nested in it."""
        started = time.perf_counter()
        self._inner.append(0.0)
        try:
            yield
        finally:
            took = time.perf_counter() - started
            self.spent[what] += took - self._inner.pop()
            self._inner[-1] += took

    def watch(self, owner: type, method: str, what: Callable[..., str]) -> None:
        """Replace a method by one that adds its time under the name that `what` returns."""
        original = getattr(owner, method)

        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.timing(what(*args)):
                return original(*args, **kwargs)

        setattr(owner, method, timed)


def where(notebooks: Path) -> dict[str, float]:
    """Measure how long each part of grading takes with one job: means over a class; the import is done once."""
    clock = Clock()

    def call(examinee: Examinee, request: OperationRequest, *_: Any) -> str:
        assert examinee._step is not None
        if isinstance(request, BUILDING):
            return "the submission builds tokenizer and model"
        return "calls, light" if examinee._step.id in WITHOUT else "calls, TensorFlow"

    clock.watch(Pool, "child", lambda *_: "fork")
    clock.watch(Child, "wait", lambda *_: "load, and wait for the warm child")
    clock.watch(Examinee, "_reply", call)
    clock.watch(Examinee, "reference_value", lambda *_: "reference values")
    paths = sorted(notebooks.glob("*.ipynb"))
    with Pool(confine=missing_protection() is None) as pool:
        started = time.perf_counter()
        pool.warm_up()
        for tensorflow in (False, True):
            pool.ready_server(tensorflow=tensorflow)
        imported = time.perf_counter() - started
        grading.grade(paths[0], pool)  # draws the examples
        clock.spent.clear()
        for path in paths:
            pool.warm_up()
            with clock.timing("pytest, judging, reading"):
                grading.grade(path, pool)
    spent = {what: seconds / len(paths) for what, seconds in clock.spent.items()}
    return {"import (once for a class)": imported} | dict(sorted(spent.items(), key=lambda item: -item[1]))


def rows(figures: dict[str, Any]) -> Tables:
    """Make the tables: a title, and rows of cells."""
    of_class = figures["seconds a notebook"]
    speed = [["tool", "seconds a notebook", "a minute", "times nbgrader's rate"]]
    for name, seconds in of_class.items():
        spread = f"{seconds:.2f} ({min(figures['seconds'][name]):.2f} to {max(figures['seconds'][name]):.2f})"
        speed.append([name, spread, f"{60 / seconds:.1f}", f"{of_class['nbgrader'] / seconds:.1f}"])
    parts = [["where", "seconds a notebook"], *([what, f"{took:.2f}"] for what, took in figures["where"].items())]
    return [("A class of notebooks", speed), ("Where the seconds go (lab grade, one job)", parts)]


def unfair(figures: dict[str, Any]) -> list[str]:
    """List the tools whose figures are meaningless, as they gave the solution less than all points."""
    points = figures["points"]
    return [name for name in points if abs(points[name].get(CONTROLS[0], 0) - ASSIGNMENT.points) > 1e-6]


def main() -> None:
    """Measure and print."""
    parser = parser_of(__doc__)
    parser.add_argument("--size", type=int, default=20, help="notebooks")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    assert set(EXAMPLES) == {step.id for step in ASSIGNMENT.steps}
    for tool in TOOLS:
        make_environment(arguments.envs.resolve(), tool)
    with tempfile.TemporaryDirectory(prefix="class-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        submissions = class_of(arguments.size, arguments.seed)
        figures = measured(submissions, arguments.rounds, arguments.envs.resolve(), folder)
        figures["where"] = where(folder / "notebooks")
    show_tables(rows(figures))
    for jobs, goal in GOALS.items():
        console.print(f"goal with {jobs} at a time: {goal} times", highlight=False)
    for name in unfair(figures):
        console.print(f"{name}: the solution did not get all points; its figure means nothing")
    keep(arguments, rows(figures), figures)


if __name__ == "__main__":
    main()

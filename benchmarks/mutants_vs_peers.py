"""How many of `tests/submissions/mutants/` other autograders catch, and which attacks get the full score there.

    python benchmarks/mutants_vs_peers.py --markdown peers.md --json docs/build/data/peers.json

otter-grader and nbgrader, each in a virtual environment of its own, get the same submissions as this project's grader,
and both run the same example tests (`benchmarks/peers/examples.py`). A wrong submission counts as caught if it loses a
point in its own step. Each submission is run as the tool itself runs it: as a notebook in a kernel of its own, by the
functions behind `otter run` and `nbgrader autograde`. A notebook holds one step's setup, the submitted module of the
step and, for nbgrader, the tests; an attack's notebook holds the tests of all steps. Kernels are forked from a process
that has imported TensorFlow (`benchmarks/peers/warm_kernel.py`), which changes the time but not the verdicts. This does
not measure the quality of the other tools: they find as much as the tests that a teacher writes for them.
"""

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs
from peers.attacks import ATTACKS, LASTING
from peers.examples import EXAMPLES, SETUP
from rich.console import Console
from rich.table import Table

from grader.assignment import ASSIGNMENT
from grader.grading import examine
from grader.paths import PROJECT, SOLUTION
from grader.sandbox.pool import Pool
from grader.sandbox.process import missing_protection
from grader.submission.reading import Submission
from tests.submissions import MUTANTS

TOOLS = {"otter-grader": "7.0.0", "nbgrader": "0.9.6"}
PACKAGES = {"otter-grader": "otter-grader[grading]==7.0.0", "nbgrader": "nbgrader==0.9.6"}
DRIVERS = {"otter-grader": "run_otter.py", "nbgrader": "run_nbgrader.py"}
OURS = "kogpt2-lab"
CELL_SECONDS = 600  # nbgrader's limit for a cell, otter's for a submission
CHUNK = 12  # submissions that one process of a tool grades one after the other
CONTROLS = ("solution", "skeleton")

Tables = list[tuple[str, list[list[str]]]]  # titles, and lines of cells, the first of them the heads

console = Console()


@dataclass(frozen=True)
class Wrong:
    """A wrong submission: the source of its step's module, edited."""

    step: str
    name: str
    module: str
    source: str


@dataclass
class Chunk:
    """Submissions whose notebooks test the same step, or all steps (`step` is "")."""

    tool: str
    step: str
    submissions: list[dict[str, str]]
    results: list[dict[str, Any]] = field(default_factory=list)


def wrong_submissions() -> list[Wrong]:
    """Read all of `tests/submissions/mutants/`; an edit that comes twice is taken once."""
    submissions: dict[tuple[str, str], Wrong] = {}
    for path in sorted(MUTANTS / f"{step}.toml" for step in EXAMPLES):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        right = (SOLUTION / data["file"]).read_text(encoding="utf-8")
        for mutant in data["mutants"]:
            if right.count(mutant["old"]) != 1:
                raise SystemExit(f"{path.name}: {mutant['name']}: the solution does not hold its `old` once")
            source = right.replace(mutant["old"], mutant["new"])
            wrong = Wrong(path.stem, mutant["name"], data["file"].removesuffix(".py"), source)
            submissions.setdefault((path.stem, source), wrong)
    return list(submissions.values())


def sampled(wrong: list[Wrong], count: int | None, seed: int) -> list[Wrong]:
    """Choose at most `count` of each step; the seed decides which."""
    if count is None:
        return wrong
    drawn = []
    for step in EXAMPLES:
        of_step = [one for one in wrong if one.step == step]
        drawn += random.Random(seed).sample(of_step, min(count, len(of_step)))
    return drawn


def whole_lab(folder: str) -> str:
    """Join all modules of a folder into one text."""
    return "\n\n".join((PROJECT / folder / f"{name}.py").read_text(encoding="utf-8") for name in ASSIGNMENT.modules)


def tests_of(step: str) -> list[dict[str, Any]]:
    """Return a step's example tests with their points."""
    points = next(one.points for one in ASSIGNMENT.steps if one.id == step)
    return [{"source": source, "points": points / len(EXAMPLES[step])} for source in EXAMPLES[step]]


def chunks_of(tool: str, wrong: list[Wrong], *, attacks: bool) -> list[Chunk]:
    """Divide the work for a tool: the wrong submissions by step, then the controls and attacks."""
    whole = {name: whole_lab(name) for name in CONTROLS} | (ATTACKS if attacks else {})
    alone = [{"name": LASTING, "code": whole.pop(LASTING)}] if attacks else []
    submissions = {"": [{"name": name, "code": code} for name, code in whole.items()]}
    for step in EXAMPLES:
        submissions[step] = [{"name": one.name, "code": one.source} for one in wrong if one.step == step]
    chunks = [
        Chunk(tool, step, some[start : start + CHUNK])
        for step, some in submissions.items()
        for start in range(0, len(some), CHUNK)
    ]
    return [*chunks, Chunk(tool, "", alone)] if alone else chunks


def make_environment(folder: Path, tool: str) -> Path:
    """Make a virtual environment with a tool, the lab and its dependencies; returns the path of its Python."""
    python = folder / tool / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = folder / tool / f"ready-{TOOLS[tool]}"
    if ready.exists():
        return python
    uv = str(Path(sys.executable).with_name("uv"))
    install = [uv, "pip", "install", "--quiet", "--python", str(python)]
    for command in (
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder / tool)],
        [*install, PACKAGES[tool], "hatchling", "editables", "--requirements", str(PROJECT / "pyproject.toml")],
        [*install, "--no-deps", "--no-build-isolation", "--editable", str(PROJECT)],
    ):
        subprocess.run(command, check=True)
    ready.touch()
    return python


@contextlib.contextmanager
def warm_kernels(python: Path, folder: Path) -> Iterator[Path]:
    """Start the process that forks a tool's kernels; yields the folder where Jupyter finds their kernel spec."""
    spec = folder / "kernels" / "python3"
    spec.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="peers-") as short:  # a socket's path may not be long
        address, script = f"{short}/socket", str(Path(__file__).parent / "peers" / "warm_kernel.py")
        command = [str(python), script, "launch", address, "-f", "{connection_file}"]
        kernel = {"argv": command, "display_name": "Python 3", "language": "python"}
        (spec / "kernel.json").write_text(json.dumps(kernel), encoding="utf-8")
        quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
        with (folder / "kernels.txt").open("w") as output:
            server = subprocess.Popen(
                [python, script, "serve", address], env=quiet, stdin=subprocess.PIPE, stdout=output, stderr=output
            )
        try:
            while not Path(address).exists():
                if server.poll() is not None:
                    raise SystemExit(f"no kernels: see {folder / 'kernels.txt'}")
                time.sleep(0.1)
            yield folder
        finally:
            server.communicate()


def run(chunk: Chunk, python: Path, kernels: Path, folder: Path) -> None:
    """Let a tool grade a chunk, in a folder of its own."""
    for name in ("tmp", "home"):
        (folder / name).mkdir(parents=True)
    steps = [chunk.step] if chunk.step else list(EXAMPLES)
    work = {
        "setup": "\n".join(dict.fromkeys(part for step in steps for part in SETUP[step])),
        "tests": [test for step in steps for test in tests_of(step)],
        "submissions": chunk.submissions,
        "seconds": CELL_SECONDS,
    }
    (folder / "chunk.json").write_text(json.dumps(work), encoding="utf-8")
    own = {name: str(folder / "home") for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    path = f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"  # nbgrader calls alembic by its name
    environment = os.environ | own | {"TMPDIR": str(folder / "tmp"), "JUPYTER_PATH": str(kernels), "PATH": path}
    driver = Path(__file__).parent / "peers" / DRIVERS[chunk.tool]
    done = subprocess.run(
        [python, driver, folder], env=environment, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    (folder / "output.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    results = folder / "results.jsonl"
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    chunk.results = [json.loads(line) for line in lines]
    if len(chunk.results) != len(chunk.submissions):
        console.print(f"{chunk.tool} {chunk.step}: no result for some submissions; see {folder / 'output.txt'}")


def run_peers(chunks: list[Chunk], envs: Path, work: Path, jobs: int) -> None:
    """Let a tool grade all chunks, `jobs` at a time."""
    python = make_environment(envs, chunks[0].tool)
    work.mkdir(parents=True)
    with warm_kernels(python, work) as kernels, ThreadPoolExecutor(jobs) as pool:
        folders = [work / f"{number:03}" for number in range(len(chunks))]
        futures = [
            pool.submit(run, chunk, python, kernels, folder) for chunk, folder in zip(chunks, folders, strict=True)
        ]
        for chunk, future in zip(chunks, futures, strict=True):
            future.result()
            tell(chunk)


def tell(chunk: Chunk) -> None:
    """Print the results of a chunk."""
    shown = ", ".join(f"{one['name']} {one['points']:g} {one['note']}".strip() for one in chunk.results)
    console.print(f"[dim]{chunk.tool} {chunk.step or 'all steps'}: {shown}[/dim]", highlight=False)


def run_ours(wrong: list[Wrong], *, attacks: bool) -> list[Chunk]:
    """Grade the same submissions with this project's grader, as folders, so that all code of a module runs."""
    modules = {f"{name}.py": (SOLUTION / f"{name}.py").read_bytes() for name in ASSIGNMENT.modules}
    folders = {name: {f: (PROJECT / name / f).read_bytes() for f in modules} for name in CONTROLS}
    folders |= {name: dict.fromkeys(modules, code.encode()) for name, code in ATTACKS.items() if attacks}
    work = [("", name, files) for name, files in folders.items()]
    work += [(one.step, one.name, modules | {f"{one.module}.py": one.source.encode()}) for one in wrong]
    chunks = []
    with Pool(confine=missing_protection() is None) as pool:
        pool.warm_up()
        for step, name, files in work:
            started = time.perf_counter()
            steps = [step] if step else list(EXAMPLES)
            points = sum(report.points for report in examine(Submission(name, "folder", files), pool, steps=steps))
            result = {"name": name, "points": float(points), "seconds": time.perf_counter() - started, "note": ""}
            chunks.append(Chunk(OURS, step, [], [result]))
            tell(chunks[-1])
    return chunks


def summary(chunks: list[Chunk], tools: list[str]) -> dict[str, Any]:
    """Summarize by tool: what was caught in each step, what whole submissions got, and the time."""
    full = {step.id: step.points for step in ASSIGNMENT.steps}
    figures: dict[str, Any] = {}
    for tool in tools:
        mine = [(chunk.step, one) for chunk in chunks if chunk.tool == tool for one in chunk.results]
        steps = {}
        for step in EXAMPLES:
            results = [one for where, one in mine if where == step]
            missed = [one["name"] for one in results if one["points"] > full[step] - 1e-6]
            steps[step] = {"caught": len(results) - len(missed), "total": len(results), "missed": missed}
        whole = {one["name"]: round(one["points"], 2) for where, one in mine if not where}
        figures[tool] = {
            "version": TOOLS.get(tool, ""),
            "steps": steps,
            "caught": sum(step["caught"] for step in steps.values()),
            "total": sum(step["total"] for step in steps.values()),
            "controls": {name: whole.pop(name) for name in CONTROLS if name in whole},
            "attacks": whole,
            "full_marks": [name for name, points in whole.items() if points > ASSIGNMENT.points - 1e-6],
            "seconds": round(sum(one["seconds"] for _, one in mine), 1),
            "notes": {one["name"]: one["note"] for _, one in mine if one["note"]},
        }
    return figures


def rows(figures: dict[str, Any]) -> Tables:
    """Make the two tables: a title, and rows of cells."""
    tools = list(figures)
    heads = [f"{tool} {figures[tool]['version']}".strip() for tool in tools]
    caught = [["step", *heads]]
    for step in EXAMPLES:
        counts = (figures[tool]["steps"][step] for tool in tools)
        caught.append([step, *(f"{count['caught']} / {count['total']}" for count in counts)])
    caught.append(["all", *(f"{figures[tool]['caught']} / {figures[tool]['total']}" for tool in tools)])
    caught.append(["seconds", *(f"{figures[tool]['seconds']:.0f}" for tool in tools)])
    whole = [["submission", *heads]]
    for kind in ("controls", "attacks"):
        names = list(dict.fromkeys(name for tool in tools for name in figures[tool][kind]))
        whole += [[name, *(f"{figures[tool][kind].get(name, 0):g}" for tool in tools)] for name in names]
    whole.append(["attacks with the full score", *(str(len(figures[tool]["full_marks"])) for tool in tools)])
    return [
        ("Wrong submissions that lose a point in their step", caught),
        ("Points of 100 for whole submissions", whole),
    ]


def show(figures: dict[str, Any]) -> None:
    """Print the tables."""
    show_tables(rows(figures))
    for tool, result in figures.items():
        if result["controls"] != {"solution": ASSIGNMENT.points, "skeleton": 0}:
            console.print(f"{tool}: the solution or the skeleton got wrong points; its figures mean nothing")


def show_tables(tables: Tables) -> None:
    """Print tables."""
    for title, (head, *lines) in tables:
        table = Table(*head, title=title)
        for line in lines:
            table.add_row(*line)
        console.print(table)


def markdown(tables: Tables) -> str:
    """Render tables as Markdown."""
    parts = []
    for title, (head, *lines) in tables:
        table = [head, ["---", *("---:" for _ in head[1:])], *lines]
        parts.append(f"**{title}**\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in table) + "\n")
    return "\n".join(parts)


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """Make a parser with the options that all comparisons with other tools have."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(platformdirs.user_cache_dir("kogpt2-lab")) / "peers"
    parser.add_argument("--envs", type=Path, default=default, help="where the tools' environments are made")
    parser.add_argument("--seed", type=int, default=0, help="which wrong submissions are drawn")
    output_options(parser)
    return parser


def output_options(parser: argparse.ArgumentParser) -> None:
    """Make a parser with the options for files that tables and figures are written to."""
    parser.add_argument("--markdown", type=Path, help="write the tables there")
    parser.add_argument("--json", type=Path, help="write the figures there")


def keep(arguments: argparse.Namespace, tables: Tables, figures: dict[str, Any]) -> None:
    """Write tables and figures to the files that were asked for."""
    if arguments.markdown:
        arguments.markdown.write_text(markdown(tables), encoding="utf-8")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def parsed() -> argparse.Namespace:
    """Parse the command line."""
    parser = parser_of(__doc__)
    parser.add_argument("--tools", nargs="*", choices=TOOLS, default=list(TOOLS), help="which other tools to run")
    parser.add_argument("--sample", type=int, help="at most so many wrong submissions of each step")
    parser.add_argument("--jobs", type=int, default=2, help="processes of other tools at a time")
    parser.add_argument("--no-attacks", action="store_true", help="the wrong submissions only")
    parser.add_argument("--keep", type=Path, help="a new folder for all that the tools write")
    return parser.parse_args()


def main() -> None:
    """Grade with everything and print the tables."""
    arguments = parsed()
    wrong = sampled(wrong_submissions(), arguments.sample, arguments.seed)
    attacks = not arguments.no_attacks
    chunks = []
    with tempfile.TemporaryDirectory(prefix="peers-", ignore_cleanup_errors=True) as temporary:
        work = (arguments.keep or Path(temporary)).resolve()
        for tool in arguments.tools:
            of_tool = chunks_of(tool, wrong, attacks=attacks)
            run_peers(of_tool, arguments.envs.resolve(), work / tool, arguments.jobs)
            chunks += of_tool
    chunks += run_ours(wrong, attacks=attacks)
    figures = summary(chunks, [*arguments.tools, OURS])
    show(figures)
    keep(arguments, rows(figures), figures)


if __name__ == "__main__":
    main()

"""Grading a class mixed from the tests' mutants, variants, attacks and broken files: speed and memory.

    python benchmarks/a_class.py --size 200 --jobs 1 2
    python benchmarks/a_class.py --size 20 200 2000 --jobs 2 --small
    python benchmarks/a_class.py --size 8 --jobs 2 --kills 30

The mix is seeded. The expected result of each submission is known: a mutant loses points, a variant gets all points, a
broken file is not graded. The table counts the submissions with another result. `--small` uses submissions of one small
module. `--kills N` grades the class N times, kills each run (SIGKILL to the process group) at a random moment, resumes
it, and compares the grades with those of an undisturbed run.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from grader.paths import PROJECT, SOLUTION
from tests.submissions import MUTANTS, VARIANTS

sys.path.insert(0, str(PROJECT))

from tests.submissions.hostile import attacks
from tests.submissions.hostile.world import build

Expected = Callable[[dict[str, object]], bool]
SHARES = {"mutant": 50, "variant": 25, "attack": 15, "broken": 10}  # percent
SLOW = {"bombs", "endings", "processes", "network", "files"}  # attacks that take long, or need files around them
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
console = Console(width=110)


def full(report: dict[str, object]) -> bool:
    """Whether all points were given."""
    return report["score"] == report["max_score"]


def less(report: dict[str, object]) -> bool:
    """Whether it was graded and lost points."""
    return report["status"] == "graded" and not full(report)


def unreadable(report: dict[str, object]) -> bool:
    """Whether it was not graded."""
    return report["status"] == "unreadable"


class Mix:
    """Makes the submissions of a class, and knows what each should get."""

    def __init__(self, folder: Path, seed: int, *, small: bool) -> None:
        self.folder = folder
        self.random = random.Random(seed)
        self.small = small
        self.expected: dict[str, Expected] = {}
        self.mutants = [
            (data["file"], mutant["old"], mutant["new"])
            for path in sorted(MUTANTS.glob("*.toml"))
            if path.stem != "unchanged"
            for data in [tomllib.loads(path.read_text(encoding="utf-8"))]
            for mutant in data["mutants"]
            if not small or data["file"] == "dialogs.py"
        ]
        self.variants = sorted(path for path in VARIANTS.iterdir() if path.suffix == ".py")
        self.attacks = [attack for attack in attacks() if attack.group not in SLOW and not attack.links]

    def make(self, size: int) -> None:
        """Write `size` submissions."""
        kinds = self.random.choices(list(SHARES), list(SHARES.values()), k=size)
        for number, kind in enumerate(kinds):
            name = f"{number:04}_{kind}"
            maker = self.mutant if self.small and kind != "broken" else getattr(self, kind)
            self.expected[name] = maker(name)

    def base(self, name: str) -> Path:
        """Return the solution, or one small module of it, with a comment that makes it differ from all others."""
        target = self.folder / name
        target.mkdir()
        for path in SOLUTION.glob("dialogs.py" if self.small else "[a-z]*.py"):
            shutil.copy(path, target)
        with (target / "dialogs.py").open("a", encoding="utf-8") as file:
            file.write(f"\n# {name}\n")
        return target

    def mutant(self, name: str) -> Expected:
        """Write a wrong submission."""
        file, old, new = self.random.choice(self.mutants)
        path = self.base(name) / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        return less

    def variant(self, name: str) -> Expected:
        """Write a correct submission in another style."""
        source = self.random.choice(self.variants)
        (self.folder / f"{name}.py").write_bytes(source.read_bytes() + f"\n# {name}\n".encode("ascii"))
        return full

    def attack(self, name: str) -> Expected:
        """Write an attack on the grader."""
        attack = self.random.choice(self.attacks)
        with tempfile.TemporaryDirectory() as scratch:
            built = build(attack, Path(scratch), str)
            (shutil.copytree if built.is_dir() else shutil.copy)(built, self.folder / (name + built.suffix))
        return full if not attack.status and attack.points == [15] else less

    def broken(self, name: str) -> Expected:
        """Write a file that cannot be read as a submission."""
        path = self.folder / f"{name}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("../dialogs.py" if self.random.random() < 0.5 else "essay.txt", name)
        if self.random.random() < 0.3:
            path.write_bytes(path.read_bytes()[:-30])
        return unreadable


def command(folder: Path, out: Path, jobs: int) -> list[str]:
    """Return the command that grades the class."""
    return [sys.executable, "-m", "lab", "--lang", "en", "grade", str(folder), "--out", str(out), "--jobs", str(jobs)]


def measured(folder: Path, out: Path, jobs: int) -> tuple[float, float]:
    """Run it; returns its seconds, and the most memory of all its processes together (PSS, GiB)."""
    started = time.monotonic()
    process = subprocess.Popen(command(folder, out, jobs), cwd=PROJECT, **QUIET)
    peak = 0
    while process.poll() is None:
        peak = max(peak, memory(process.pid))
        time.sleep(1)
    if process.returncode not in (0, 1):
        sys.exit(f"lab grade ended with {process.returncode}")
    return time.monotonic() - started, peak / 2**30


def memory(pid: int) -> int:
    """Return the memory of a process and its descendants in bytes, counting shared pages once (PSS)."""
    total = 0
    try:
        tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for process in tree:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total


def grades(out: Path) -> dict[str, dict[str, object]]:
    """Read the reports, without the time that each took."""
    reports = {path.stem: json.loads(path.read_bytes()) for path in (out / "reports").glob("*.json")}
    for report in reports.values():
        report.pop("seconds")
    return reports


def table_of_sizes(sizes: list[int], jobs: list[int], seed: int, *, small: bool) -> None:
    """Grade a class of each size with each number of jobs."""
    table = Table("submissions", "jobs", "seconds", "a minute", "peak GiB", "as expected", title="One class")
    for size in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "submissions"
            folder.mkdir()
            mix = Mix(folder, seed, small=small)
            mix.make(size)
            for number in jobs:
                out = Path(scratch) / f"grades{number}"
                seconds, peak = measured(folder, out, number)
                reports = grades(out)
                wrong = [
                    name for name, right in mix.expected.items() if name not in reports or not right(reports[name])
                ]
                row = [size, number, f"{seconds:.0f}", f"{60 * size / seconds:.1f}", f"{peak:.2f}"]
                table.add_row(*map(str, row), f"{size - len(wrong)} / {size}")
                if wrong:
                    console.print("otherwise than expected:", *wrong)
    console.print(table)


def kills(size: int, jobs: int, count: int, seed: int) -> None:
    """Kill runs at random moments, resume them, and compare."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder, whole = Path(scratch) / "submissions", Path(scratch) / "whole"
        folder.mkdir()
        Mix(folder, seed, small=False).make(size)
        seconds, _ = measured(folder, whole, jobs)
        expected = grades(whole)
        equal = 0
        for number in range(count):
            out = Path(scratch) / f"killed{number}"
            process = subprocess.Popen(command(folder, out, jobs), cwd=PROJECT, start_new_session=True, **QUIET)
            moment = draw.uniform(0, seconds)
            time.sleep(moment)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            there = len(list((out / "reports").glob("*.json"))) if (out / "reports").exists() else 0
            measured(folder, out, jobs)
            equal += grades(out) == expected
            console.print(
                f"killed after {moment:.1f} s with {there} of {size} reports; equal so far: {equal}/{number + 1}"
            )
            shutil.rmtree(out)
    console.print(f"{equal} of {count} runs that were killed and resumed ended with equal grades")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--size", type=int, nargs="+", default=[20])
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.kills:
        kills(arguments.size[0], arguments.jobs[-1], arguments.kills, arguments.seed)
    else:
        table_of_sizes(arguments.size, arguments.jobs, arguments.seed, small=arguments.small)


if __name__ == "__main__":
    main()

"""A class of submissions, mixed from the tests' mutants, variants, attacks and broken files: rate and memory.

    python benchmarks/a_class.py --size 200 --jobs 1 2
    python benchmarks/a_class.py --size 20 200 2000 --jobs 2 --small
    python benchmarks/a_class.py --size 8 --jobs 2 --kills 30

The mix is seeded. What each submission is to get is known beforehand: a mutant loses points, a variant gets all, a
broken file is set aside; the table says how many came out otherwise. `--small` takes submissions of one small module.
`--kills` kills the run (SIGKILL, the whole process group) at that many random moments, each time in a run of its own,
resumes it, and compares the grades with those of a run that nobody killed.
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
SHARES = {"mutant": 50, "variant": 25, "attack": 15, "broken": 10}  # of a hundred
SLOW = {"bombs", "endings", "processes", "network", "files"}  # groups of attacks that wait, or want a world around them
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
console = Console(width=110)


def full(report: dict[str, object]) -> bool:
    """All points."""
    return report["score"] == report["max_score"]


def less(report: dict[str, object]) -> bool:
    """Graded, with less than all points."""
    return report["status"] == "graded" and not full(report)


def unreadable(report: dict[str, object]) -> bool:
    """Not graded."""
    return report["status"] == "unreadable"


class Mix:
    """Makes a class of submissions."""

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
        """Write so many submissions."""
        kinds = self.random.choices(list(SHARES), list(SHARES.values()), k=size)
        for number, kind in enumerate(kinds):
            name = f"{number:04}_{kind}"
            maker = self.mutant if self.small and kind != "broken" else getattr(self, kind)
            self.expected[name] = maker(name)

    def base(self, name: str) -> Path:
        """The solution, or its one small module, with a line that makes it a submission of its own."""
        target = self.folder / name
        target.mkdir()
        for path in SOLUTION.glob("dialogs.py" if self.small else "[a-z]*.py"):
            shutil.copy(path, target)
        with (target / "dialogs.py").open("a", encoding="utf-8") as file:
            file.write(f"\n# {name}\n")
        return target

    def mutant(self, name: str) -> Expected:
        """A wrong submission."""
        file, old, new = self.random.choice(self.mutants)
        path = self.base(name) / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        return less

    def variant(self, name: str) -> Expected:
        """A right one in another style."""
        source = self.random.choice(self.variants)
        (self.folder / f"{name}.py").write_bytes(source.read_bytes() + f"\n# {name}\n".encode("ascii"))
        return full

    def attack(self, name: str) -> Expected:
        """One that tries to get what it did not earn."""
        attack = self.random.choice(self.attacks)
        with tempfile.TemporaryDirectory() as scratch:
            built = build(attack, Path(scratch), str)
            (shutil.copytree if built.is_dir() else shutil.copy)(built, self.folder / (name + built.suffix))
        return full if not attack.status and attack.points == [15] else less

    def broken(self, name: str) -> Expected:
        """One that cannot be read."""
        path = self.folder / f"{name}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("../dialogs.py" if self.random.random() < 0.5 else "essay.txt", name)
        if self.random.random() < 0.3:
            path.write_bytes(path.read_bytes()[:-30])
        return unreadable


def command(folder: Path, out: Path, jobs: int) -> list[str]:
    """What a TA would type."""
    return [sys.executable, "-m", "lab", "--lang", "en", "grade", str(folder), "--out", str(out), "--jobs", str(jobs)]


def measured(folder: Path, out: Path, jobs: int) -> tuple[float, float]:
    """Seconds that a run took, and the most memory (PSS of all its processes, GiB)."""
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
    """Bytes of a process and all below it, what they share counted once."""
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
    """The reports, but for how long each took."""
    found = {path.stem: json.loads(path.read_bytes()) for path in (out / "reports").glob("*.json")}
    for report in found.values():
        report.pop("seconds")
    return found


def table_of_sizes(sizes: list[int], jobs: list[int], seed: int, *, small: bool) -> None:
    """Grade classes of each size with each number of jobs."""
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
                found = grades(out)
                wrong = [name for name, right in mix.expected.items() if name not in found or not right(found[name])]
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

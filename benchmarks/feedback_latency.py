"""How long a student waits: from a save to the verdict in `lab watch`, and for a cold `lab check`.

    python benchmarks/feedback_latency.py --rounds 10 --markdown latency.md --json latency.json

A save writes a file to disk, and the clock stops at the line of output that ends the round. Each round saves a mistake
in a light step and its correction, makes everything be graded again, and runs each cold command once. They run one
after the other, so that other load on the machine affects all alike. The bare import is what any program with this
model has to wait for. Measure on an idle machine.
"""

import argparse
import contextlib
import os
import queue
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from mutants_vs_peers import Tables, keep, output_options, show_tables

from grader.paths import PROJECT, SOLUTION

IMPORT = "the bare import"
COLD = {
    IMPORT: ["-c", "import tensorflow; from transformers import TFGPT2LMHeadModel"],
    "lab check solution": ["-m", "lab", "check", "solution"],
    "lab check skeleton": ["-m", "lab", "check", "skeleton"],
}
RIGHT, WRONG = "token_id < vocab_size", "token_id <= vocab_size"
LITTLE, MUCH = "import pandas", "import sys\nimport pandas"  # with `sys`, a module may affect every step
# Goals in seconds on two cores; of a cold check, how many times the bare import, and how many seconds more.
GOALS = {"save, a step without TensorFlow": 1.0, "save, all steps": 5.0}
TIMES, MORE = 1.5, 5.0
ENVIRONMENT = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "KOGPT2_LAB_LANG": "en"}
ROUND_ENDS = "Ctrl-C"  # in the last line of a round
PATIENCE = 300.0


class Watched:
    """A submission that `lab watch` is grading."""

    def __init__(self, folder: Path) -> None:
        self.folder = shutil.copytree(SOLUTION, folder / "submission")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lab", "watch", str(self.folder)],
            cwd=PROJECT,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.lines: queue.SimpleQueue[tuple[float, str]] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        self.round()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put((time.perf_counter(), line))

    def round(self) -> tuple[float, str]:
        """Wait for the end of a round; returns its time and its output."""
        said = ""
        while ROUND_ENDS not in said:
            moment, line = self.lines.get(timeout=PATIENCE)
            said += line
        return moment, said

    def save(self, old: str, new: str) -> tuple[float, str]:
        """Edit the module of the light steps; returns the seconds until the verdict, and the output."""
        path = self.folder / "dialogs.py"
        text = path.read_text(encoding="utf-8")
        assert old in text
        started = time.perf_counter()
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        moment, said = self.round()
        return moment - started, said

    def close(self) -> None:
        """End `lab watch`."""
        self.process.terminate()
        self.process.wait()


def warm(watched: Watched, pause: float) -> dict[str, list[float]]:
    """Measure one round of saves: a mistake, its correction, and an edit that may affect every step."""
    seconds_by_name: dict[str, list[float]] = {name: [] for name in GOALS}
    light, everything = seconds_by_name
    for name, old, new, score in (
        (light, RIGHT, WRONG, 95),
        (light, WRONG, RIGHT, 100),
        (everything, LITTLE, MUCH, 100),
        (everything, MUCH, LITTLE, 100),
    ):
        time.sleep(pause)  # a student reads before the next save; meanwhile the next child is prepared
        seconds, said = watched.save(old, new)
        assert f"Score {score} / 100" in said, said
        seconds_by_name[name].append(seconds)
    return seconds_by_name


def cold(arguments: list[str]) -> float:
    """Measure the seconds that a command takes."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=PROJECT, env=ENVIRONMENT, capture_output=True, check=False)
    return time.perf_counter() - started


def measured(rounds: int, pause: float) -> dict[str, list[float]]:
    """Measure everything in each round; returns seconds by name."""
    seconds_by_name: dict[str, list[float]] = {name: [] for name in (*GOALS, *COLD)}
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(Watched(Path(folder))) as watched:
        for _ in range(rounds):
            for name, seconds in warm(watched, pause).items():
                seconds_by_name[name] += seconds
            for name, arguments in COLD.items():
                seconds_by_name[name].append(cold(arguments))
    return seconds_by_name


def rows(seconds_by_name: dict[str, list[float]], rounds: int) -> Tables:
    """Make the tables: medians, ranges, goals, and the cold commands as multiples of the bare import."""
    base = statistics.median(seconds_by_name[IMPORT])
    warm_lines = [["from a save to the verdict", "median s", "least", "most", "goal"]]
    warm_lines += [[name, *_spread(seconds_by_name[name]), f"{goal:.0f}"] for name, goal in GOALS.items()]
    cold_lines = [["cold start", "median s", "least", "most", "times the import", f"goal ({TIMES:g} × + {MORE:g} s)"]]
    for name in COLD:
        goal = "" if name == IMPORT else f"{TIMES * base + MORE:.1f}"
        cold_lines.append(
            [name, *_spread(seconds_by_name[name]), f"{statistics.median(seconds_by_name[name]) / base:.2f}", goal]
        )
    title = f"{rounds} interleaved rounds, {os.cpu_count()} cores"
    return [(f"lab watch, {title}", warm_lines), (f"lab check, {title}", cold_lines)]


def _spread(seconds: list[float]) -> list[str]:
    return [f"{value:.2f}" for value in (statistics.median(seconds), min(seconds), max(seconds))]


def main() -> None:
    """Measure, print the tables, and write them to the files that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--pause", type=float, default=3.0, help="seconds between a verdict and the next save")
    output_options(parser)
    arguments = parser.parse_args()
    seconds_by_name = measured(arguments.rounds, arguments.pause)
    tables = rows(seconds_by_name, arguments.rounds)
    show_tables(tables)
    figures: dict[str, Any] = {"rounds": arguments.rounds, "cores": os.cpu_count(), "seconds": seconds_by_name}
    keep(arguments, tables, figures)


if __name__ == "__main__":
    main()

"""How long `lab check` takes from a cold start, against the bare import of what it needs: `make bench`.

Interleaved runs, medians. The ratio is what counts; the seconds are this machine's.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
COMMANDS = {
    "import tensorflow; from transformers import TFGPT2LMHeadModel": [
        *("-c", "import tensorflow; from transformers import TFGPT2LMHeadModel"),
    ],
    "lab check solution": ["-m", "lab", "check", "solution"],
    "lab check skeleton": ["-m", "lab", "check", "skeleton"],
}


def seconds(arguments: list[str]) -> float:
    """How long one run takes."""
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=quiet, capture_output=True, check=False)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    runs: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, arguments in COMMANDS.items():
            runs[name].append(seconds(arguments))
    medians = {name: statistics.median(times) for name, times in runs.items()}
    base = next(iter(medians.values()))
    table = Table("command", "median s", "least", "most", "ratio", title=f"{rounds} interleaved rounds")
    for name, times in runs.items():
        median = medians[name]
        table.add_row(name, f"{median:.1f}", f"{min(times):.1f}", f"{max(times):.1f}", f"{median / base:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()

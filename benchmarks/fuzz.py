"""Fuzzing the grader: forged replies and streams, submissions and sources of arbitrary bytes.

    python benchmarks/fuzz.py --examples 100000

Prints the outcomes; exits with 1 if an input crashed the grader, kept it busy too long, or made it touch a file outside
the submission. The targets are in `tests/helpers/fuzzing/`.
"""

import argparse
import collections
import faulthandler
import os
import resource
import sys
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # changing the user waits for every thread
sys.path.insert(0, str(Path(__file__).parent.parent))

from hypothesis import HealthCheck, Phase, given, seed, settings
from rich.console import Console
from rich.table import Table

from tests.helpers.fuzzing import inputs, submissions, targets

EACH = 100  # inputs made from one example of hypothesis
MEMORY = 4 * 2**30  # more than that is a crash


@dataclass
class Tally:
    """Counts the outcomes of a target."""

    outcomes: collections.Counter[str] = field(default_factory=collections.Counter)
    crashes: dict[str, str] = field(default_factory=dict)
    slowest: float = 0.0
    seconds: float = 0.0

    def take(self, target: inputs.Target, given: Any) -> None:
        """Run one input."""
        started = time.process_time()
        faulthandler.dump_traceback_later(60, exit=True)  # in case not even the alarm signal is handled
        try:
            targets.tried(target, given, self.outcomes)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            kind = f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}: {str(error)[:100]}"
            self.outcomes["crash"] += 1
            self.crashes.setdefault(kind, repr(given)[:500])
        faulthandler.cancel_dump_traceback_later()
        self.slowest = max(self.slowest, time.process_time() - started)

    def row(self, name: str, outside: int | None) -> list[str]:
        """Make the target's row of the table."""
        refused = sorted((-n, kind[9:]) for kind, n in self.outcomes.items() if kind.startswith("refused: "))
        accepted = sum(n for kind, n in self.outcomes.items() if not kind.startswith(("refused: ", "crash")))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return [
            name,
            f"{self.outcomes.total():,}",
            f"{accepted:,}",
            "\n".join(f"{-n:,} {kind}" for n, kind in refused),
            f"{self.outcomes['crash']:,}",
            f"{1000 * self.slowest:.0f}",
            f"{self.seconds:.0f}",
            f"{peak:.0f}",
            "–" if outside is None else f"{outside}",
        ]


def fuzz(target: inputs.Target, count: int, start: int) -> Tally:
    """Run a number of inputs against a target."""
    tally = Tally()

    @seed(start)
    @settings(
        max_examples=max(1, count // EACH),
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(target.drawn())
    def run(drawn: tuple[list[Any], int]) -> None:
        for made in target.inputs(*drawn, EACH):
            tally.take(target, made)

    started = time.perf_counter()
    run()
    tally.seconds = time.perf_counter() - started
    return tally


def main() -> int:
    """Run every target and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=100_000, help="inputs of the two main targets")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="one target")
    arguments = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    columns = ("inputs", "accepted", "refused", "crashes", "slowest CPU ms", "seconds", "peak MiB", "outside")
    table = Table("target", *columns, title=f"seed {arguments.seed}", show_lines=True)
    yard, crashes = submissions.Yard(), {}
    try:
        for target in targets.targets(yard):
            if arguments.only not in {None, target.name}:
                continue
            print(f"{target.name} …", file=sys.stderr)
            tally = fuzz(target, arguments.examples * target.share // 100, arguments.seed)
            table.add_row(*tally.row(target.name, yard.outside if target.name == "submissions" else None))
            crashes |= tally.crashes
    finally:
        yard.close()
    console = Console(width=120)
    console.print(table)
    for kind, made in crashes.items():
        console.print(f"{kind}\n    {made}", markup=False, highlight=False)
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())

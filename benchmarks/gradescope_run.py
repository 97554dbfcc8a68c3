"""Running the autograder's zip as Gradescope does, in a temporary root: `python benchmarks/gradescope_run.py`.

Builds the zip, unpacks it into ROOT/source and runs `setup.sh` there, which installs everything anew: it takes minutes
and needs the package index. Then it runs `run_autograder` with the solution, the skeleton and a folder without the
lab's files.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

PROJECT = Path(__file__).parent.parent
sys.path.insert(0, str(PROJECT))

from grader.gradebook.autograder.build import build_zip

EXPECTED = {"solution": 100, "skeleton": 0, "nothing": 0}


def main() -> int:
    """Run everything; returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        root = Path(folder)
        build_zip(root / "autograder.zip")
        print(f"zip: {(root / 'autograder.zip').stat().st_size / 2**20:.1f} MiB")
        with zipfile.ZipFile(root / "autograder.zip") as archive:
            archive.extractall(root / "source")
        shutil.copy(root / "source" / "run_autograder", root / "run_autograder")
        (root / "run_autograder").chmod(0o755)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL"))}
        environment["AUTOGRADER_ROOT"] = str(root)
        print(f"setup.sh: {timed(['bash', 'source/setup.sh'], root, environment):.0f} s")
        right = [run(root, environment, name, score) for name, score in EXPECTED.items()]
    return 0 if all(right) else 1


def run(root: Path, environment: dict[str, str], name: str, expected: int) -> bool:
    """Grade one submission as Gradescope does; returns whether its score is the expected one."""
    for part in ("submission", "results"):
        shutil.rmtree(root / part, ignore_errors=True)
        (root / part).mkdir()
    if (PROJECT / name).is_dir():
        shutil.copytree(PROJECT / name, root / "submission", dirs_exist_ok=True)
    seconds = timed(["./run_autograder"], root, environment)
    score = json.loads((root / "results" / "results.json").read_bytes())["score"]
    print(f"{name}: {score:g} in {seconds:.0f} s" + ("" if score == expected else f", expected {expected}"))
    return bool(score == expected)


def timed(command: list[str], root: Path, environment: dict[str, str]) -> float:
    """Run a command; returns its seconds."""
    started = time.monotonic()
    subprocess.run(command, cwd=root, env=environment, check=True)
    return time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())

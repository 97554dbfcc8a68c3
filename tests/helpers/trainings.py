"""`lab` in processes of its own that need not import TensorFlow each: they are forked from one that has."""

import multiprocessing
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["lab.training.fine_tuning", "lab.fast.training", "lab.__main__"])


def _lab(arguments: tuple[str, ...], folder: Path, mini: Path, printed: Path) -> NoReturn:
    """Be `lab`, but save before each step, not each minute, and take another checkpoint for `mini`."""
    import kit.checkpoints
    import lab.training.loop
    from lab.__main__ import main

    with printed.open("wb") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    os.chdir(folder)
    os.environ["KOGPT2_LAB_LANG"] = "en"
    kit.checkpoints.MINI = mini
    lab.training.loop.SAVED_EVERY = 0.0
    sys.argv = ["lab", *arguments]
    main()


class LabProcess:
    """A running `lab`, started in the current folder.

    Args:
        mini: the checkpoint that the name `mini` stands for.
        printed: the file that gets what it prints.
        arguments: of `lab`.
    """

    def __init__(self, mini: Path, printed: Path, *arguments: str) -> None:
        self.printed = printed
        self.process: Any = FORKING.Process(target=_lab, args=(arguments, Path.cwd(), mini, printed))
        self.process.start()

    @property
    def running(self) -> bool:
        return bool(self.process.is_alive())

    def text(self) -> str:
        return self.printed.read_text(encoding="utf-8")

    def end_by(self, number: int) -> int:
        """Send a signal and wait for the end; returns the exit code, or the negative number of the signal."""
        os.kill(self.process.pid, number)
        self.process.join(120)
        return int(self.process.exitcode)

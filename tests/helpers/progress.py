"""What a run of many tests says as it goes: what it waits for, and each folder as its last test ends."""

import time
from collections import Counter
from pathlib import PurePosixPath
from typing import Any

import pytest

MANY = 100  # tests: with fewer, the dots say enough


def folder_of(test: str) -> str:
    """The folder of a test, by its id (`tests/kit/test_files.py::test_…`)."""
    return PurePosixPath(test.partition("::")[0]).parent.as_posix()


class Progress:
    """A plugin of the process that prints: with pytest-xdist the one that hands the tests out."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self.terminal = terminal
        self.left: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.seconds: Counter[str] = Counter()
        self.all: Counter[str] = Counter()
        self.start = time.monotonic()

    def begin(self, tests: list[str]) -> None:
        """Take note of what is to be run, once: each worker finds the same tests."""
        if not self.all and len(tests) >= MANY:
            self.all = Counter(map(folder_of, tests))
            self.left = self.all.copy()
            self.say(f"{len(tests)} tests in {len(self.all)} folders; each is named here when its last test has ended")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Begin, where this process runs the tests itself."""
        self.begin([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Begin, where workers run them."""
        self.begin(ids)

    @pytest.hookimpl(trylast=True)  # its dot is printed first
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what came of a test; say so where it was the last of its folder."""
        folder = folder_of(report.nodeid)
        self.seconds[folder] += report.duration
        self.failed[folder] += report.failed
        if report.when == "teardown" and folder in self.left:
            self.left[folder] -= 1
            if not self.left[folder]:
                failed = f", {self.failed[folder]} failed" if self.failed[folder] else ""
                self.say(f"{folder}: {self.all[folder]} tests{failed}, {self.seconds[folder]:.0f} s of work")

    def say(self, line: str) -> None:
        """Print a line of its own, with the time since the start."""
        minutes, seconds = divmod(int(time.monotonic() - self.start), 60)
        self.terminal.write_line(f"\n[{minutes}:{seconds:02}] {line}")

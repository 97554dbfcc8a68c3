"""A long run says where it is."""

import pytest

from tests.helpers.progress import MANY, Progress


class Terminal:
    def __init__(self):
        self.lines = []

    def write_line(self, line):
        self.lines.append(line.partition("] ")[2])


def report(test, when, *, failed=False):
    outcome = "failed" if failed else "passed"
    return pytest.TestReport(test, (test, 0, ""), {}, outcome, None, when, duration=1.0)


def test_each_folder_is_named_once_with_its_last_test():
    tests = ["tests/a/test_one.py::test", *(f"tests/b/test_two.py::test[{number}]" for number in range(MANY))]
    progress = Progress(terminal := Terminal())
    for _ in range(2):  # as of two workers
        progress.begin(tests)
    for test in reversed(tests):
        progress.pytest_runtest_logreport(report(test, "call", failed=test == tests[1]))
        progress.pytest_runtest_logreport(report(test, "teardown"))

    begun, *ended = terminal.lines
    assert begun.startswith(f"{len(tests)} tests in 2 folders")
    assert ended == [f"tests/b: {MANY} tests, 1 failed, {2 * MANY} s of work", "tests/a: 1 tests, 2 s of work"]


def test_a_short_run_says_nothing():
    progress = Progress(terminal := Terminal())
    progress.begin(["tests/a/test_one.py::test"])
    progress.pytest_runtest_logreport(report("tests/a/test_one.py::test", "teardown"))

    assert terminal.lines == []

"""What the tests share: one pool, so that TensorFlow is imported once for all submissions that are graded."""

import gc
import os
import shutil
import textwrap
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from grader.grading import grade
from grader.paths import SOLUTION
from grader.reports.report import Report
from grader.sandbox.pool import Pool
from grader.sandbox.process import missing_protection
from kit.environment import tensorflow_alone
from tests.helpers.children import call_of, submitted
from tests.helpers.hub import Hub, point_client_at, serving
from tests.helpers.installed import demand
from tests.helpers.progress import Progress

tensorflow_alone()
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


@pytest.hookimpl(trylast=True)  # once the plugin is there that prints
def pytest_configure(config: pytest.Config) -> None:
    """Have the process that prints say where a long run is."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Progress(terminal))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector away from what is there to stay: modules and tests, a million objects.

    Going over them again and again took a quarter of the collection, and a tenth of grading. TensorFlow's tests make
    and drop thousands of objects a step, so what is new is looked at less often, too.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
        gc.set_threshold(20_000, 20, 20)


# Where tests wait for processes of their own, which take long.
WAITING = (
    "tests/lab/watching/",
    "tests/grader/gradebook/running/",
    "tests/lab/training/test_resume.py",
    "tests/lab/test_lab_notebook.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that wait, so that in the end none of them is left to run alone."""
    items.sort(key=lambda item: not item.nodeid.startswith(WAITING))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """See to it that the programs are there which a test's marks `needs` name, each by one of its names."""
    for mark in item.iter_markers("needs"):
        demand(*mark.args)


@pytest.fixture(autouse=True)
def language(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speak Korean, whatever the machine's locale."""
    monkeypatch.setenv("KOGPT2_LAB_LANG", "ko")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub on loopback that the client asks, and empty caches."""
    with serving() as hub:
        monkeypatch.setenv("KOGPT2_LAB_CACHE", str(tmp_path / "cache"))
        point_client_at(monkeypatch.setattr, hub.url, tmp_path)
        yield hub


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    """Warm fork servers, sandboxed where this machine can."""
    with Pool(confine=missing_protection() is None) as warm:
        warm.warm_up(models=False)
        yield warm


@pytest.fixture
def solution_with(tmp_path: Path) -> Callable[[str, str, str], Path]:
    """A copy of the solution with one edit: `(file, old, new)`; fails where `old` does not stand there once."""

    def edit(file: str, old: str, new: str) -> Path:
        copy = tmp_path / "solution"
        shutil.copytree(SOLUTION, copy, dirs_exist_ok=True)
        source = (copy / file).read_text(encoding="utf-8")
        assert source.count(old) == 1, f"{file} does not hold once: {old}"
        (copy / file).write_text(source.replace(old, new), encoding="utf-8")
        return copy

    return edit


@pytest.fixture(scope="session")
def solution_report(pool: Pool) -> Report:
    """The solution's report."""
    return grade(SOLUTION, pool)


def lost(report: Report) -> dict[str, str]:
    """The checks that gave no points, with their status."""
    return {c.id: c.status for step in report.steps for c in step.checks if c.status != "passed"}


@pytest.fixture
def submit(pool):
    """Load a submission's message in a child of the light fork server; returns how its functions are called."""
    children = []

    def load(message):
        child = pool.child(message, tensorflow=False)
        children.append(child)

        def call(function="encode_dialog", module="dialogs"):
            arguments = {"encode_dialog": ["q", "a", None], "replace_overshooting": [[], 0, 0]}.get(function, [])
            return child.ask(call_of(function, *arguments, module=module), 60)

        return call

    yield load
    for child in children:
        child.end()


@pytest.fixture
def folder(submit):
    return lambda **sources: submit(submitted({f"{name}.py": source for name, source in sources.items()}, "folder"))


@pytest.fixture
def single(submit):
    return lambda source: submit(submitted({"kim.py": textwrap.dedent(source)}, "source"))

"""Grading one submission: pytest runs the checks on the trusted side, and what came of them becomes a report."""

import contextlib
import os
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from grader.assignment import ASSIGNMENT, Check, Step
from grader.checks.examinee import EXAMINEE, Examinee
from grader.checks.verdict import Failure
from grader.errors import GraderError, UnreadableError
from grader.paths import CHECKS
from grader.reports.report import SCHEMA, CheckReport, Counterexample, Report, StepReport
from grader.sandbox.limits import Limits
from grader.sandbox.pool import Pool
from grader.submission.encoding import as_text
from grader.submission.reading import Submission, read
from kit.messages import Bilingual, printable

VERSIONS = ("kogpt2-lab", "tensorflow", "transformers", "hypothesis", "pytest")
MAX_TEXT, MAX_DETAIL = 4_000, 500  # characters of a call or value, and of a submission's own words, in a report
SEED = 0  # hypothesis draws by numbers kept for each check (`seeds.toml`), NumPy and TensorFlow by fixed seeds

SPOILED = ("failed", "error")  # what another step's doings in the same process may have caused
EVERY_STEP = tuple(step.id for step in ASSIGNMENT.steps)

Listener = Callable[[StepReport], None]


class Examiner:
    """A pytest plugin: hands the examinee to the checks and keeps what came of each."""

    def __init__(self, examinee: Examinee, checks: Collection[str], listener: Listener) -> None:
        self._examinee = examinee
        self._checks = checks
        self._listener = listener
        self.results: dict[str, CheckReport] = {}
        self.internal: BaseException | None = None
        self.unheard: Exception | None = None  # what the listener raised
        self._prepared: Iterator[pytest.Item] = iter(())

    def pytest_configure(self, config: pytest.Config) -> None:
        """Leave the examinee where the checks' fixture finds it, and have no traceback written that nobody reads."""
        config.stash[EXAMINEE] = self._examinee
        config.option.tbstyle = "line"

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Take the checks in the assignment's order, those first that need not wait for TensorFlow."""
        order = list(ASSIGNMENT.checks)
        items[:] = [item for item in items if check_id(item) in self._checks]
        items.sort(key=lambda item: (step_of(item).tensorflow, order.index(check_id(item))))
        self._prepared = iter(items)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Turn the examinee to the check; while TensorFlow is still being imported for it, draw what all others try."""
        server = self._examinee.pool.server(tensorflow=step_of(item).tensorflow)
        while server.tensorflow and not server.ready and (later := next(self._prepared, None)) is not None:
            if prepare := getattr(getattr(later, "function", None), "prepare", None):  # what has examples to draw
                prepare()
        self._examinee.begin(step_of(item))

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Try a check again in a child of its own where another step may have spoiled the one that it failed in."""
        try:
            return (yield)
        except Exception as error:
            failure = failure_in(error)
            if failure is None or failure.status not in SPOILED or self._examinee.alone:
                raise
        self._examinee.end()
        self._examinee.begin(step_of(pyfuncitem))
        pyfuncitem.obj(self._examinee)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Keep what came of a check; anything but its own verdict is a fault of the grader's."""
        report = yield
        if call.when == "call" or call.excinfo is not None:
            error = None if call.excinfo is None else call.excinfo.value
            verdict = failure_in(error) if error is not None else None
            if error is not None and verdict is None:
                self.internal = self.internal or error
            step, check = ASSIGNMENT.checks[check_id(item)]
            self.results.setdefault(check.id, check_report(step, check, verdict))
            asked = {other.id for other in step.checks if other.id in self._checks}
            if call.when == "call" and self.results.keys() >= asked:
                self._tell(step_report(step, self.results))
        return report

    def pytest_internalerror(self) -> bool:
        """Whether an error is not to be printed by pytest: what the listener raised is for the caller."""
        return self.unheard is not None

    def _tell(self, report: StepReport) -> None:
        try:
            self._listener(report)
        except Exception as error:
            self.unheard = error
            raise


def check_id(item: pytest.Item) -> str:
    """The check that a test is."""
    marker = item.get_closest_marker("check")
    assert marker is not None
    return str(marker.args[0])


def step_of(item: pytest.Item) -> Step:
    """The step that a test belongs to."""
    return ASSIGNMENT.checks[check_id(item)][0]


def failure_in(error: BaseException) -> Failure | None:
    """The verdict that an exception carries: itself, or inside a group, or what hypothesis wrapped as flaky."""
    if isinstance(error, Failure):
        return error
    inner: Iterable[BaseException] = getattr(error, "exceptions", ())
    for candidate in (*inner, error.__cause__, error.__context__):
        failure = failure_in(candidate) if candidate is not None else None
        if failure is not None:
            return failure
    return None


def check_report(step: Step, check: Check, failure: Failure | None) -> CheckReport:
    """What the report says of a check."""
    if failure is None:
        return CheckReport(check.id, "passed", check.points, check.points)
    counterexample = None
    if failure.call and failure.status in ("failed", "error", "timeout"):
        texts = (failure.call, failure.expected, failure.got)
        counterexample = Counterexample(*(printable(text, MAX_TEXT) for text in texts))
    return CheckReport(
        check.id,
        failure.status,  # type: ignore[arg-type]
        0,
        check.points,
        message=message_of(check, failure),
        diagnosis=failure.diagnosis,
        counterexample=counterexample,
        hint=check.hint,
        docs=step.docs,
    )


def message_of(check: Check, failure: Failure) -> Bilingual:
    """The check's own message, or that of an outcome such as a timeout."""
    if failure.outcome is None:
        return check.message
    text = ASSIGNMENT.outcomes[failure.outcome]
    details = {k: printable(v, MAX_DETAIL) if type(v) is str else v for k, v in failure.details.items()}
    return Bilingual(text.ko.format_map(details), text.en.format_map(details))


def step_report(step: Step, results: dict[str, CheckReport]) -> StepReport:
    """A step's checks and their sum. A check without a result gets no points."""
    nothing = Failure("error", outcome="died", details={"code": -1})
    checks = [results.get(check.id) or check_report(step, check, nothing) for check in step.checks]
    return StepReport(step.id, step.title, sum(check.points for check in checks), step.points, checks)


def grade(path: Path, pool: Pool, listener: Listener = lambda _: None) -> Report:
    """Grade the submission at a path.

    Args:
        path: a folder, a zip, a `.py` file or a notebook.
        pool: the fork servers to grade on.
        listener: called with each step's report as soon as it is there, steps without TensorFlow first.

    Raises:
        GraderError: it could not be graded at all: nothing is there, or the grader itself is at fault.
    """
    try:
        submission = read(path)
    except UnreadableError as error:
        return unreadable(as_text(path.name), error.text)
    return grade_submission(submission, pool, listener)


def grade_submission(
    submission: Submission, pool: Pool, listener: Listener = lambda _: None, passed: Collection[str] = ()
) -> Report:
    """Grade a submission that was read.

    Args:
        submission: what was read.
        pool: the fork servers to grade on.
        listener: see `grade`.
        passed: steps that are known to be passed, and are not run.

    Raises:
        GraderError: the grader itself is at fault.
    """
    started = time.monotonic()
    examined = {step.id: step for step in examine(submission, pool, listener, set(EVERY_STEP) - set(passed))}
    steps = [examined.get(step.id) or step_report(step, passed_all(step)) for step in ASSIGNMENT.steps]
    return report_of(submission.name, started, steps)


def passed_all(step: Step) -> dict[str, CheckReport]:
    """What the report says of a step's checks where all are passed."""
    return {check.id: check_report(step, check, None) for check in step.checks}


def examine(
    submission: Submission,
    pool: Pool,
    listener: Listener = lambda _: None,
    steps: Collection[str] = EVERY_STEP,
    limits: Limits | None = None,
) -> list[StepReport]:
    """Run the checks of some steps on a submission: their reports, in the assignment's order.

    Args:
        submission: what was read.
        pool: the fork servers to grade on.
        listener: see `grade`.
        steps: the ids of the steps.
        limits: what its calls may take, where that is something else than the pool's.

    Raises:
        GraderError: a check failed for another reason than the submission.
    """
    checks = [check.id for step in ASSIGNMENT.steps if step.id in steps for check in step.checks]
    if not checks:
        return []
    examinee = Examinee(submission, pool, limits)
    results = _run(examinee, checks, lambda step: listener(step) if not _late(step.checks) else None)
    late = _late(results.values())
    if late:  # it may have been the machine: once more, in new processes, with no other worker beside
        with pool.alone():
            pool.replace_what_does_not_answer()
            results |= _run(Examinee(submission, pool, limits), late, lambda _: None)
    reports = [step_report(step, results) for step in ASSIGNMENT.steps if step.id in steps]
    for report in reports:
        if any(check.id in late for check in report.checks):
            listener(report)
    return reports


def _late(results: Iterable[CheckReport]) -> list[str]:
    """The checks that ran out of time."""
    return [result.id for result in results if result.status == "timeout"]


def _run(examinee: Examinee, checks: Collection[str], listener: Listener) -> dict[str, CheckReport]:
    """What came of each of the checks.

    Raises:
        GraderError: a check failed for another reason than the submission.
        Exception: what the listener raised.
    """
    examiner = Examiner(examinee, checks, listener)
    try:
        with _without(OTHERS_OPTIONS):
            code = pytest.main([*PYTEST_OPTIONS, *_files_of(checks)], plugins=[examiner])
    finally:
        examinee.end()
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if examiner.unheard is not None:  # the other end of a pipe is closed, a disk is full
        raise examiner.unheard
    if isinstance(examiner.internal, GraderError):
        raise examiner.internal
    if examiner.internal is not None or code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise GraderError(
            Bilingual(
                f"채점기 자신의 오류로 채점하지 못했습니다 ({examiner.internal!r}).",
                f"The grader itself failed ({examiner.internal!r}).",
            ),
        ) from examiner.internal
    return examiner.results


def _files_of(checks: Collection[str]) -> list[str]:
    """The files that hold the checks: one for each step."""
    return [
        str(CHECKS / f"test_{step}.py") for step in dict.fromkeys(ASSIGNMENT.checks[check][0].id for check in checks)
    ]


@contextlib.contextmanager
def _without(variables: Iterable[str]) -> Iterator[None]:
    """Take variables out of the environment for a while."""
    kept = {name: os.environ.pop(name) for name in variables if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


OTHERS_OPTIONS = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")  # meant for the user's own tests
UNUSED_PLUGINS = ["cacheprovider", "terminal", "logging", "faulthandler", "warnings"]
UNUSED_PLUGINS += ["unraisableexception", "threadexception", "debugging", "doctest", "junitxml", "legacypath"]
UNUSED_PLUGINS += ["monkeypatch", "pastebin", "recwarn", "setuponly", "setupplan", "stepwise", "subtests", "tmpdir"]
UNUSED_PLUGINS += ["unittest"]
PYTEST_OPTIONS = [
    *("-c", str(CHECKS / "pytest.ini"), "--rootdir", str(CHECKS)),
    *("--strict-markers", "--assert=plain", "--disable-plugin-autoload", "-s"),
    *(part for name in UNUSED_PLUGINS for part in ("-p", f"no:{name}")),
]


def unreadable(name: str, reason: Bilingual) -> Report:
    """The report of a submission that could not be read."""
    return report_of(name, time.monotonic(), [], reason)


def report_of(name: str, started: float, steps: list[StepReport], reason: Bilingual | None = None) -> Report:
    """The report of steps that were graded from a moment (`time.monotonic`) on, or of what could not be."""
    return Report(
        schema=SCHEMA,
        submission=name,
        status="graded" if reason is None else "unreadable",
        score=sum(step.points for step in steps),
        max_score=ASSIGNMENT.points,
        seconds=round(time.monotonic() - started, 2),
        seed=SEED,
        versions={name: version(name) for name in VERSIONS},
        steps=steps,
        reason=reason,
    )

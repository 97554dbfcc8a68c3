"""The functions that the lab's notebook calls: `set_up`, and `check` and `check_all`, which grade its cells."""

import ast
import atexit
import contextlib
import io
import os
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.text import Text

from grader.assignment import ASSIGNMENT
from grader.grading import examine, grade_submission
from grader.inside.names.statements import bound_names
from grader.reports.html import left_to_do, notebook_part
from grader.reports.report import StepReport, to_json
from grader.reports.terminal import WORDS, mistake, step_line
from grader.sandbox.pool import Pool
from grader.submission.reading import Submission, from_cells
from kit.errors import KitError
from kit.files import write_whole
from kit.messages import LANGUAGE_VARIABLE, Bilingual, Language, language
from lab.console import PlainConsole, say, tensorflow_imported
from lab.errors import LabError
from lab.protection import protected_if_possible

FILE = "lab.ipynb"  # in reports: `lab.ipynb [3]` is the cell with the number [3]
LIBRARIES = ("numpy", "pandas", "tensorflow", "keras", "tf_keras", "transformers")
WIDTH = 100  # of the plain-text report, in characters
TOLD = ("missing",)  # of these a note says which cells to run


def set_up(spoken: Language) -> None:
    """Prepare the kernel: set the language, import TensorFlow, and let GPU memory grow as needed.

    Where a package was imported in another version than the one installed, it only asks for a restart of the kernel.

    Args:
        spoken: language of all messages and reports.
    """
    os.environ[LANGUAGE_VARIABLE] = spoken
    old = [name for name in LIBRARIES if name in sys.modules and sys.modules[name].__version__ != version(name)]
    if old:  # Colab imports its versions before the lab's are installed
        names = ", ".join(old)
        say(
            Bilingual(
                f"커널(런타임)을 다시 시작하고 이 셀을 다시 실행해 주세요 (새로 설치한 {names} 이(가) 그때 쓰입니다).",
                f"Restart the kernel (runtime) and run this cell again: it is then that the new {names} is used.",
            ),
        )
        return
    with tensorflow_imported():
        import tensorflow as tf
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        with contextlib.suppress(RuntimeError):  # already in use: the cell was run again
            tf.config.experimental.set_memory_growth(gpu, True)
    _pool().warm_up()
    device = f"GPU: {len(gpus)}" if gpus else "CPU"
    say(
        Bilingual(
            f"준비되었습니다. TensorFlow {tf.__version__}, {device}", f"Ready. TensorFlow {tf.__version__}, {device}"
        )
    )


def check(step: str) -> None:
    """Grade one step, using the newest version of each function run in this kernel; show the report below the cell.

    Args:
        step: the id of the step, for example `"framing"`.

    Raises:
        LabError: called outside a notebook.
    """

    def graded(submission: Submission) -> Shown:
        functions = {one.id: one.functions for one in ASSIGNMENT.steps}
        if step not in functions:
            raise LabError(
                Bilingual(
                    f"{step!r} 단계가 없습니다. {', '.join(functions)} 가운데 하나를 쓰세요.",
                    f"There is no step {step!r}: use one of {', '.join(functions)}.",
                ),
            )
        not_run = _not_run(submission, functions[step])
        if not_run:
            raise _not_run_error(not_run)
        return examine(submission, _pool(), steps=[step]), []

    _show(graded)


def check_all(json: str | os.PathLike[str] | None = None) -> None:
    """Grade all steps, using the newest version of each function run in this kernel; show the report below the cell.

    Args:
        json: file to write the report to; none is written without it.

    Raises:
        LabError: called outside a notebook.
    """

    def graded(submission: Submission) -> Shown:
        report = grade_submission(submission, _pool())
        not_run = _not_run(submission, [name for step in ASSIGNMENT.steps for name in step.functions])
        notes = [str(_not_run_error(not_run))] if not_run else []
        return report.steps, notes + ([_write_report(Path(json), to_json(report))] if json is not None else [])

    _show(graded)


Shown = tuple[list[StepReport], list[str]]  # the reports, and notes to print before them


def _show(graded: Callable[[Submission], Shown]) -> None:
    """Grade the cells run so far and show the result below the cell, or the message why they could not be graded.

    Raises:
        LabError: called outside a notebook.
    """
    shell = _shell()
    from IPython.display import display

    waiting = str(Bilingual("채점하는 중입니다 …", "Grading …"))
    place: Any = display(_output([], [waiting]), raw=True, display_id=True)  # type: ignore[no-untyped-call]
    try:
        shown = graded(from_cells(FILE, shell.history_manager.input_hist_raw[1:]))
        _pool().warm_up()  # so that the next check starts at once
    except KitError as error:
        shown = [], [str(error)]
    except KeyboardInterrupt:
        place.update(_output([], [str(Bilingual("중단했습니다.", "Stopped."))]), raw=True)
        raise  # so that Jupyter does not run the cells below
    place.update(_output(*shown), raw=True)


def _shell() -> Any:
    """Return IPython's shell, whose history holds the source of every cell that was run."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        raise LabError(
            Bilingual(
                "check는 노트북의 셀에서만 쓸 수 있습니다. 파일은 `lab check`로 채점해 주세요.",
                "check works in a notebook's cell: grade files with `lab check`.",
            ),
        )
    return shell


@cache
def _pool() -> Pool:
    """Start the fork servers, once for the life of the kernel.

    Without a sandbox on this machine they run unprotected: the code is the student's own.
    """
    pool = contextlib.ExitStack()
    atexit.register(pool.close)
    return pool.enter_context(Pool(confine=protected_if_possible()))


def _not_run(submission: Submission, functions: list[str]) -> list[str]:
    """Return those of the functions that no cell run so far defines."""
    sources = [submission.files[submission.main]] if submission.main else submission.files.values()
    defined = {name for source in sources for one in ast.parse(source).body for name in bound_names(one)}
    return [name for name in functions if name not in defined]


def _not_run_error(functions: list[str]) -> LabError:
    names = ", ".join(functions)
    return LabError(
        Bilingual(
            f"아직 실행하지 않은 함수가 있습니다 ({names}). 그 셀을 실행한 다음 이 셀을 다시 실행해 주세요.",
            f"Some functions have not been run yet ({names}): run the cells that define them, then this cell again.",
        ),
    )


def _write_report(path: Path, content: bytes) -> str:
    """Write the report; returns a sentence that says where it is, or why it could not be written."""
    try:
        write_whole(path, content)
    except OSError as error:
        return str(
            Bilingual(
                f"{path} 을(를) 쓸 수 없습니다 ({error.strerror}). 다른 경로를 써 주세요.",
                f"{path} cannot be written ({error.strerror}): use another path.",
            )
        )
    return str(Bilingual(f"보고서를 {path} 에 썼습니다.", f"The report is in {path}."))


def _output(steps: list[StepReport], notes: list[str]) -> dict[str, str]:
    """Render a cell's output as HTML and, for front ends without HTML, as plain text."""
    spoken = language()
    left = left_to_do(steps, TOLD)["mistakes"]
    console = PlainConsole(file=io.StringIO(), width=WIDTH, color_system=None, force_jupyter=False)
    console.print(
        Group(
            *map(Text, notes),
            *(step_line(step, spoken) for step in steps),
            *(mistake(step, check, spoken) for step, check in left),
        )
    )
    if len(steps) > 1:
        points, most = sum(step.points for step in steps), sum(step.max_points for step in steps)
        console.print(f"{WORDS['score'][spoken]} {points} / {most}")
    assert isinstance(console.file, io.StringIO)
    return {"text/plain": console.file.getvalue(), "text/html": notebook_part(steps, spoken, notes, TOLD)}

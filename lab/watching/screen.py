"""The output of `lab watch`: the steps while they are graded, then the first mistakes, the score and the time."""

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from grader.assignment import ASSIGNMENT, Step
from grader.grading import Listener
from grader.reports.report import Report, StepReport
from grader.reports.terminal import full_report, mistake, score_line, step_line, unwritten
from grader.session import Session
from kit.messages import Bilingual, Language

MAX_MISTAKES = 2  # as many as fit on a screen
CHECKED, WAITING = "↻ ", "… "
WORDS = {
    "more": Bilingual(
        "그 밖에 통과하지 못한 검사: {count}개 (lab check로 모두 볼 수 있습니다)", "{count} more (see lab check)"
    ),
    "checked": Bilingual("↻ 다시 채점한 단계: {steps}", "↻ graded again: {steps}"),
    "seconds": Bilingual("{seconds:.1f}초", "{seconds:.1f} s"),
    "keys": Bilingual("Enter: 모두 다시 채점 · q: 끝내기", "Enter: grade everything again · q: quit"),
    "no_keys": Bilingual("Ctrl-C: 끝내기", "Ctrl-C: quit"),
}


class Screen:
    """Draws the rounds of `lab watch`; plain lines where standard output is no terminal.

    Args:
        console: where to print.
        language: of all texts.
        keys: whether keys can be pressed, so that they are explained.

    Attributes:
        checked: ids of the steps graded since the last finished round.
    """

    def __init__(self, console: Console, language: Language, *, keys: bool) -> None:
        self.console = console
        self.language = language
        self.keys = keys
        self.checked: set[str] = set()

    @contextlib.contextmanager
    def live(self, session: Session) -> Iterator[Listener]:
        """Show the steps while they are graded; yields the function to call with each report."""
        if not self.console.is_terminal:

            def print_line(step: StepReport) -> None:
                self.checked.add(step.id)
                self.console.print(step_line(step, self.language, CHECKED))

            yield print_line
            return
        self.console.clear()
        with Live(self.table(session), console=self.console, auto_refresh=False) as live:

            def update(step: StepReport) -> None:
                self.checked.add(step.id)
                live.update(self.table(session), refresh=True)

            yield update

    def table(self, session: Session) -> RenderableType:
        """Render all steps, with signs for those graded again and those still waiting."""
        return Group(*(self.line(session, step) for step in ASSIGNMENT.steps))

    def line(self, session: Session, step: Step) -> Text:
        """Render one step's line."""
        report = session.reports.get(step.id)
        if report is not None and step.id not in session.outdated:
            return step_line(report, self.language, CHECKED if step.id in self.checked else "  ")
        line = Text(WAITING, "dim")
        line.pad_right(12 - line.cell_len)
        return line.append(step.title[self.language])

    def finish(self, session: Session, started: float) -> None:
        """Show the result of a round: the first mistakes, the score and the time.

        Mistakes in steps that were graded again come first.

        Args:
            session: with no step outdated.
            started: when the round began, in seconds of `time.monotonic`.
        """
        report = session.report(started)
        if session.problem is not None:
            self.console.print(full_report(report, self.language))
        else:
            self._show_mistakes(report)
            self.console.print(*unwritten(report, self.language), score_line(report, self.language), sep="\n")
            titles = [step.title[self.language] for step in report.steps if step.id in self.checked]
            if titles:
                self._say("checked", steps=", ".join(titles))
        seconds = WORDS["seconds"][self.language].format(seconds=time.monotonic() - started)
        keys = WORDS["keys" if self.keys else "no_keys"][self.language]
        self.console.print(f"{seconds} · {keys}", style="dim")
        self.checked.clear()

    def _show_mistakes(self, report: Report) -> None:
        steps = sorted(report.steps, key=lambda step: step.id not in self.checked)
        mistakes = [(step, check) for step in steps for check in step.checks if check.is_mistake]
        self.console.print()
        for step, check in mistakes[:MAX_MISTAKES]:
            self.console.print(mistake(step, check, self.language))
        if len(mistakes) > MAX_MISTAKES:
            self._say("more", count=len(mistakes) - MAX_MISTAKES)

    def _say(self, word: str, **values: object) -> None:
        self.console.print(WORDS[word][self.language].format(**values), style="dim", markup=False)

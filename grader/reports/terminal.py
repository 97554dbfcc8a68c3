"""The report as a person reads it in a terminal."""

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Line

from grader.assignment import ASSIGNMENT
from grader.reports.formatting import MARK
from grader.reports.report import NO_REASON, CheckReport, Report, StepReport
from kit.messages import Bilingual, Language

MARKS = {
    "passed": ("✔", "green"),
    "failed": ("✘", "red"),
    "error": ("✘", "red"),
    "timeout": ("⏱", "red"),
    "missing": ("?", "yellow"),
    "not_implemented": ("·", "dim"),
}
DIFFERENCE = MARK.format(".*?")
WORDS = {
    "expected": Bilingual("기대한 값", "expected"),
    "got": Bilingual("나온 값", "got"),
    "hint": Bilingual("힌트", "hint"),
    "page": Bilingual("설명", "page"),
    "score": Bilingual("총점", "Score"),
    "unwritten": Bilingual("아직 작성하지 않은 블록", "Blocks not written yet"),
    "next": Bilingual("다음에 작성할 블록", "Next block to write"),
    "full": Bilingual("모든 검사를 통과했습니다. 축하합니다!", "Every check passed. Congratulations!"),
}


def step_line(step: StepReport, language: Language, lead: str = "  ") -> Line:
    """One line for a step: its marks, title and points, behind a lead of two cells."""
    line = Line(lead)
    for check in step.checks:
        mark, style = MARKS[check.status]
        line.append(f"{mark} ", style)
    line.pad_right(max(0, 12 - line.cell_len))
    line.append(step.title[language])
    line.pad_right(max(1, 44 - line.cell_len))
    style = "green" if step.points == step.max_points else "yellow" if step.points else "dim"
    line.append(f"{step.points:>3} / {step.max_points}", style)
    return line


def full_report(report: Report, language: Language) -> RenderableType:
    """The score, and for each mistake one example, what it means, and where to read on."""
    if report.why_unreadable is not None:
        return Panel(Line(report.why_unreadable[language]), title=NO_REASON[language], border_style="red")
    mistakes: list[RenderableType] = [
        mistake(step, check, language) for step in report.steps for check in step.checks if check.is_mistake
    ]
    return Group(*mistakes, *unwritten(report, language), score_line(report, language))


def score_line(report: Report, language: Language) -> RenderableType:
    """`solution   총점 100 / 100`."""
    style = "bold green" if report.full else "bold yellow" if report.score else "bold red"
    line = Line.assemble(
        (report.submission, "bold"), f"   {WORDS['score'][language]} ", (f"{report.score} / {report.max_score}", style)
    )
    return Group(line, WORDS["full"][language]) if report.full else line


def mistake(step: StepReport, check: CheckReport, language: Language) -> RenderableType:
    """What went wrong in one check: the call, expected and got, the diagnosis, a hint and the page."""
    parts: list[RenderableType] = [Line(check.message[language] if check.message else "", "bold")]
    if check.diagnosis is not None:
        parts.append(Line(f"→ {ASSIGNMENT.diagnoses[check.diagnosis][language]}", "yellow"))
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    if check.counterexample is not None:
        table.add_row(">>>", Line(check.counterexample.call, "cyan"))
        for name in ("expected", "got"):
            value = getattr(check.counterexample, name)
            if value:
                line = Line(value, "green" if name == "expected" else "red")
                line.highlight_regex(DIFFERENCE, "reverse")
                table.add_row(WORDS[name][language], line)
    if check.hint is not None:
        table.add_row(WORDS["hint"][language], check.hint[language])
    if check.docs is not None:
        table.add_row(WORDS["page"][language], Line.assemble((check.docs, "underline")))
    title = f"{step.title[language]} · {check.id} · 0 / {check.max_points}"
    body = Group(*parts, Padding(table, (1, 0, 0, 0)))
    return Panel(body, title=title, title_align="left", border_style=MARKS[check.status][1])


def unwritten(report: Report, language: Language) -> list[RenderableType]:
    """Which blocks are still empty, and which one to write next."""
    empty = [step.id for step in report.steps if any(check.status == "not_implemented" for check in step.checks)]
    if not empty:
        return []
    steps = [step for step in ASSIGNMENT.steps if step.id in empty]
    count = f"{WORDS['unwritten'][language]}: {', '.join(step.title[language] for step in steps)}"
    first = f"{WORDS['next'][language]}: {steps[0].module}.py · {steps[0].functions[0]}"
    return [Line(count, "dim"), Line(first, "bold"), Line("")]


def print_report(report: Report, language: Language, console: Console) -> None:
    """Print the whole report."""
    console.print(full_report(report, language))

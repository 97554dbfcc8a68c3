"""Generate the grader's output that the pages show: `python -m docs.build.feedback`.

In both languages: for each step the report on a typical mistake (the first of `tests/submissions/mutants/<step>.toml`),
the table of points, and drawings of three whole reports. The READMEs show one of the mistakes, too.
"""

import html
import io
import re
import shutil
import tempfile
import tomllib
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

from docs.build.files import DOCS, LANGUAGES, Made, Texts, picture_path, picture_paths, text_path, text_paths, write
from grader.assignment import ASSIGNMENT
from grader.grading import examine, grade
from grader.paths import PROJECT, SOLUTION
from grader.reports.report import Report, StepReport
from grader.reports.terminal import full_report, mistake, step_line
from grader.sandbox.pool import Pool
from grader.sandbox.process import missing_protection
from grader.submission.reading import read
from kit.messages import Bilingual, Language
from tests.submissions import MUTANTS

WIDTH = 100  # of the reports, in terminal cells
# The submissions of the three drawings: the folder that is copied, and its edits `(file, old, new)`.
DRAWN: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "one_mistake": ("solution", [("dialogs.py", "token_id < vocab_size", "token_id <= vocab_size")]),
    "several_mistakes": (
        "solution",
        [
            ("dialogs.py", "*token_ids, tokenizer.eos_token_id]", "*token_ids]"),
            ("batches.py", "dialog + [pad_id] * (longest", "[pad_id] * (longest"),
            ("batches.py", "- len(dialog)) for", "- len(dialog)) + dialog for"),
            ("answering.py", '.split("</s>", 1)[0].strip()', '.split("</s>")[1].strip()'),
        ],
    ),
    "just_begun": (
        "skeleton",
        [
            (
                "dialogs.py",
                'raise NotImplementedError("framing: encode_dialog")',
                'ids = tokenizer.encode("<usr>" + question + answer); return [0, *ids, 1]',
            ),
        ],
    ),
}
SVG = """<svg xmlns="http://www.w3.org/2000/svg" class="rich-terminal" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{ font-family: "D2Coding", "Nanum Gothic Coding", "Noto Sans Mono CJK KR", monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs>{lines}</defs>
<rect width="{width}" height="{height}" rx="8" fill="#ffffff" stroke="#cccccc"/>
<g transform="translate({terminal_x}, {terminal_y})">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
ASPECT = 0.55  # of a terminal cell: its width divided by its height
HEADINGS = Bilingual("| 단계 | 검사 | 점수 |", "| step | check | points |")
READMES: dict[Language, Path] = {"en": PROJECT / "README.md", "ko": PROJECT / "README.ko.md"}
EXCERPTS = Made(
    "python -m docs.build.feedback",
    text_paths("feedback", "points.md", *(f"{step.id}.txt" for step in ASSIGNMENT.steps))
    + picture_paths(*(f"reports/{name}.svg" for name in DRAWN)),
)


def typical_mistake(step: str, pool: Pool) -> StepReport:
    """Grade the solution with the edit of the step's first mutant; returns the report of the step."""
    data = tomllib.loads((MUTANTS / f"{step}.toml").read_text(encoding="utf-8"))
    mutant = data["mutants"][0]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "submission"
        shutil.copytree(SOLUTION, copy)
        edited = copy / data["file"]
        edited.write_text(edited.read_text(encoding="utf-8").replace(mutant["old"], mutant["new"]), encoding="utf-8")
        [report] = examine(read(copy), pool, steps=[step])
    return report


def in_words(report: StepReport, language: Language) -> str:
    """Render a step's first mistake as the terminal shows it, without colour."""
    console = Console(file=io.StringIO(), width=WIDTH, color_system=None, legacy_windows=False)
    console.print(mistake(report, next(c for c in report.checks if c.status != "passed"), language))
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"


def drawn_report(name: str, pool: Pool) -> Report:
    """Grade the submission of a drawing."""
    start, edits = DRAWN[name]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / name
        shutil.copytree(PROJECT / start, copy)
        for file, old, new in edits:
            text = (copy / file).read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{file} does not hold once: {old}"
            (copy / file).write_text(text.replace(old, new), encoding="utf-8")
        return grade(copy, pool)


def drawing(report: Report, language: Language) -> str:
    """Draw a report as the terminal shows it, as SVG that needs no font from the network."""
    console = Console(file=io.StringIO(), width=WIDTH, record=True, force_terminal=True, legacy_windows=False)
    for step in report.steps:
        console.print(step_line(step, language))
    console.print()
    console.print(full_report(report, language))
    svg = console.export_svg(
        theme=DEFAULT_TERMINAL_THEME, code_format=SVG, font_aspect_ratio=ASPECT, unique_id=report.submission
    )
    return re.sub(r'textLength="[^"]*"([^>]*>)([^<]*)', _two_cells_wide, svg)


def _two_cells_wide(text: re.Match[str]) -> str:
    """Correct a text's length in rich's SVG, which counts characters: a Hangul character is two cells wide."""
    length = cell_len(html.unescape(text[2])) * 20 * ASPECT
    return f'textLength="{length:g}"{text[1]}{text[2]}'


def points_table(language: Language) -> str:
    """Make the Markdown table of steps and checks with their points."""
    lines = [HEADINGS[language], "|---|---|---:|"]
    for number, step in enumerate(ASSIGNMENT.steps, 1):
        title = f"[{number}. {step.title[language]}]({step.docs}index.md)"
        lines.append(f"| **{title}** | | **{step.points}** |")
        lines += [f"| | `{check.id}` | {check.points} |" for check in step.checks]
    total = Bilingual("합계", "all")
    lines.append(f"| **{total[language]}** | | **{ASSIGNMENT.points}** |")
    return "\n".join(lines) + "\n"


def words(pool: Pool) -> Texts:
    """Make the report on each step's typical mistake."""
    reports = {step.id: typical_mistake(step.id, pool) for step in ASSIGNMENT.steps}
    return {
        text_path("feedback", language, f"{step}.txt"): in_words(report, language)
        for step, report in reports.items()
        for language in LANGUAGES
    }


def drawings(pool: Pool) -> Texts:
    """Make all drawings."""
    reports = {name: drawn_report(name, pool) for name in DRAWN}
    return {
        picture_path(language, f"reports/{name}.svg"): drawing(report, language)
        for name, report in reports.items()
        for language in LANGUAGES
    }


def texts(pool: Pool | None = None) -> Texts:
    """Make all files.

    Args:
        pool: grades the submissions; one is started if none is given.
    """
    if pool is None:
        with Pool(confine=missing_protection() is None) as own:
            return texts(own)
    tables = {text_path("feedback", language, "points.md"): points_table(language) for language in LANGUAGES}
    return EXCERPTS.signed(tables | words(pool) | drawings(pool))


def with_feedback(readme: str, feedback: str) -> str:
    """Replace the first text block of a README, which shows the grader's output, by `feedback`."""
    return re.sub(r"(?<=```text\n).*?(?=```)", lambda _: feedback, readme, count=1, flags=re.DOTALL)


def write_readmes() -> None:
    """Update the READMEs from the written excerpts."""
    for language, readme in READMES.items():
        feedback = (DOCS / text_path("feedback", language, "unk.txt")).read_text(encoding="utf-8")
        readme.write_text(with_feedback(readme.read_text(encoding="utf-8"), feedback), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(texts())
    write_readmes()

"""Take the screenshots of the page about the notebook: `python -m docs.build.notebook`; needs Chromium.

They show a cell with a check, and below it the report on the first of `tests/submissions/mutants/framing.toml`.
"""

import html
import tempfile
from pathlib import Path

import nbformat

from docs.build.chromium import photograph
from docs.build.feedback import typical_mistake
from docs.build.files import DOCS, LANGUAGES, Made, picture_path, picture_paths
from grader.paths import SKELETON
from grader.reports.html import notebook_part
from grader.reports.report import StepReport
from grader.sandbox.pool import Pool
from grader.sandbox.process import missing_protection
from kit.messages import Language
from lab.handout.worksheet import NAMES

STEP = "framing"
SIZE = (860, 410)  # of the screenshot, in pixels
PICTURES = Made("python -m docs.build.notebook", picture_paths("notebook/check.png"), needs="Chromium")
PAGE = """<!doctype html>
<meta charset="utf-8">
<style>
body {{ margin: 1rem; font-family: system-ui, "Noto Sans CJK KR", sans-serif; font-size: 14px; background: #fff; }}
.cell {{ display: grid; grid-template-columns: 4rem 1fr; }}
.cell > code {{ color: #616161; padding: .5rem; }}
pre {{ margin: 0; padding: .5rem; border: 1px solid #e0e0e0; background: #f5f5f5; }}
.output {{ grid-column: 2; }}
</style>
<div class="cell"><code>[{number}]:</code><pre>{source}</pre><div class="output">{output}</div></div>
"""


def page(report: StepReport, language: Language) -> str:
    """Render the step's check cell, with a report below it, as HTML."""
    notebook = nbformat.read(SKELETON / NAMES[language], as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    number, source = next((n, cell.source) for n, cell in enumerate(cells, 1) if cell.id == f"{STEP}-check")
    return PAGE.format(number=number, source=html.escape(source), output=notebook_part([report], language))


def take_pictures() -> None:
    """Take the screenshot in each language."""
    with Pool(confine=missing_protection() is None) as pool:
        report = typical_mistake(STEP, pool)
    for language in LANGUAGES:
        with tempfile.TemporaryDirectory() as folder:
            html_file = Path(folder) / "cell.html"
            html_file.write_text(page(report, language), encoding="utf-8")
            photograph(html_file, DOCS / picture_path(language, "notebook/check.png"), *SIZE)


if __name__ == "__main__":
    take_pictures()

"""Write what the page on grading a class shows: `python -m docs.build.class_pages [--pictures]`.

Excerpts of every export of a made-up class (`tests/helpers/sample_class.py`). With `--pictures` the class's page and a
student's as well, at the widths of a phone and of a desktop: that needs Chromium.
"""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from docs.build.chromium import photograph, pictures_wanted
from docs.build.files import DOCS, LANGUAGES, Made, Texts, picture_path, picture_paths, text_path, text_paths, write
from grader.gradebook.exports import KINDS, export
from grader.gradebook.exports.results import ExportOptions
from grader.gradebook.pages.class_and_student import write_pages
from kit.messages import Language
from tests.helpers.sample_class import NOT_GRADED, PAIRS, sample_class

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SIZE = 3  # submissions in an excerpt
MOST_LINES, MOST_WIDTH = 22, 150
FILLED = {
    "canvas": {
        "ko": "Student,ID,SIS User ID,Section,KoGPT2 실습 (1234)\n    Points Possible,,,,100\n",
        "en": "Student,ID,SIS User ID,Section,KoGPT2 lab (1234)\n    Points Possible,,,,100\n",
    },
    "moodle": {
        "ko": "식별자,성명,학번,상태,성적,최고 성적\n",
        "en": "Identifier,Full name,ID number,Status,Grade,Maximum grade\n",
    },
}
ROWS: dict[str, Callable[[int, str, str], str]] = {
    "canvas": lambda place, name, number: f"{name},{700 + place},{number},1,\n",
    "moodle": lambda place, name, number: f"P{700 + place},{name},{number},-,,100.00\n",
}
WIDTHS = {"phone": (400, 1500), "desktop": (1280, 1500)}
COMMAND = "python -m docs.build.class_pages"
EXCERPTS = Made(COMMAND, text_paths("class", *(f"{kind}.txt" for kind in KINDS)))
PICTURES = Made(
    f"{COMMAND} --pictures",
    picture_paths(*(f"class/{name}_{device}.png" for name in ("class", "student") for device in WIDTHS)),
    needs="Chromium",
)


def excerpts(language: Language) -> dict[str, str]:
    """The beginning of each export, by the name of a file."""
    found = {}
    for kind in KINDS:
        entries = sample_class(SIZE)
        people = [entry.arrival.person for entry in entries]
        fill = None
        if kind in FILLED:
            rows = [ROWS[kind](place, person.name, person.id) for place, person in enumerate(people)]
            fill = (FILLED[kind][language] + "".join(rows)).encode()
        made = export(entries, kind, fill, ExportOptions(language=language, now=NOW))
        name, content = next(iter(made.files.items()))
        found[f"{kind}.txt"] = f"{name}\n\n" + cut(content.decode("utf-8-sig"))
    return found


def cut(text: str) -> str:
    """The first lines of a text, each as far as it fits on a page."""
    lines = text.splitlines()
    shown = [line if len(line) <= MOST_WIDTH else line[: MOST_WIDTH - 2] + " …" for line in lines[:MOST_LINES]]
    return "\n".join(shown + (["…"] if len(lines) > MOST_LINES else [])) + "\n"


def texts() -> Texts:
    """All excerpts."""
    found: Texts = {}
    for language in LANGUAGES:
        found |= {text_path("class", language, name): text for name, text in excerpts(language).items()}
    return EXCERPTS.signed(found)


def take_pictures() -> None:
    """Take pictures of the pages, without a network."""
    for language in LANGUAGES:
        with tempfile.TemporaryDirectory() as pages:
            entries = sample_class()
            write_pages(entries, Path(pages), language, PAIRS, NOT_GRADED)
            student = next(entry for entry in entries if entry.overrides)
            shown = {"class": "index.html", "student": f"reports/{student.arrival.name}.html"}
            for name, page in shown.items():
                for device, (width, height) in WIDTHS.items():
                    picture = DOCS / picture_path(language, f"class/{name}_{device}.png")
                    photograph(Path(pages) / page, picture, width, height)


if __name__ == "__main__":
    with_pictures = pictures_wanted(__doc__)
    write(texts())
    if with_pictures:
        take_pictures()

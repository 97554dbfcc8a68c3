"""Generate the excerpts on the page about grading a class: `python -m docs.build.class_pages [--pictures]`.

They are excerpts of every export of an invented class (`tests/helpers/gradebook/sample_class.py`). `--pictures` also
takes screenshots of the class's page and of a student's, as wide as a phone and as a desktop, which needs Chromium.
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
from kit.messages import Bilingual, Language
from tests.helpers.gradebook.sample_class import NOT_GRADED, PAIRS, sample_class

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SIZE = 3  # submissions in the class of the excerpts
MAX_LINES, MAX_WIDTH = 22, 150
# The gradebooks of the LMS that are filled in: their first lines, and a row of each student.
GRADEBOOK_HEADERS = {
    "canvas": Bilingual(
        "Student,ID,SIS User ID,Section,KoGPT2 실습 (1234)\n    Points Possible,,,,100\n",
        "Student,ID,SIS User ID,Section,KoGPT2 lab (1234)\n    Points Possible,,,,100\n",
    ),
    "moodle": Bilingual(
        "식별자,성명,학번,상태,성적,최고 성적\n", "Identifier,Full name,ID number,Status,Grade,Maximum grade\n"
    ),
}
GRADEBOOK_ROWS: dict[str, Callable[[int, str, str], str]] = {
    "canvas": lambda index, name, number: f"{name},{700 + index},{number},1,\n",
    "moodle": lambda index, name, number: f"P{700 + index},{name},{number},-,,100.00\n",
}
WINDOWS = {"phone": (400, 1500), "desktop": (1280, 1500)}
COMMAND = "python -m docs.build.class_pages"
EXCERPTS = Made(COMMAND, text_paths("class", *(f"{kind}.txt" for kind in KINDS)))
PICTURES = Made(
    f"{COMMAND} --pictures",
    picture_paths(*(f"class/{name}_{device}.png" for name in ("class", "student") for device in WINDOWS)),
    needs="Chromium",
)


def excerpts(language: Language) -> dict[str, str]:
    """Make the excerpt of each export, by file name."""
    texts = {}
    for kind in KINDS:
        entries = sample_class(SIZE)
        people = [entry.arrival.person for entry in entries]
        fill = None
        if kind in GRADEBOOK_HEADERS:
            rows = [GRADEBOOK_ROWS[kind](index, person.name, person.id) for index, person in enumerate(people)]
            fill = (GRADEBOOK_HEADERS[kind][language] + "".join(rows)).encode()
        exported = export(entries, kind, fill, ExportOptions(language=language, now=NOW))
        name, content = next(iter(exported.files.items()))
        texts[f"{kind}.txt"] = f"{name}\n\n" + cut(content.decode("utf-8-sig"))
    return texts


def cut(text: str) -> str:
    """Shorten a text to its first lines, and each of these to the width of a page."""
    lines = text.splitlines()
    shown = [line if len(line) <= MAX_WIDTH else line[: MAX_WIDTH - 2] + " …" for line in lines[:MAX_LINES]]
    return "\n".join(shown + (["…"] if len(lines) > MAX_LINES else [])) + "\n"


def texts() -> Texts:
    """Make all excerpts."""
    files: Texts = {}
    for language in LANGUAGES:
        files |= {text_path("class", language, name): text for name, text in excerpts(language).items()}
    return EXCERPTS.signed(files)


def take_pictures() -> None:
    """Take the screenshots of both pages in each language."""
    for language in LANGUAGES:
        with tempfile.TemporaryDirectory() as pages:
            entries = sample_class()
            write_pages(entries, Path(pages), language, PAIRS, NOT_GRADED)
            student = next(entry for entry in entries if entry.overrides)
            shown = {"class": "index.html", "student": f"reports/{student.arrival.name}.html"}
            for name, page in shown.items():
                for device, (width, height) in WINDOWS.items():
                    picture = DOCS / picture_path(language, f"class/{name}_{device}.png")
                    photograph(Path(pages) / page, picture, width, height)


if __name__ == "__main__":
    with_pictures = pictures_wanted(__doc__)
    write(texts())
    if with_pictures:
        take_pictures()

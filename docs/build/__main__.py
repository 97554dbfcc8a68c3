"""Generate the docs' excerpts, tables and drawings: `python -m docs.build [--pictures]`, or `make excerpts`.

Everything is done in one process, so that TensorFlow is imported once. `--pictures` also takes the screenshots, which
needs Chromium. Files that take minutes to make have commands of their own: `docs/generated/README.md` lists them all.
"""

from pathlib import PurePosixPath

from docs.build import class_pages, feedback, looking, notebook, resumed, speed, trust
from docs.build.chromium import pictures_wanted
from docs.build.files import LANGUAGES, Made, Texts, write

PARTS = (class_pages, speed, trust, feedback, looking)  # modules whose `texts()` makes the files of their EXCERPTS
PICTURED = (class_pages, looking, notebook)  # modules whose `take_pictures()` makes the files of their PICTURES
INDEX = Made("make excerpts", ("generated/README.md",))
MADE: tuple[Made, ...] = (
    INDEX,
    *(part.EXCERPTS for part in PARTS),
    *(part.PICTURES for part in PICTURED),
    resumed.DRAWING,
    trust.TABLE,
)
HEAD = """# Generated

Each file in a folder named `generated` is written by a command, and what is changed by hand is lost. `make excerpts`
writes all that needs nothing but this project, and the block of `README.md` and `README.ko.md` that shows the grader's
words; `.venv/bin/python -m docs.build --pictures` takes the screenshots as well. Their input is in `docs/build/data/`.
The tests generate the texts again and compare them.

| files | written by | needs |
|---|---|---|
"""


def patterns(made: Made) -> list[str]:
    """Summarize file paths as glob patterns, one for each folder and suffix, `*` for the language.

    A file that is the only one of its suffix in a folder is given by its name.
    """
    folders: dict[tuple[str, str], set[str]] = {}
    for file in made.files:
        path = PurePosixPath("docs", *("*" if part in LANGUAGES else part for part in PurePosixPath(file).parts))
        folders.setdefault((str(path.parent), path.suffix), set()).add(path.name)
    return [
        f"{folder}/{names.pop() if len(names) == 1 else f'*{suffix}'}" for (folder, suffix), names in folders.items()
    ]


def texts() -> Texts:
    """Make the list of all generated files."""
    lines = [
        f"| {', '.join(f'`{pattern}`' for pattern in patterns(made))} | `{made.command}` | {made.needs} |"
        for made in MADE
        if made is not INDEX
    ]
    return INDEX.signed({INDEX.files[0]: HEAD + "\n".join(lines) + "\n"})


def main() -> None:
    """Write all texts, and take the screenshots if asked to."""
    with_pictures = pictures_wanted(__doc__)
    write(texts())
    for part in PARTS:
        write(part.texts())
    feedback.write_readmes()
    for pictured in PICTURED if with_pictures else ():
        pictured.take_pictures()


if __name__ == "__main__":
    main()

"""Write what the pages show and any machine can make anew: `python -m docs.build [--pictures]`, or `make excerpts`.

All in one process, so that TensorFlow is imported once. With `--pictures` what is taken of pages by Chromium as well.
What takes a run of minutes has a command of its own: `docs/generated/README.md` lists them all.
"""

from pathlib import PurePosixPath

from docs.build import class_pages, feedback, looking, notebook, resumed, speed, trust
from docs.build.chromium import pictures_wanted
from docs.build.files import LANGUAGES, Made, Texts, write

PARTS = (class_pages, speed, trust, feedback, looking)  # each makes the texts of its EXCERPTS
PICTURED = (class_pages, looking, notebook)  # each takes its PICTURES
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
words; `.venv/bin/python -m docs.build --pictures` takes the pictures as well. What they are made from lies in
`docs/build/data/`. The tests make the texts anew and compare them.

| files | written by | needs |
|---|---|---|
"""


def patterns(made: Made) -> list[str]:
    """The files by folder and kind, `*` for the language; one that is alone of its kind in a folder, by its name."""
    folders: dict[tuple[str, str], set[str]] = {}
    for file in made.files:
        path = PurePosixPath("docs", *("*" if part in LANGUAGES else part for part in PurePosixPath(file).parts))
        folders.setdefault((str(path.parent), path.suffix), set()).add(path.name)
    return [
        f"{folder}/{names.pop() if len(names) == 1 else f'*{suffix}'}" for (folder, suffix), names in folders.items()
    ]


def texts() -> Texts:
    """The list of all that is generated."""
    lines = [
        f"| {', '.join(f'`{pattern}`' for pattern in patterns(made))} | `{made.command}` | {made.needs} |"
        for made in MADE
        if made is not INDEX
    ]
    return INDEX.signed({INDEX.files[0]: HEAD + "\n".join(lines) + "\n"})


def main() -> None:
    """Write all texts, and take the pictures if they are wanted."""
    with_pictures = pictures_wanted(__doc__)
    write(texts())
    for part in PARTS:
        write(part.texts())
    feedback.write_readmes()
    for pictured in PICTURED if with_pictures else ():
        pictured.take_pictures()


if __name__ == "__main__":
    main()

"""Paths of the docs and of what is generated for them, and writing it."""

from dataclasses import dataclass

from grader.paths import PROJECT
from kit.messages import Language

DOCS = PROJECT / "docs"
DATA = DOCS / "build" / "data"
LANGUAGES: tuple[Language, ...] = ("ko", "en")

Texts = dict[str, str]  # path below docs/ -> content


@dataclass(frozen=True)
class Made:
    """The files that one command generates.

    Attributes:
        command: the command.
        files: paths below `docs/`.
        needs: what the command needs besides this project; if nothing, `make excerpts` writes the files, too.
    """

    command: str
    files: tuple[str, ...]
    needs: str = ""

    def signed(self, texts: Texts) -> Texts:
        """Add a comment that names the command to each text whose format has comments (see `with_note`).

        Args:
            texts: the content of all files.

        Raises:
            ValueError: the texts are not those of `files`.
        """
        if texts.keys() != set(self.files):
            raise ValueError(f"{self.command}: {sorted(texts.keys() ^ set(self.files))} is declared or made, not both")
        note = f"<!-- Written by `{self.command}`: what is changed by hand is lost. -->\n"
        return {path: with_note(path, text, note) for path, text in texts.items()}


def text_path(part: str, language: Language, name: str) -> str:
    """Return the path of a text that pages include."""
    return f"generated/{part}/{language}/{name}"


def picture_path(language: Language, name: str) -> str:
    """Return the path of a picture, which is among the pages, as the site publishes only what is there."""
    return f"{language}/generated/{name}"


def text_paths(part: str, *names: str) -> tuple[str, ...]:
    """Return the paths of texts in each language."""
    return tuple(text_path(part, language, name) for language in LANGUAGES for name in names)


def picture_paths(*names: str) -> tuple[str, ...]:
    """Return the paths of pictures in each language."""
    return tuple(picture_path(language, name) for language in LANGUAGES for name in names)


def with_note(path: str, text: str, note: str) -> str:
    """Add a comment to a Markdown or SVG text; a plain text stays as it is, as readers would see the comment."""
    if path.endswith(".svg"):
        return text.replace("<svg", f"{note}<svg", 1)
    return f"{note}\n{text}" if path.endswith(".md") else text


def write(texts: Texts) -> None:
    """Write files below `docs/`, and print the paths of those that are new or changed."""
    for path, text in texts.items():
        file = DOCS / path
        if file.exists() and file.read_text(encoding="utf-8") == text:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
        print(f"docs/{path}")

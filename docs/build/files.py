"""Where the pages, what they show, and what that is made from lie; and how it is written."""

from dataclasses import dataclass

from grader.paths import PROJECT
from kit.messages import Language

DOCS = PROJECT / "docs"
DATA = DOCS / "build" / "data"
LANGUAGES: tuple[Language, ...] = ("ko", "en")

Texts = dict[str, str]  # what files hold, by their paths below docs/


@dataclass(frozen=True)
class Made:
    """Files that one command writes.

    Attributes:
        command: the command.
        files: their paths below `docs/`.
        needs: what the command needs besides the project; where it needs nothing, `make excerpts` writes them, too.
    """

    command: str
    files: tuple[str, ...]
    needs: str = ""

    def signed(self, texts: Texts) -> Texts:
        """The texts, each with a comment that names the command, where its format has comments that no reader sees.

        Raises:
            ValueError: a declared file has no text, or a text was not declared.
        """
        if texts.keys() != set(self.files):
            raise ValueError(f"{self.command}: {sorted(texts.keys() ^ set(self.files))} is declared or made, not both")
        note = f"<!-- Written by `{self.command}`: what is changed by hand is lost. -->\n"
        return {path: with_note(path, text, note) for path, text in texts.items()}


def text_path(part: str, language: Language, name: str) -> str:
    """Where a text lies that pages include."""
    return f"generated/{part}/{language}/{name}"


def picture_path(language: Language, name: str) -> str:
    """Where a picture lies: among the pages, as the site publishes what lies there."""
    return f"{language}/generated/{name}"


def text_paths(part: str, *names: str) -> tuple[str, ...]:
    """Where texts lie, in each language."""
    return tuple(text_path(part, language, name) for language in LANGUAGES for name in names)


def picture_paths(*names: str) -> tuple[str, ...]:
    """Where pictures lie, in each language."""
    return tuple(picture_path(language, name) for language in LANGUAGES for name in names)


def with_note(path: str, text: str, note: str) -> str:
    """A text with a comment at its head; in a plain text that pages quote it would show, so that has none."""
    if path.endswith(".svg"):
        return text.replace("<svg", f"{note}<svg", 1)
    return f"{note}\n{text}" if path.endswith(".md") else text


def write(texts: Texts) -> None:
    """Write files below `docs/`, and print which of them are new or changed."""
    for path, text in texts.items():
        file = DOCS / path
        if file.exists() and file.read_text(encoding="utf-8") == text:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
        print(f"docs/{path}")

"""Where the pages, what they show, and what that is made from lie; and how it is written."""

from dataclasses import dataclass

from kit.messages import Language
from lab.places import ROOT

DOCS = ROOT / "docs"
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

    def complete(self, texts: Texts) -> Texts:
        """The texts, which must be those of the declared files.

        Raises:
            ValueError: a file has no text, or a text no file.
        """
        if texts.keys() != set(self.files):
            raise ValueError(f"{self.command}: {sorted(texts.keys() ^ set(self.files))} is declared or made, not both")
        return texts


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


def write(texts: Texts) -> None:
    """Write files below `docs/`."""
    for path, text in texts.items():
        (DOCS / path).parent.mkdir(parents=True, exist_ok=True)
        (DOCS / path).write_text(text, encoding="utf-8", newline="\n")

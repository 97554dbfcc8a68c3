"""Why a command cannot do what it was asked."""

from kit.errors import KitError
from kit.messages import Bilingual


class LabError(KitError):
    """A command cannot do what it was asked; the sentence says why and what to do."""


class MarkerError(KitError):
    """A marker is unpaired, nested, or its block empty; names file and line."""

    def __init__(self, file: str, line: int, text: Bilingual) -> None:
        super().__init__(Bilingual(f"{file}:{line}: {text.ko}", f"{file}:{line}: {text.en}"))

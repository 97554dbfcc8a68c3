"""The exceptions of the `lab` commands; `lab.__main__` prints them as one sentence."""

from kit.errors import KitError
from kit.messages import Bilingual


class LabError(KitError):
    """A command cannot do what it was asked; the message says why and what to do."""


class MarkerError(KitError):
    """A START or END marker in the solution is unpaired or nested, or its block is empty.

    Args:
        file: the source file, as the message names it.
        line: number of the marker's line, from 1.
        text: what is wrong.
    """

    def __init__(self, file: str, line: int, text: Bilingual) -> None:
        super().__init__(Bilingual(f"{file}:{line}: {text.ko}", f"{file}:{line}: {text.en}"))

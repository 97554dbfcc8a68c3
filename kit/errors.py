"""The base of all errors that a user can mend."""

from kit.messages import Bilingual


class KitError(Exception):
    """Something the user can mend: one sentence that says what, where, and what to do.

    Attributes:
        text: the sentence; `str` of the error is the one to speak now.
    """

    def __init__(self, text: Bilingual) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return str(self.text)

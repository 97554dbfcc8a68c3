"""The base class of all errors that a user can fix."""

from kit.messages import Bilingual


class KitError(Exception):
    """An error that the user can fix; its message says what is wrong, where, and what to do.

    Attributes:
        text: the message in both languages; `str` of the error is the message in the current language.
    """

    def __init__(self, text: Bilingual) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return str(self.text)

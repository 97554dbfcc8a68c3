"""Sentences for people: Korean first, English beside it."""

import locale
import os
from typing import Literal

Language = Literal["ko", "en"]

LANGUAGE_VARIABLE = "KOGPT2_LAB_LANG"


def language() -> Language:
    """The language to speak: `KOGPT2_LAB_LANG` (`ko` or `en`), else the locale's, else Korean.

    A locale that names no language (`C`, `POSIX`, unset) means Korean, the language of the course.
    """
    chosen = os.environ.get(LANGUAGE_VARIABLE, "").lower()
    if chosen in ("ko", "en"):
        return "ko" if chosen == "ko" else "en"
    name = next((os.environ[v] for v in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(v)), "")
    if not name:
        name = locale.setlocale(locale.LC_CTYPE)  # asks only; getlocale() takes C.UTF-8 for English
    word = name.split(".")[0].split("_")[0].lower()
    return "ko" if word in ("", "c", "posix", "ko", "korean") else "en"


def printable(text: str, most: int) -> str:
    """A text of somebody else's as it may be shown: nothing that steers a terminal, and not too long."""
    cut = text if len(text) <= most else text[:most] + " …"
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in cut)


class KitError(Exception):
    """Something the user can mend: one sentence that says what, where, and what to do.

    Attributes:
        ko: the sentence in Korean.
        en: the sentence in English.
    """

    def __init__(self, ko: str, en: str) -> None:
        super().__init__(ko, en)
        self.ko = ko
        self.en = en

    def __str__(self) -> str:
        return self.ko if language() == "ko" else self.en

"""Sentences for people: Korean first, English beside it."""

import locale
import os
from typing import Any, Literal

import msgspec

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


class Bilingual(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages; `str` of it is the one to speak now."""

    ko: str
    en: str

    def __getitem__(self, language: Language) -> str:
        return self.ko if language == "ko" else self.en

    def __str__(self) -> str:
        return self[language()]

    def filled(self, **values: Any) -> "Bilingual":
        """The text with its `{gaps}` filled.

        Raises:
            KeyError: there is no value for one of them.
        """
        return Bilingual(self.ko.format_map(values), self.en.format_map(values))

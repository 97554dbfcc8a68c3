"""Texts in Korean and English, and the choice between them."""

import locale
import os
from typing import Any, Literal

import msgspec

Language = Literal["ko", "en"]

LANGUAGE_VARIABLE = "KOGPT2_LAB_LANG"


def language() -> Language:
    """Return the language of messages: `KOGPT2_LAB_LANG` (`ko` or `en`), else the locale's, else Korean.

    A locale that names no language (`C`, `POSIX`, unset) means Korean, the language of the course; any other language
    than Korean means English.
    """
    chosen = os.environ.get(LANGUAGE_VARIABLE, "").lower()
    if chosen in ("ko", "en"):
        return "ko" if chosen == "ko" else "en"
    name = next((os.environ[v] for v in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(v)), "")
    if not name:
        name = locale.setlocale(locale.LC_CTYPE)  # only queries; getlocale() would report C.UTF-8 as English
    word = name.split(".")[0].split("_")[0].lower()
    return "ko" if word in ("", "c", "posix", "ko", "korean") else "en"


def printable(text: str, max_length: int) -> str:
    """Make untrusted text safe to print: escape control characters, cut it to `max_length` characters."""
    cut = text if len(text) <= max_length else text[:max_length] + " …"
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in cut)


class Bilingual(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in both languages; `str` of it is the text in the current language."""

    ko: str
    en: str

    def __getitem__(self, language: Language) -> str:
        return self.ko if language == "ko" else self.en

    def __str__(self) -> str:
        return self[language()]

    def filled(self, **values: Any) -> "Bilingual":
        """Fill the `{placeholders}` of both texts.

        Raises:
            KeyError: a placeholder has no value.
        """
        return Bilingual(self.ko.format_map(values), self.en.format_map(values))

"""Names of files that every system can have."""

import re
import unicodedata
from collections import Counter

from grader.gradebook.columns import plain
from grader.gradebook.intake.lms_names import DownloadedFile

UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)  # no file names on Windows
MAX_NAME = 150  # bytes, so that a file of this name can have any suffix


def unique_names(entries: list[DownloadedFile]) -> list[str]:
    """A name for each: no two differ in case alone, and each can be a file's name on any system."""
    stems = Counter(plain(safe_name(entry.base)) for entry in entries)
    names: list[str] = []
    taken: set[str] = set()
    for entry in entries:
        name = safe_name(entry.base)
        if stems[plain(name)] > 1:
            name = safe_name(entry.path)
        number, base = 1, name
        while plain(name) in taken:
            number += 1
            name = f"{base}~{number}"
        taken.add(plain(name))
        names.append(name)
    return names


def safe_name(text: str) -> str:
    """A text as the name of a file that any system can have, without a suffix."""
    text = "".join(sign if sign.isprintable() else "_" for sign in unicodedata.normalize("NFC", text))
    text = UNSAFE.sub("_", text).encode()[:MAX_NAME].decode("utf-8", "ignore").strip(" ").rstrip(".")
    text = "_" + text[1:] if text.startswith((".", "~")) else text
    return f"_{text}" if not text or RESERVED.match(text) else text

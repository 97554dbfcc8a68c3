"""Turning bytes into text: sources in UTF-8 or CP949, and names that may be neither."""

import codecs
import contextlib
import io
import re
import tokenize
from pathlib import Path

COOKIE = re.compile(r"\A((?:[ \t\f]*(?:#.*)?\n)?[ \t\f]*#.*?coding[:=][ \t]*)[-\w.]+")  # PEP 263
HOST_NAMES = {"idna", "punycode"}  # codecs that take hours over a large file, and that no source is written in


def as_text(name: str | Path) -> str:
    """A name as text: bytes that are none, as in CP949 names from a zip, are escaped."""
    return str(name).encode("utf-8", "backslashreplace").decode()


def readable_source(content: bytes) -> bytes:
    """A source that Python can read: as it is where it can, and turned from CP949 (Korean Windows) to UTF-8.

    Line ends of old Macs become newlines. What is neither encoding stays as it is.
    """
    content = re.sub(rb"\r(?!\n)", b"\n", content)
    if decodes(content):
        return content
    with contextlib.suppress(UnicodeDecodeError):
        text = content.decode("cp949").replace("\r\n", "\n")
        return COOKIE.sub(r"\1utf-8", text, count=1).encode()
    return content


def decodes(content: bytes) -> bool:
    """Whether Python could decode a source: by its byte-order mark, its coding cookie, or as UTF-8."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        if codecs.lookup(encoding).name in HOST_NAMES:
            return False
        content.decode(encoding)
    except (SyntaxError, UnicodeError, LookupError):
        return False
    return True

"""A CSV file in which single cells are replaced: all else, to the byte, stays as it was."""

import codecs
import re

from grader.errors import GraderError
from kit.messages import Bilingual

BOM = "\ufeff"
UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
DELIMITERS = ",;\t"
CELL = r'"(?:[^"]|"")*+"?+[^{0}\r\n]*+|[^{0}\r\n]*+'  # quotes count where a cell begins with one, as for Python's csv
LINE_END = re.compile(r"\r\n|\r|\n")


def decoded(content: bytes, name: str) -> tuple[str, str]:
    """The text of a file that Excel, an LMS or a person wrote, and its encoding; a byte-order mark stays in the text.

    Args:
        content: UTF-8, with or without a byte-order mark, UTF-16 with one, or CP949 (Korean Windows).
        name: what to call the file in an error.

    Raises:
        GraderError: it is none of these.
    """
    utf_16 = UTF_16.get(content[:2])
    for encoding in ("utf-8", "cp949") if utf_16 is None else (utf_16,):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise GraderError(
        Bilingual(
            f"{name}: 글자를 읽을 수 없습니다. UTF-8 CSV로 저장해 주세요.",
            f"{name}: its text cannot be decoded; save it as UTF-8 CSV.",
        ),
    )


class Sheet:
    """The cells of a CSV file, as they were written.

    Args:
        content: the file.
        name: what to call it in an error.

    Attributes:
        delimiter: comma, semicolon or tab, whichever the first line has most of.
        lines: on which line of the file each row begins.

    Raises:
        GraderError: its text cannot be decoded.
    """

    def __init__(self, content: bytes, name: str) -> None:
        text, self._encoding = decoded(content, name)
        self._mark = BOM if text.startswith(BOM) else ""
        text = text.removeprefix(BOM)
        self.delimiter = delimiter_of(text)
        self._cell = re.compile(CELL.format(self.delimiter))
        self._rows: list[list[str]] = []
        self._ends: list[str] = []
        self.lines: list[int] = []
        self._split(text)

    def _split(self, text: str) -> None:
        place, line = 0, 1
        while place < len(text):
            row = []
            self.lines.append(line)
            begin = place
            while True:
                cell = self._cell.match(text, place)
                assert cell is not None  # the pattern fits nothing, too
                row.append(cell[0])
                place = cell.end()
                if not text.startswith(self.delimiter, place):
                    break
                place += 1
            end = LINE_END.match(text, place)
            self._rows.append(row)
            self._ends.append(end[0] if end else "")
            place += len(self._ends[-1])
            line += len(LINE_END.findall(text, begin, place))

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, number: int) -> list[str]:
        """The values of a row."""
        return [_value(raw) for raw in self._rows[number]]

    def put(self, number: int, column: int, value: str) -> None:
        """Replace one cell; a row that is too short is filled up."""
        row = self._rows[number]
        row += [""] * (column + 1 - len(row))
        if _value(row[column]) == value:
            return
        special = (self.delimiter, '"', "\r", "\n")
        quoted = row[column].startswith('"') or any(sign in value for sign in special)
        row[column] = '"' + value.replace('"', '""') + '"' if quoted else value

    def content(self) -> bytes:
        """The file."""
        lines = (self.delimiter.join(row) + end for row, end in zip(self._rows, self._ends, strict=True))
        return (self._mark + "".join(lines)).encode(self._encoding)


def unwrapped(text: str) -> str:
    """A cell's text; `="007"` is how numbers are kept from Excel."""
    text = text.strip()
    return text[2:-1] if text.startswith('="') and text.endswith('"') else text


def delimiter_of(text: str) -> str:
    """Comma, semicolon or tab, whichever the first line that says something has most of outside of quotes."""
    unquoted = re.sub(r'"(?:[^"]|"")*+"?', "", text)
    first = next((line for line in LINE_END.split(unquoted) if line.strip()), "")
    return max(DELIMITERS, key=first.count)


def _value(raw: str) -> str:
    if not raw.startswith('"'):
        return raw
    inner = re.match(r'"((?:[^"]|"")*+)"?', raw)
    assert inner is not None  # it begins with a quote
    return inner[1].replace('""', '"') + raw[inner.end() :]

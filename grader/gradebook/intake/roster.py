"""The class list: whose submission it is. What could be two people's is reported, never guessed."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from grader.errors import GraderError
from grader.gradebook import columns
from grader.gradebook.columns import plain
from grader.gradebook.csv_file import BOM, UTF_16, decoded, delimiter_of, unwrapped
from grader.gradebook.model import Arrival, Person
from kit.messages import Bilingual

MAX_BYTES = 20 * 2**20
SHORT = 5  # digits: shorter numbers in a longer name are a task's, not a person's
FIELDS = {"number": "id", "canvas": "lms", "moodle": "lms"}  # what kinds of columns are called here
NO_PEOPLE = {"pointspossible", "studenttest", "teststudent"}  # lines of Canvas's gradebook file


NO_CSV = Bilingual("CSV 파일이 아닙니다", "is no CSV file")


class Label(msgspec.Struct, frozen=True):
    """What the name of a submission tells about the person who handed it in.

    Attributes:
        who: the name, or all that there is.
        lms: the number that the LMS has for the person; empty where no LMS named the file.
        keys: what identifies the person beyond doubt (a student number, an e-mail address).
    """

    who: str
    lms: str = ""
    keys: tuple[str, ...] = ()


class Roster:
    """The people of a class, in the order of their list.

    Args:
        rows: a person and the fields (see `fields_of`) that the list has for them.
    """

    def __init__(self, rows: Iterable[tuple[Person, dict[str, str]]]) -> None:
        self.people: list[Person] = []
        self._keys: dict[str, set[int]] = {}
        self._lms: dict[str, set[int]] = {}
        self._names: dict[str, set[int]] = {}
        for number, (person, fields) in enumerate(rows):
            self.people.append(person)
            for key in _keys_of(person, fields):
                self._keys.setdefault(key, set()).add(number)
            for key in filter(None, [plain(fields.get("lms", "")), *re.findall(r"\d+", fields.get("lms", ""))]):
                self._lms.setdefault(key, set()).add(number)
            for name in _orders(person.name):
                self._names.setdefault(name, set()).add(number)

    @classmethod
    def read(cls, path: Path) -> "Roster":
        """Read a CSV file: UTF-8, UTF-16 with a byte-order mark, or CP949; with commas, semicolons or tabs.

        Raises:
            GraderError: it cannot be read, or is no list of people.
        """
        return cls(_rows(_table(_text_of(path), path), path))

    def find(self, label: Label) -> Person | Bilingual:
        """The person that a label means, or the reason why none is."""
        sure = self._sure(label)
        named = self._named(label.who)
        fitting = sure & named if named and sure else sure or named
        if len(fitting) == 1:
            return self.people[fitting.pop()]
        if sure or named:
            return Bilingual(
                f"누구의 제출물인지 분명하지 않습니다: {self._list(sure | named)}.",
                f"It could be handed in by: {self._list(sure | named)}.",
            )
        return Bilingual("명단에 없는 사람의 제출물입니다.", "The roster has nobody of this name.")

    def missing(self, arrivals: Iterable[Arrival]) -> list[Person]:
        """The people without a submission."""
        there = {arrival.person.id for arrival in arrivals}
        return [person for person in self.people if person.id not in there]

    def _sure(self, label: Label) -> set[int]:
        """The people (by their place in the list) whose number, login or address stands in the label."""
        numbers = {number for key in label.keys for number in self._keys.get(plain(key), ())}
        numbers |= self._lms.get(label.lms, set())
        whole = plain(label.who)
        for token in {whole, *_tokens(whole)}:
            if token == whole or not (token.isdigit() and len(token) < SHORT):
                numbers |= self._keys.get(token, set())
        return numbers

    def _named(self, who: str) -> set[int]:
        """The people (by their place in the list) whose name stands in the label; only the longest names that fit."""
        words = re.findall(r"[^\W\d_]+", plain(who))
        spans = {"".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, min(i + 5, len(words)) + 1)}
        fitting = [span for span in {squeezed(who), *spans} if span in self._names]
        longest = max(map(len, fitting), default=0)
        return {number for span in fitting if len(span) == longest for number in self._names[span]}

    def _list(self, numbers: set[int]) -> str:
        shown = [f"{self.people[n].name} ({self.people[n].id})".strip() for n in sorted(numbers)[:5]]
        return ", ".join(shown) + (" …" if len(numbers) > len(shown) else "")


def squeezed(name: str) -> str:
    """A name as Canvas writes it into file names: letters and digits alone."""
    return "".join(sign for sign in plain(name) if sign.isalnum())


def _orders(name: str) -> set[str]:
    """A name, squeezed, with each of its words first: people and systems differ in which name comes first."""
    words = re.split(r"[\s,]+", plain(name))
    return {squeezed("".join(words[i:] + words[:i])) for i in range(len(words))} - {""}


def _tokens(text: str) -> Iterator[str]:
    yield from re.split(r"[\s_\-,()\[\]+]+", text)
    yield from re.split(r"[\W_]+", text)
    yield from re.findall(rf"\d{{{SHORT},}}", text)


def _keys_of(person: Person, fields: dict[str, str]) -> set[str]:
    """The texts that identify a person: student number, login, e-mail address and the part before its `@`."""
    local = person.email.partition("@")[0]
    return {plain(key) for key in (person.id, fields.get("id", ""), fields.get("login", ""), person.email, local)} - {
        ""
    }


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        why = Bilingual(f"읽을 수 없습니다 ({error.strerror})", f"cannot be read ({error.strerror})")
        raise _unusable(path, why) from error
    zeros = b"\0" in content and content[:2] not in UTF_16
    if len(content) > MAX_BYTES or content.startswith(b"PK\x03\x04") or zeros:
        raise _unusable(path, NO_CSV)
    try:
        text, _ = decoded(content, path.name)
    except GraderError as error:
        raise _unusable(path, Bilingual("글자를 읽을 수 없습니다", "is in no encoding that is known")) from error
    return re.sub(r"\r\n?", "\n", text.removeprefix(BOM))


def _table(text: str, path: Path) -> list[tuple[int, list[str]]]:
    """The lines that say something, with their numbers, the headers first."""
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
        return [
            (reader.line_num, [unwrapped(unicodedata.normalize("NFC", cell)) for cell in row])
            for row in reader
            if any(map(str.strip, row))
        ]
    except csv.Error as error:
        raise _unusable(path, NO_CSV) from error


def fields_of(headers: list[str]) -> list[str]:
    """What each column holds: a kind of `columns`, but `id` for a student's number and `lms` for the LMS's.

    It is `both` for an id that may be the LMS's too, and nothing for a further column.
    """
    kinds = [columns.in_roster(header) or "" for header in headers]
    fields = [FIELDS.get(kind, kind) for kind in kinds]
    if "last" in fields:  # then what is called a name beside it is the first one
        fields = [
            "first" if field == "name" and plain(headers[i]) == "이름" else field for i, field in enumerate(fields)
        ]
    bare = "lms" if "number" in kinds else "both"
    return [bare if kind == "id" else field for kind, field in zip(kinds, fields, strict=True)]


def _rows(table: list[tuple[int, list[str]]], path: Path) -> list[tuple[Person, dict[str, str]]]:
    headers = table[0][1] if table else []
    fields = fields_of(headers)
    if not {"id", "both", "login", "email", "name", "first"} & set(fields):
        raise _unusable(
            path,
            Bilingual(
                "첫 줄에 학번이나 이름이라는 열이 없습니다",
                "has no column such as `student id` or `name` in its first line",
            ),
        )
    rows: dict[str, tuple[Person, dict[str, str]]] = {}
    for line, cells in table[1:]:
        row = _row(headers, fields, cells)
        if row is None:
            continue
        known = rows.setdefault(plain(row[0].id), row)
        if known is not row and (known != row or row[0].id == row[0].name):  # two people of one name, or one twice
            twice = Bilingual(
                f"{line}번째 줄의 {row[0].id} 이(가) 두 번 나옵니다", f"names {row[0].id} twice (line {line})"
            )
            raise _unusable(path, twice)
    if not rows:
        raise _unusable(path, Bilingual("사람이 한 명도 없습니다", "names nobody"))
    return list(rows.values())


def _row(headers: list[str], fields: list[str], cells: list[str]) -> tuple[Person, dict[str, str]] | None:
    """A line's person, and all fields by name; `None` where the line is about nobody."""
    known: dict[str, str] = {}
    others: dict[str, str] = {}
    for header, field, cell in zip(headers, fields, cells, strict=False):
        for part in ("id", "lms") if field == "both" else (field,):
            known[part] = known.get(part) or cell
        if field not in {"id", "both", "name", "first", "last", "email"}:
            others[header] = cell
    hangul = re.search("[가-힣]", known.get("last", ""))
    parts = (
        [known.get("last", ""), known.get("first", "")] if hangul else [known.get("first", ""), known.get("last", "")]
    )
    name = known.get("name") or ("" if hangul else " ").join(filter(None, parts))
    key = next((known[field] for field in ("id", "login", "lms", "email") if known.get(field)), name)
    if not key or squeezed(name) in NO_PEOPLE:
        return None
    return Person(key, name, known.get("email", ""), others), known


def _unusable(path: Path, why: Bilingual) -> GraderError:
    return GraderError(
        Bilingual(
            f"명단 {path}: {why.ko}. 학번과 이름이 있는 CSV(UTF-8) 파일을 주세요.",
            f"The roster {path} {why.en}: give a CSV file (UTF-8) with student ids and names.",
        ),
    )

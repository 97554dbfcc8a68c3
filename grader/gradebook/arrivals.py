"""What is in a download folder: whose hand-in each entry is, and which one counts. Nothing is unpacked here."""

import os
import re
import time
import unicodedata
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path, PurePath
from typing import Any, NamedTuple

import msgspec
import yaml

from grader.assignment import Text
from grader.errors import GraderError
from grader.gradebook.model import Arrival, Person, Quarantine
from grader.gradebook.roster import Label, Roster, plain
from grader.submission.folders import MAX_LEVELS, MODULES, walk

SUFFIXES = {".zip", ".py", ".ipynb"}
SYSTEM_FILES = {"thumbs.db", "desktop.ini", "__macosx", "__pycache__", "submission_metadata.yml"}
OF_GRADES = {"grades.sqlite", "grades.lock"}
CANVAS = re.compile(r"(?P<who>.+?)_(?:(?P<late>LATE)_)?(?P<user>\d{3,})_(?P<number>\d{3,})_(?P<file>.+)", re.DOTALL)
MOODLE = re.compile(r"(?P<who>.+?)_(?P<user>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL)
AGAIN = re.compile(r"-\d+$")  # what Canvas puts behind the name of a file that was handed in again
COPY = re.compile(r"\s*\(\d+\)$")  # what browsers do
UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)  # no file names on Windows
MAX_NAME = 150  # bytes, so that a file of this name can have any suffix
MAX_LOOKED_AT = 500  # files of a folder, for its time
MAX_LIST = 2**20  # bytes of a zip's list of files, for its time
TAIL = 2**16 + 22  # where the place of that list stands
EARLIEST, LATEST = (datetime(year, 12, 31, tzinfo=UTC).timestamp() for year in (1, 9999))  # some systems keep others
OLDEST = 1980  # the year that zips without times say
NUMBER = re.compile(r"(?<!\d)\d{5,}(?!\d)")  # a student number, as far as one can tell


class Arrivals(NamedTuple):
    """What is in a folder.

    Attributes:
        counting: the hand-ins that count, one a person, by name.
        quarantined: entries that are no hand-ins.
        unmatched: hand-ins that count, but whose person the roster does not tell, or that may not be the newest.
        parts: the files by their names, for hand-ins that the LMS gave file by file (see `handin.read_together`).
    """

    counting: list[Arrival]
    quarantined: list[Quarantine]
    unmatched: list[Quarantine]
    parts: dict[str, dict[str, str]]


class Entry(msgspec.Struct, frozen=True):
    """One file or folder: what its name says.

    Attributes:
        path: relative to the folder of hand-ins.
        base: how the arrival is called.
        file: the name that the person gave it.
        order: the LMS's number: larger ones are newer.
        time: when it was handed in or, failing that, last changed; seconds since 1970.
        told: whether the LMS or a zip tells the time; a file's own may be that of the download.
    """

    path: str
    label: Label
    base: str
    file: str
    time: float
    told: bool
    order: int = 0
    late: bool = False


def arrivals(folder: Path, roster: Roster | None = None, roster_file: Path | None = None) -> Arrivals:
    """What is in a folder of hand-ins: files and folders with names of Canvas, Moodle, Gradescope, or of people.

    Args:
        folder: what was downloaded, unpacked.
        roster: the class.
        roster_file: where it was read from, in case that is in the folder.

    Raises:
        GraderError: there is no such folder.
    """
    paths, quarantined = _entries(folder, roster_file)
    metadata = _gradescope(folder)
    numbered = _canvas(path.name for path in paths)
    entries: list[Entry] = []
    for path in paths:
        found = _labelled(path, metadata, numbered)
        reason = _unsuitable(path)
        if reason is None:
            entries += found
        else:
            person = _person_of(found[0], roster)
            quarantined.append(Quarantine(path.name, reason, person if isinstance(person, Person) else None))
    return _counting(entries, quarantined, roster)


def _entries(folder: Path, roster_file: Path | None) -> tuple[list[Path], list[Quarantine]]:
    """What may be a hand-in, and what is none for its kind or name; what a computer made is passed over."""
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise GraderError(
            f"{folder} 폴더를 읽을 수 없습니다 ({error.strerror}). 제출물이 들어 있는 폴더의 경로를 주세요.",
            f"The folder {folder} cannot be read ({error.strerror}): give the path of the folder of hand-ins.",
        ) from error
    found, quarantined = [], []
    for path in paths:
        if path.name.startswith(".") or path.name.lower() in SYSTEM_FILES or _is_ours(path, roster_file):
            continue
        shown = path.name.encode("utf-8", "backslashreplace").decode()
        if path.is_symlink():
            reason = Text("링크는 따라가지 않습니다.", "Links are not followed.")
        elif shown != path.name:
            reason = Text("이름이 UTF-8이 아닙니다. 이름을 바꿔 주세요.", "Its name is not UTF-8: rename it.")
        else:
            found.append(path)
            continue
        quarantined.append(Quarantine(shown, reason))
    return found, quarantined


def _is_ours(path: Path, roster_file: Path | None) -> bool:
    """Whether it is the roster or an LMS's list, or a folder of grades."""
    try:
        if path.is_dir():
            graded = all((path / name).exists() for name in OF_GRADES)
            return graded and not any(file.suffix.lower() in SUFFIXES for file, _ in walk(path, MAX_LEVELS))
        if roster_file is not None and path.samefile(roster_file):
            return True
        if path.suffix.lower() == ".csv" and path.is_file() and not path.is_symlink():
            Roster.read(path)
            return True
    except (OSError, GraderError):  # a link to nothing, a folder that is closed; no list of people
        pass
    return False


def _labelled(path: Path, metadata: dict[str, Any], numbered: set[str]) -> list[Entry]:
    """What a name says; a hand-in of a group is one of each of its people."""
    name = unicodedata.normalize("NFC", path.name)
    if path.name in metadata:
        return _of_group(path, metadata[path.name])
    when = _time(path)
    if found := MOODLE.fullmatch(name):
        label = Label(found["who"], found["user"])
        return [Entry(path.name, label, f"{found['who']}_{found['user']}", found["file"] or "", *when)]
    if path.name in numbered and (found := CANVAS.fullmatch(name)):
        original = _original(found["file"])
        base, order, late = f"{found['who']}_{found['user']}", int(found["number"]), found["late"] is not None
        return [Entry(path.name, Label(found["who"], found["user"]), base, original, *when, order, late)]
    stem = name if path.is_dir() else PurePath(name).stem
    return [Entry(path.name, Label(COPY.sub("", stem)), stem, name, *when)]


def _original(file: str) -> str:
    path = PurePath(file)
    return AGAIN.sub("", path.stem) + path.suffix


def _of_group(path: Path, data: dict[str, Any]) -> list[Entry]:
    """The entries of a folder that Gradescope's list of submissions describes."""
    created = data.get(":created_at")
    when = _time(path)
    if isinstance(created, datetime):
        when = created.replace(tzinfo=created.tzinfo or UTC).timestamp(), True
    entries = []
    for person in data.get(":submitters") or [{}]:
        name, number, email = (str(person.get(key) or "") for key in (":name", ":sid", ":email"))
        keys = tuple(filter(None, (number, email)))
        base = "_".join(filter(None, (path.name, number or email.partition("@")[0])))
        entries.append(Entry(path.name, Label(name or path.name, keys=keys), base, "", *when))
    return entries


def _gradescope(folder: Path) -> dict[str, Any]:
    """What Gradescope's export says of each folder in it; nothing where it says nothing that can be read."""
    file = folder / "submission_metadata.yml"
    try:
        data = yaml.safe_load(file.read_text("utf-8")) if file.is_file() and not file.is_symlink() else {}
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    if not isinstance(data, dict):
        return {}
    return {str(name): told for name, told in data.items() if isinstance(told, dict) and _has_people(told)}


def _has_people(told: dict[str, Any]) -> bool:
    people = told.get(":submitters") or []
    return isinstance(people, list) and all(isinstance(person, dict) for person in people)


def _canvas(names: Iterable[str]) -> set[str]:
    """The names that Canvas made: a user's number has one person's name, and there are several people.

    `hw_2024_20231234_kim.zip` looks alike, but there the same number stands in everybody's.
    """
    matches = {name: CANVAS.fullmatch(unicodedata.normalize("NFC", name)) for name in names}
    users: dict[str, list[re.Match[str]]] = defaultdict(list)
    for found in filter(None, matches.values()):
        users[found["user"]].append(found)
    true = {user for user, files in users.items() if len({found["who"] for found in files}) == 1}
    if len(users) == 1:
        true = {user for user in true if len(users[user]) == 1 or _has_module(users[user])}
    return {name for name, found in matches.items() if found is not None and found["user"] in true}


def _has_module(files: list[re.Match[str]]) -> bool:
    return any(_original(found["file"]) in MODULES for found in files)


def _unsuitable(path: Path) -> Text | None:
    """Why an entry can be no hand-in."""
    found = MOODLE.fullmatch(unicodedata.normalize("NFC", path.name))
    if found is not None and found["kind"] != "file":
        return Text("파일이 아니라 온라인으로 쓴 글입니다.", "It is a text that was typed online, and no file.")
    if path.is_dir() or (path.is_file() and path.suffix.lower() in SUFFIXES):
        return None
    kinds = ", ".join(sorted(SUFFIXES))
    return Text(f"폴더나 {kinds} 파일이 아닙니다.", f"It is no folder, and none of {kinds}.")


def _time(path: Path) -> tuple[float, bool]:
    """When a hand-in was last changed: of a zip and of a folder, the newest file in it; and whether that is told."""
    try:
        if path.suffix.lower() == ".zip" and path.is_file() and (inside := _time_inside(path)):
            return inside, True
        files = (Path(folder) / name for folder, _, names in os.walk(path) for name in names)
        times = [file.lstat().st_mtime for file in islice(files, MAX_LOOKED_AT)]
        return max(times, default=path.stat().st_mtime), False
    except OSError:
        return 0.0, False


def _time_inside(path: Path) -> float:
    """The time of the newest file in a zip, 0 where it tells none that can be."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL))
            end = file.read()
            end = end[end.rfind(b"PK\x05\x06") :]
            if int.from_bytes(end[12:16], "little") > MAX_LIST:
                return 0.0
            with zipfile.ZipFile(file) as archive:
                newest = max(info.date_time for info in archive.infolist())
        told = time.mktime((*newest, 0, 0, -1))
    except Exception:  # zipfile raises whatever a broken file makes its code stumble over
        return 0.0
    return told if newest[0] > OLDEST and told <= time.time() else 0.0


def _person_of(entry: Entry, roster: Roster | None) -> Person | Text | None:
    """Whose an entry is: by what the LMS says, or else by the name that the person gave the file."""
    if roster is None:
        return None
    found = roster.find(entry.label)
    if isinstance(found, Text) and entry.label.lms:
        named = roster.find(Label(PurePath(entry.file).stem))
        return named if isinstance(named, Person) else found
    return found


def _counting(entries: list[Entry], quarantined: list[Quarantine], roster: Roster | None) -> Arrivals:
    groups: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
    people: dict[tuple[str, ...], Person] = {}
    reasons: dict[tuple[str, ...], Text] = {}
    for entry, owner in _owners(entries, roster):
        key = _apart(entry)
        if isinstance(owner, Person):
            people[key := ("person", owner.id)] = owner
        elif owner is not None:
            reasons[key] = owner
        groups[key].append(entry)
    newest = {key: max(group, key=_newness(group)) for key, group in groups.items()}
    names = _names(list(newest.values()))
    numbers = Counter(number for entry in entries for number in set(NUMBER.findall(entry.label.who)))
    result = Arrivals([], quarantined, [], {})
    for (key, entry), name in sorted(zip(newest.items(), names, strict=True), key=lambda item: item[1]):
        parts = _parts(groups[key], entry)
        if len(parts) > 1:
            result.parts[name] = parts
        older = [other for other in sorted(groups[key], key=_newness(groups[key])) if other.path not in parts.values()]
        when = datetime.fromtimestamp(min(max(entry.time, EARLIEST), LATEST), UTC)
        result.counting.append(
            Arrival(
                name,
                entry.path,
                people.get(key) or _unlisted(entry, name, numbers if roster is None else None),
                when.isoformat(timespec="seconds") if entry.time else "",
                any(other.late for other in groups[key] if other.path in parts.values()),
                tuple(other.path for other in reversed(older)),
            )
        )
        for reason in filter(None, (reasons.get(key), _doubt(entry, older))):
            result.unmatched.append(Quarantine(entry.path, reason, result.counting[-1].person))
    return result


def _doubt(newest: Entry, older: list[Entry]) -> Text | None:
    """Why a hand-in may not be the newest: its file is, but perhaps only for having been downloaded."""
    told = [entry.path for entry in older if entry.told]
    if not told or newest.told or (newest.order and all(entry.order for entry in older)):
        return None
    return Text(
        f"파일의 시각이 내려받은 때라면 {told[-1]} 이(가) 더 새것일 수 있습니다. 채점할 것만 폴더에 남겨 주세요.",
        f"It may be older than {told[-1]}, if its time is that of the download: leave only the one that is to count.",
    )


def _owners(entries: list[Entry], roster: Roster | None) -> list[tuple[Entry, Person | Text | None]]:
    """Whose each entry is; one person's name with several numbers of the LMS is nobody's."""
    found = [(entry, _person_of(entry, roster)) for entry in entries]
    numbers: dict[str, set[str]] = defaultdict(set)
    for entry, owner in found:
        if isinstance(owner, Person) and entry.label.lms:
            numbers[owner.id].add(entry.label.lms)
    several = {person for person, its in numbers.items() if len(its) > 1}
    reason = Text(
        "이름이 같은 사람이 LMS에 여럿 있어 누구의 제출물인지 알 수 없습니다.",
        "The LMS knows several people of this name, the roster one.",
    )
    return [(entry, reason if isinstance(owner, Person) and owner.id in several else owner) for entry, owner in found]


def _apart(entry: Entry) -> tuple[str, ...]:
    """What tells the hand-ins of two people apart whom no roster tells."""
    label = entry.label
    if label.lms:
        return ("lms", label.lms, plain(label.who))
    if label.keys:
        return ("key", *map(plain, label.keys))
    return ("name", plain(label.who), PurePath(entry.file).suffix.lower())


def _newness(group: list[Entry]) -> Callable[[Entry], tuple[Any, ...]]:
    """How hand-ins of one person are ordered: by the LMS's numbers where all have one, else by time, then by name."""
    numbered = all(entry.order for entry in group)

    def key(entry: Entry) -> tuple[Any, ...]:
        pieces = re.split(r"(\d+)", entry.path)
        natural = [(int(piece), "") if piece.isdecimal() else (0, piece) for piece in pieces]
        return (entry.order if numbered else 0, entry.time, natural)

    return key


def _parts(group: list[Entry], newest: Entry) -> dict[str, str]:
    """The files of a hand-in that an LMS gave one by one: where the newest is a source, the newest of each name."""
    alone = {newest.file: newest.path}
    if not newest.label.lms or not newest.file.endswith(".py"):
        return alone
    sources = {entry.file: entry.path for entry in sorted(group, key=_newness(group)) if entry.file.endswith(".py")}
    return sources if MODULES & sources.keys() else alone


def _unlisted(entry: Entry, name: str, numbers: Counter[str] | None) -> Person:
    """The person that a hand-in's name alone gives; without a roster, the numbers in all names help."""
    label = entry.label
    if numbers is None:
        return Person(name, label.who)
    if label.lms or label.keys:
        email = next((key for key in label.keys if "@" in key), "")
        return Person(label.lms or label.keys[0], label.who, email)
    own = NUMBER.findall(label.who)
    if len(own) == 1 and numbers[own[0]] == 1:
        return Person(own[0], " ".join(re.findall(r"[^\W\d_]+", label.who)))
    return Person(name, label.who)


def _names(entries: list[Entry]) -> list[str]:
    """A name for each, unique whatever the case, and fit for a file on any system."""
    stems = Counter(plain(_safe(entry.base)) for entry in entries)
    names: list[str] = []
    taken: set[str] = set()
    for entry in entries:
        name = _safe(entry.base)
        if stems[plain(name)] > 1:
            name = _safe(entry.path)
        number, base = 1, name
        while plain(name) in taken:
            number += 1
            name = f"{base}~{number}"
        taken.add(plain(name))
        names.append(name)
    return names


def _safe(text: str) -> str:
    text = "".join(sign if sign.isprintable() else "_" for sign in unicodedata.normalize("NFC", text))
    text = UNSAFE.sub("_", text).encode()[:MAX_NAME].decode("utf-8", "ignore").strip(" ").rstrip(".")
    text = "_" + text[1:] if text.startswith((".", "~")) else text
    return f"_{text}" if not text or RESERVED.match(text) else text

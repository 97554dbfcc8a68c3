"""What is in a download folder: whose submission each entry is, and which one counts. Nothing is unpacked here."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from grader.errors import GraderError
from grader.gradebook.columns import plain
from grader.gradebook.intake.file_names import unique_names
from grader.gradebook.intake.lms_names import GRADESCOPE_LIST, DownloadedFile, gradescope_people, labelled
from grader.gradebook.intake.platforms import MOODLE, Platform, platform_of
from grader.gradebook.intake.roster import Label, Roster
from grader.gradebook.model import Arrival, Person, Quarantine
from grader.submission.folders import MAX_LEVELS, walk
from grader.submission.reading import SUFFIXES as OF_FOLDERS
from kit.messages import Bilingual

SUFFIXES = {".zip", ".py", ".ipynb"}
SYSTEM_FILES = {"thumbs.db", "desktop.ini", "__macosx", "__pycache__", "submission_metadata.yml"}
OF_GRADES = {"grades.sqlite", "grades.lock"}
NO_SUBMISSION = Bilingual("함께 낸 실습 파일이 없습니다.", "No file of the lab was handed in with it.")
EARLIEST, LATEST = (datetime(year, 12, 31, tzinfo=UTC).timestamp() for year in (1, 9999))  # some systems keep others
MINUTE = 60.0  # seconds: files whose own times are closer may have been written by one download
NUMBER = re.compile(r"(?<!\d)\d{5,}(?!\d)")  # a student number, as far as one can tell


class Arrivals(NamedTuple):
    """What is in a folder.

    Attributes:
        counting: the submissions that count, one a person, by name.
        quarantined: entries that are no submissions.
        unmatched: submissions that count, but whose person the roster does not tell, or that may not be the newest.
        parts: the files by their names, for submissions that the LMS gave file by file (see `reading.read_together`).
    """

    counting: list[Arrival]
    quarantined: list[Quarantine]
    unmatched: list[Quarantine]
    parts: dict[str, dict[str, str]]


def arrivals(folder: Path, roster: Roster | None = None, roster_file: Path | None = None) -> Arrivals:
    """Find the submissions in a folder: files and folders, named by Canvas, Moodle, Gradescope or people themselves.

    Args:
        folder: what was downloaded, unpacked.
        roster: the class.
        roster_file: where it was read from, in case that is in the folder.

    Raises:
        GraderError: there is no such folder.
    """
    paths, quarantined = _entries(folder, roster_file)
    metadata, unused = gradescope_people(folder, [path.name for path in paths])
    if unused is not None:
        quarantined.append(Quarantine(GRADESCOPE_LIST, unused))
    platform, strange = platform_of(path.name for path in paths)
    entries: list[DownloadedFile] = []
    for path in paths:
        if platform is not None and platform.own.fullmatch(path.name):
            continue
        files = labelled(path, metadata, platform)
        reason = _unsuitable(path, platform)
        if reason is None:
            entries += files
        else:
            person = _person_of(files[0], roster)
            quarantined.append(Quarantine(path.name, reason, person if isinstance(person, Person) else None))
    arrived = _counting(entries, quarantined, roster)
    arrived.unmatched.extend(Quarantine(name, _looks_like(strange[name])) for name in sorted(strange))
    return arrived


def _looks_like(platform: str) -> Bilingual:
    """The note on a name that has a platform's form where others have not."""
    return Bilingual(
        f"{platform} 에서 내려받은 이름 같지만 폴더의 다른 이름은 그렇지 않아, 누구의 것인지 거기서 읽지 않았습니다. "
        f"내려받은 것만 폴더에 두거나, 사람의 이름으로 바꿔 주세요.",
        f"Its name has the form of {platform}, but others here have not, so nothing was read out of it: leave only the "
        f"download in the folder, or name it after its person.",
    )


def _entries(folder: Path, roster_file: Path | None) -> tuple[list[Path], list[Quarantine]]:
    """The paths that may be submissions, and those whose kind or name rules that out; system files are passed over."""
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise GraderError(
            Bilingual(
                f"{folder} 폴더를 읽을 수 없습니다 ({error.strerror}). 제출물이 들어 있는 폴더의 경로를 주세요.",
                f"The folder {folder} cannot be read ({error.strerror}): give the path of the folder of submissions.",
            ),
        ) from error
    suitable, quarantined = [], []
    for path in paths:
        if path.name.startswith(".") or path.name.lower() in SYSTEM_FILES or _is_ours(path, roster_file):
            continue
        shown = path.name.encode("utf-8", "backslashreplace").decode()
        if path.is_symlink():
            reason = Bilingual("링크는 따라가지 않습니다.", "Links are not followed.")
        elif shown != path.name:
            reason = Bilingual("이름이 UTF-8이 아닙니다. 이름을 바꿔 주세요.", "Its name is not UTF-8: rename it.")
        else:
            suitable.append(path)
            continue
        quarantined.append(Quarantine(shown, reason))
    return suitable, quarantined


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


def _unsuitable(path: Path, platform: Platform | None) -> Bilingual | None:
    """Why an entry cannot be a submission; None where it can."""
    moodle = MOODLE.form.fullmatch(unicodedata.normalize("NFC", path.name)) if platform is MOODLE else None
    if moodle is not None and moodle["kind"] != "file":
        return Bilingual("파일이 아니라 온라인으로 쓴 글입니다.", "It is a text that was typed online, and no file.")
    if platform is not None and platform.is_ambiguous(path.name):
        return Bilingual(
            "이름을 두 가지로 읽을 수 있어 누구의 것인지 알 수 없습니다. 이름을 바꿔 주세요.",
            "Its name can be read in two ways, as two people's: rename it.",
        )
    possible = SUFFIXES if platform is None else SUFFIXES | OF_FOLDERS  # which may come along with others
    if path.is_dir() or (path.is_file() and path.suffix.lower() in possible):
        return None
    kinds = ", ".join(sorted(SUFFIXES))
    return Bilingual(f"폴더나 {kinds} 파일이 아닙니다.", f"It is no folder, and none of {kinds}.")


def _person_of(entry: DownloadedFile, roster: Roster | None) -> Person | Bilingual | None:
    """Whose an entry is: by what the LMS says, or else by the name that the person gave the file."""
    if roster is None:
        return None
    owner = roster.find(entry.label)
    if isinstance(owner, Bilingual) and entry.label.lms:
        named = roster.find(Label(PurePath(entry.file).stem))
        return named if isinstance(named, Person) else owner
    return owner


def _counting(entries: list[DownloadedFile], quarantined: list[Quarantine], roster: Roster | None) -> Arrivals:
    """One submission for each person, out of all entries; those that are none alone are noted."""
    groups: dict[tuple[str, ...], list[DownloadedFile]] = defaultdict(list)
    people: dict[tuple[str, ...], Person] = {}
    reasons: dict[tuple[str, ...], Bilingual] = {}
    for entry, owner in _owners(entries, roster):
        key = _apart(entry)
        if isinstance(owner, Person):
            people[key := ("person", owner.id)] = owner
        elif owner is not None:
            reasons[key] = owner
        groups[key].append(entry)
    for key in [key for key, group in groups.items() if not any(map(_may_count, group))]:
        person = people.get(key)
        quarantined += [Quarantine(entry.path, NO_SUBMISSION, person) for entry in groups.pop(key)]
    newest = {key: max(filter(_may_count, group), key=_newness(group)) for key, group in groups.items()}
    file_names = unique_names(list(newest.values()))
    numbers = Counter(number for entry in entries for number in set(NUMBER.findall(entry.label.who)))
    result = Arrivals([], quarantined, [], {})
    for (key, entry), name in sorted(zip(newest.items(), file_names, strict=True), key=lambda item: item[1]):
        parts = _parts(groups[key], entry)
        if len(parts) > 1:
            result.parts[name] = parts
        older = [other for other in sorted(groups[key], key=_newness(groups[key])) if other.path not in parts.values()]
        doubt = _doubt(entry, older)
        when = datetime.fromtimestamp(min(max(entry.time, EARLIEST), LATEST), UTC)
        result.counting.append(
            Arrival(
                name,
                entry.path,
                people.get(key) or _unlisted(entry, name, numbers if roster is None else None),
                when.isoformat(timespec="seconds") if entry.time else "",
                any(other.late for other in groups[key] if other.path in parts.values()),
                tuple(other.path for other in reversed(older)),
                doubt,
            )
        )
        for reason in filter(None, (reasons.get(key), doubt)):
            result.unmatched.append(Quarantine(entry.path, reason, result.counting[-1].person))
    return result


def _may_count(entry: DownloadedFile) -> bool:
    """Whether an entry can be a submission by itself, or only come along with one."""
    return not entry.one_of_many or PurePath(entry.path).suffix.lower() in SUFFIXES or not PurePath(entry.file).suffix


def _doubt(newest: DownloadedFile, older: list[DownloadedFile]) -> Bilingual | None:
    """Why the newest file may not be the newest submission: its time may be that of the download. None where it is."""
    if newest.told or (newest.order and all(entry.order for entry in older)):
        return None
    close = [entry.path for entry in older if entry.told or newest.time - entry.time < MINUTE]
    if not close:
        return None
    return Bilingual(
        f"{newest.path} 을(를) 셌으나, 파일의 시각이 내려받은 때라면 {close[-1]} 이(가) 더 새것일 수 있습니다. 셀 것만 "
        f"폴더에 남겨 주세요.",
        f"{newest.path} counts, but may be older than {close[-1]}, if its time is that of the download: leave only the "
        f"one that is to count.",
    )


def _owners(
    entries: list[DownloadedFile], roster: Roster | None
) -> list[tuple[DownloadedFile, Person | Bilingual | None]]:
    """Find whose each entry is; where the LMS has several people of a roster's one name, nobody's."""
    owned = [(entry, _person_of(entry, roster)) for entry in entries]
    numbers: dict[str, set[str]] = defaultdict(set)
    for entry, owner in owned:
        if isinstance(owner, Person) and entry.label.lms:
            numbers[owner.id].add(entry.label.lms)
    several = {person for person, its in numbers.items() if len(its) > 1}
    reason = Bilingual(
        "이름이 같은 사람이 LMS에 여럿 있어 누구의 제출물인지 알 수 없습니다.",
        "The LMS knows several people of this name, the roster one.",
    )
    return [(entry, reason if isinstance(owner, Person) and owner.id in several else owner) for entry, owner in owned]


def _apart(entry: DownloadedFile) -> tuple[str, ...]:
    """A key that tells people apart without a roster: by the LMS's number, by their own, or by name."""
    label = entry.label
    if label.lms:
        return ("lms", label.lms, plain(label.who))
    if label.keys:
        return ("key", *map(plain, label.keys))
    return ("name", plain(label.who), PurePath(entry.file).suffix.lower())


def _newness(group: list[DownloadedFile]) -> Callable[[DownloadedFile], tuple[Any, ...]]:
    """How one person's submissions are ordered: by the LMS's numbers where all have one, else by time, then by name."""
    numbered = all(entry.order for entry in group)

    def key(entry: DownloadedFile) -> tuple[Any, ...]:
        pieces = re.split(r"(\d+)", entry.path)
        natural = [(int(piece), "") if piece.isdecimal() else (0, piece) for piece in pieces]
        return (entry.order if numbered else 0, entry.time, natural)

    return key


def _parts(group: list[DownloadedFile], newest: DownloadedFile) -> dict[str, str]:
    """The files of a submission that an LMS gave one by one, by name; of each name, the newest."""
    if not newest.one_of_many or not newest.file:
        return {newest.file: newest.path}
    together = [entry for entry in sorted(group, key=_newness(group)) if entry.attempt == newest.attempt]
    return {entry.file: entry.path for entry in together if entry.file}


def _unlisted(entry: DownloadedFile, name: str, numbers: Counter[str] | None) -> Person:
    """A person made out of a submission's name, where the roster names none."""
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

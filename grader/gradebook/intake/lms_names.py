"""What the names and lists of a download tell of its files: whose they are, and what belongs together."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

import msgspec
import yaml

from grader.gradebook.intake.platforms import Platform
from grader.gradebook.intake.roster import Label
from grader.gradebook.intake.times import time_of
from kit.messages import Bilingual

GRADESCOPE = re.compile(r"submission_\d+")
GRADESCOPE_LIST = "submission_metadata.yml"
NOT_GRADESCOPE = Bilingual(
    "Gradescope의 목록이지만 이 폴더의 이름들은 Gradescope의 것이 아니므로, 사람을 찾는 데 쓰지 않았습니다.",
    "It is a list of Gradescope's, but the names here are not: it was not used to tell whose they are.",
)
NO_LIST = Bilingual("Gradescope의 목록으로 읽을 수 없습니다.", "It cannot be read as Gradescope's list.")
COPY = re.compile(r"\s*\(\d+\)$")  # what browsers do


class DownloadedFile(msgspec.Struct, frozen=True):
    """One file or folder: what its name says.

    Attributes:
        path: relative to the folder of submissions.
        base: how the arrival is called.
        file: the name that the person gave it.
        time: when it was handed in or, failing that, last changed; seconds since 1970.
        told: whether the LMS or a zip tells the time; a file's own may be that of the download.
        order: the LMS's number: larger ones are newer.
        late: whether the LMS marked it so.
        one_of_many: whether the LMS gives the files of a submission one by one.
        attempt: which submission of the person's the LMS says it belongs to; empty where it gives one only.
    """

    path: str
    label: Label
    base: str
    file: str
    time: float
    told: bool
    order: int = 0
    late: bool = False
    one_of_many: bool = False
    attempt: str = ""


def labelled(path: Path, metadata: dict[str, Any], platform: Platform | None) -> list[DownloadedFile]:
    """Read whose a file is out of its name; a group's submission gives one entry for each member.

    Args:
        path: of the file or folder.
        metadata: what Gradescope says of each folder.
        platform: whose form all names of the download have.
    """
    name = unicodedata.normalize("NFC", path.name)
    if path.name in metadata:
        return _of_group(path, metadata[path.name])
    when = time_of(path)
    if platform is None:
        stem = name if path.is_dir() else PurePath(name).stem
        return [DownloadedFile(path.name, Label(COPY.sub("", stem)), stem, name, *when)]
    told = platform.told_by(name)
    if told.when:
        when = told.when, True
    base = "_".join(dict.fromkeys(filter(None, (told.who, told.user))))
    label = Label(told.who, told.user) if told.has_number else Label(told.who, keys=(told.user,))
    return [DownloadedFile(path.name, label, base, told.file, *when, told.order, told.late, True, told.attempt)]


def _of_group(path: Path, data: dict[str, Any]) -> list[DownloadedFile]:
    """The entries of a folder that Gradescope's list of submissions describes."""
    created = data.get(":created_at")
    when = time_of(path)
    if isinstance(created, datetime):
        when = created.replace(tzinfo=created.tzinfo or UTC).timestamp(), True
    entries = []
    for person in data.get(":submitters") or [{}]:
        name, number, email = (str(person.get(key) or "") for key in (":name", ":sid", ":email"))
        keys = tuple(filter(None, (number, email)))
        base = "_".join(filter(None, (path.name, number or email.partition("@")[0])))
        entries.append(DownloadedFile(path.name, Label(name or path.name, keys=keys), base, "", *when))
    return entries


def gradescope_people(folder: Path, names: Iterable[str]) -> tuple[dict[str, Any], Bilingual | None]:
    """What Gradescope's export says of each folder in it, and why its list is not used.

    Its list counts where the whole download has Gradescope's form, folders of its names alone: where students' own
    files lie at the top, one of them may have handed in the list.
    """
    file = folder / GRADESCOPE_LIST
    if file.is_symlink() or not file.is_file():
        return {}, None
    if not all(GRADESCOPE.fullmatch(name) and (folder / name).is_dir() for name in names):
        return {}, NOT_GRADESCOPE
    try:
        data = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return {}, NO_LIST
    if not isinstance(data, dict):
        return {}, None if data is None else NO_LIST
    return {str(name): told for name, told in data.items() if isinstance(told, dict) and _has_people(told)}, None


def _has_people(told: dict[str, Any]) -> bool:
    people = told.get(":submitters") or []
    return isinstance(people, list) and all(isinstance(person, dict) for person in people)

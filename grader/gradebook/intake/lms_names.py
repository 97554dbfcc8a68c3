"""The names and lists by which learning platforms tell whose a file is."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

import msgspec
import yaml

from grader.gradebook.intake.roster import Label
from grader.gradebook.intake.times import time_of
from grader.submission.folders import MODULES

CANVAS = re.compile(r"(?P<who>.+?)_(?:(?P<late>LATE)_)?(?P<user>\d{3,})_(?P<number>\d{3,})_(?P<file>.+)", re.DOTALL)
MOODLE = re.compile(r"(?P<who>.+?)_(?P<user>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL)
AGAIN = re.compile(r"-\d+$")  # what Canvas puts behind the name of a file that was handed in again
COPY = re.compile(r"\s*\(\d+\)$")  # what browsers do


class DownloadedFile(msgspec.Struct, frozen=True):
    """One file or folder: what its name says.

    Attributes:
        path: relative to the folder of submissions.
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


def labelled(path: Path, metadata: dict[str, Any], numbered: set[str]) -> list[DownloadedFile]:
    """Read whose a file is out of its name; a group's submission gives one entry for each member."""
    name = unicodedata.normalize("NFC", path.name)
    if path.name in metadata:
        return _of_group(path, metadata[path.name])
    when = time_of(path)
    if match := MOODLE.fullmatch(name):
        label = Label(match["who"], match["user"])
        return [DownloadedFile(path.name, label, f"{match['who']}_{match['user']}", match["file"] or "", *when)]
    if path.name in numbered and (match := CANVAS.fullmatch(name)):
        original = _original(match["file"])
        base, order, late = f"{match['who']}_{match['user']}", int(match["number"]), match["late"] is not None
        return [DownloadedFile(path.name, Label(match["who"], match["user"]), base, original, *when, order, late)]
    stem = name if path.is_dir() else PurePath(name).stem
    return [DownloadedFile(path.name, Label(COPY.sub("", stem)), stem, name, *when)]


def _original(file: str) -> str:
    path = PurePath(file)
    return AGAIN.sub("", path.stem) + path.suffix


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


def gradescope_people(folder: Path) -> dict[str, Any]:
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


def canvas_names(names: Iterable[str]) -> set[str]:
    """Those of the names that Canvas made: there each user's number goes with one person's name.

    `hw_2024_20231234_kim.zip` looks alike, but there the same number stands in everybody's.
    """
    matches = {name: CANVAS.fullmatch(unicodedata.normalize("NFC", name)) for name in names}
    users: dict[str, list[re.Match[str]]] = defaultdict(list)
    for match in filter(None, matches.values()):
        users[match["user"]].append(match)
    true = {user for user, files in users.items() if len({match["who"] for match in files}) == 1}
    if len(users) == 1:
        true = {user for user in true if len(users[user]) == 1 or _has_module(users[user])}
    return {name for name, match in matches.items() if match is not None and match["user"] in true}


def _has_module(files: list[re.Match[str]]) -> bool:
    return any(_original(match["file"]) in MODULES for match in files)

"""The forms of names that learning platforms give to files in a download, and whose form a whole download has.

Where only some names have a platform's form, their authors may have chosen them, and nothing is read out of them.
"""

import calendar
import re
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from typing import NamedTuple

from grader.submission.folders import MODULES

NEVER = re.compile(r"(?!)")


class Told(NamedTuple):
    """What a platform's name tells.

    Attributes:
        who: the person's name, or login.
        user: the number or login that the platform has for them.
        has_number: whether that is the platform's own number, not a login.
        file: the name that the person gave the file; empty for a folder.
        order: a number that is larger for what was handed in later, or 0.
        late: whether the platform marks it so.
        when: when it was handed in, in seconds since 1970, or 0.
        attempt: what the files of one submission have in common, where the platform gives several submissions.
    """

    who: str
    user: str
    has_number: bool
    file: str
    order: int = 0
    late: bool = False
    when: float = 0.0
    attempt: str = ""


class Platform(NamedTuple):
    """A learning platform.

    Attributes:
        name: as people know it.
        form: matches a name that it gives.
        read: what a match tells.
        own: matches files that the platform adds.
        mark: what stands in each name once; twice, it could be read in two ways.
        fits: whether the matches can be a download's, taken together.
    """

    name: str
    form: re.Pattern[str]
    read: Callable[[re.Match[str]], Told]
    own: re.Pattern[str] = NEVER
    mark: re.Pattern[str] = NEVER
    fits: Callable[[list[re.Match[str]]], bool] = bool

    def is_ambiguous(self, name: str) -> bool:
        """Whether a name can be read in two ways."""
        return len(self.mark.findall(unicodedata.normalize("NFC", name))) > 1

    def told_by(self, name: str) -> Told:
        """What a name tells."""
        match = self.form.fullmatch(unicodedata.normalize("NFC", name))
        assert match is not None, name
        return self.read(match)


def platform_of(names: Iterable[str]) -> tuple[Platform | None, dict[str, str]]:
    """The platform whose form all names have; where there is none, or two, the names that have one's, with its name.

    What the platform itself adds is left aside.
    """
    composed = {name: unicodedata.normalize("NFC", name) for name in names}
    strange: dict[str, str] = {}
    fitting: list[Platform] = []
    for platform in PLATFORMS:
        own = {name for name, text in composed.items() if platform.own.fullmatch(text)}
        matches = {name: platform.form.fullmatch(text) for name, text in composed.items() if name not in own}
        found = [match for match in matches.values() if match is not None]
        whole = len(found) == len(matches)
        if found and whole and platform.fits(found):
            fitting.append(platform)
        elif not whole:
            strange |= {name: platform.name for name, match in matches.items() if match is not None}
    if len(fitting) == 1:
        return fitting[0], {}
    both = " · ".join(platform.name for platform in fitting)
    return None, dict.fromkeys(composed, both) if fitting else strange


def _canvas(match: re.Match[str]) -> Told:
    late = match["late"] is not None
    return Told(
        match["who"],
        match["user"],
        has_number=True,
        file=_original(match["file"]),
        order=int(match["number"]),
        late=late,
    )


def _is_canvas(matches: list[re.Match[str]]) -> bool:
    """Whether each user's number goes with one person's name, and is not one that stands in everybody's.

    `hw_2024_20231234_kim.zip` looks alike, but there the same number stands in all names.
    """
    users: Mapping[str, list[re.Match[str]]] = defaultdict(list)
    for match in matches:
        users[match["user"]].append(match)
    one_name_each = all(len({match["who"] for match in files}) == 1 for files in users.values())
    several = len(users) > 1 or len(matches) == 1
    return one_name_each and (several or any(_original(match["file"]) in MODULES for match in matches))


def _original(file: str) -> str:
    """A file's name without the number that Canvas puts behind that of one that was handed in again."""
    path = PurePath(file)
    return re.sub(r"-\d+$", "", path.stem) + path.suffix


def _moodle(match: re.Match[str]) -> Told:
    return Told(match["who"], match["user"], has_number=True, file=match["file"] or "")


def _blackboard(match: re.Match[str]) -> Told:
    when = _seconds(match["when"], "%Y-%m-%d-%H-%M-%S")
    return Told(match["user"], match["user"], has_number=False, file=match["file"], when=when, attempt=match["when"])


def _is_blackboard(matches: list[re.Match[str]]) -> bool:
    """Whether all are of one task."""
    return len({match["task"] for match in matches}) == 1


def _brightspace(match: re.Match[str]) -> Told:
    month = match["month"].rstrip("월.").casefold()
    number = int(month) if month.isdecimal() else MONTHS.get(month[:3], 0)
    half = "PM" if (match["half"] or match["half_before"].strip()).casefold() in ("pm", "오후") else "AM"
    text = f"{match['year']} {number} {match['day']} {match['time'].zfill(4)} {half}"
    when = _seconds(text, "%Y %m %d %I%M %p")
    return Told(match["who"], match["user"], has_number=True, file=match["file"], when=when, attempt=text)


def _seconds(text: str, form: str) -> float:
    """A local time in seconds since 1970; 0 where it is none."""
    try:
        return time.mktime(time.strptime(text, form))
    except (ValueError, OverflowError):
        return 0.0


MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_abbr) if name}
CANVAS = Platform(
    "Canvas",
    re.compile(r"(?P<who>.+?)_(?:(?P<late>LATE)_)?(?P<user>\d{3,})_(?P<number>\d{3,})_(?P<file>.+)", re.DOTALL),
    _canvas,
    fits=_is_canvas,
)
MOODLE = Platform(
    "Moodle",
    re.compile(r"(?P<who>.+?)_(?P<user>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL),
    _moodle,
    mark=re.compile(r"_\d+_assignsubmission_[a-z]+(?=_|$)"),
)
BLACKBOARD = Platform(
    "Blackboard",
    re.compile(
        r"(?P<task>.+?)_(?P<user>[^_]+)_attempt_(?P<when>\d{4}(?:-\d\d){5})_(?P<file>.+)",
        re.DOTALL,
    ),
    _blackboard,
    re.compile(r".+_attempt_\d{4}(?:-\d\d){5}\.txt", re.DOTALL),
    fits=_is_blackboard,
)
BRIGHTSPACE = Platform(
    "Brightspace",
    re.compile(
        r"(?P<user>\d+)-\d+ - (?P<who>.+?) - (?P<month>\d{1,2}월|[A-Za-z]{3,9}\.?) (?P<day>\d{1,2}), (?P<year>\d{4}) "
        r"(?P<half_before>오전 |오후 |)(?P<time>\d{3,4})(?: (?P<half>[AaPp][Mm]|오전|오후))? - (?P<file>.+)",
        re.DOTALL,
    ),
    _brightspace,
    re.compile(r"index\.html?", re.IGNORECASE),
)
PLATFORMS = (CANVAS, MOODLE, BLACKBOARD, BRIGHTSPACE)

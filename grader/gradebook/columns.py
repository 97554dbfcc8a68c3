"""The titles of columns: what a roster, the points given by hand and an LMS's file call the same thing.

One table serves all three readers, so that a title that one of them knows is known to the others. Where they differ:

- `id` alone is Canvas's number in Canvas's file, a student number in a roster without another one, and whose the points
  are in `overrides.csv`. There `student` and `학생`, else a name, also stand for whose they are.
- What only rosters call a column (`ROSTER`) counts in an LMS's file behind what the LMS itself calls it, and in
  `overrides.csv` where no column has a title of its own.
- What only an LMS calls a column (`LMS`) is no title of a roster: there it has always been one of the further columns,
  and to read it would give the people of a class other ids than their grades are kept under.
"""

import re
import unicodedata

BOTH = {
    "number": "학번 id번호 studentid studentnumber sisuserid idnumber",
    "login": "사용자아이디 sisloginid loginid username",
    "email": "이메일 이메일주소 email emailaddress",
    "name": "이름 성명 학생 name fullname student",
    "first": "firstname",
    "last": "성 lastname surname",
    "canvas": "canvasid canvasuserid",
    "moodle": "식별자 identifier",
    "id": "id",
}
ROSTER = {
    "number": "학생번호 studentno sisid sid",
    "login": "아이디 로그인 사용자명 login user github githubusername",
    "email": "메일 메일주소 전자우편 mail",
    "name": "학생이름 성함 studentname",
    "first": "givenname",
    "last": "familyname",
    "canvas": "사용자번호 userid",
}
LMS = {
    "number": "식별번호 sis사용자id",
    "login": "sis로그인id",
    "email": "전자우편주소",
    "name": "전체이름",
    "integration": "integrationid",
}
BY_HAND = {  # of `overrides.csv`
    "person": "사람 학생 학번 person student id",
    "target": "단계또는검사 단계나검사 항목 단계 검사 steporcheck target step check",
    "points": "점수 배점 points score",
    "note": "메모 비고 사유 note notes reason",
}
PERSON = ("number", "login", "canvas", "moodle", "email", "name")  # what a person's id may be, the likest first
KINDS = (*BOTH, "integration")
_BOTH, _ROSTER, _LMS = (
    {word: kind for kind, words in table.items() for word in words.split()} for table in (BOTH, ROSTER, LMS)
)


def plain(text: str) -> str:
    """A text as it is compared: composed (macOS takes Hangul apart), without case and outer spaces."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).strip()


def squeezed(title: str) -> str:
    """A title as the tables hold it: without spaces, `_`, `-`, `.` and `/`."""
    return re.sub(r"[\s_\-./]", "", plain(title))


def in_roster(title: str) -> str | None:
    """What a column of a roster holds: the name of a row of `BOTH` and `ROSTER`; None for a further column."""
    word = squeezed(title)
    return _BOTH.get(word) or _ROSTER.get(word)


def in_lms_file(title: str) -> str | None:
    """What a column of an LMS's file tells of a person; None for any other column, such as an assignment."""
    return _of_lms(title) or _ROSTER.get(squeezed(title))


def people_in_lms_file(header: list[str]) -> dict[str, int]:
    """Where an LMS's file tells what of its people; of several columns of a kind, one with the LMS's own title counts.

    Of several such, or where there is none, the first counts.
    """
    places: dict[str, int] = {}
    for kind_of in (_of_lms, in_lms_file):
        for place, title in enumerate(header):
            kind = kind_of(title)
            if kind is not None:
                places.setdefault(kind, place)
    return places


def by_hand(header: list[str]) -> dict[str, list[int]]:
    """The places of each column of `overrides.csv` (see `BY_HAND`): one each, where the file is as it should be."""
    places = {
        name: [place for place, title in enumerate(header) if squeezed(title) in words.split()]
        for name, words in BY_HAND.items()
    }
    if not places["person"]:
        known = [in_lms_file(title) for title in header]
        kind = next((kind for kind in PERSON if kind in known), None)
        places["person"] = [place for place, other in enumerate(known) if kind is not None and other == kind]
    return places


def _of_lms(title: str) -> str | None:
    word = squeezed(title)
    kind = _BOTH.get(word) or _LMS.get(word)
    return "canvas" if kind == "id" else kind

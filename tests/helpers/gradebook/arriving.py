"""Download folders and lists for the tests of whose submission is whose."""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from grader.gradebook.intake.arrivals import arrivals
from grader.gradebook.intake.roster import Roster

UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
HANGUL = st.text(st.characters(min_codepoint=ord("가"), max_codepoint=ord("힣")), min_size=2, max_size=5)
NAMES = ["김민수", "Kim Minsu", "홍길동", "이 서연", "O'Neil, Anna", "남궁민", "José Núñez"]
ROSTER = """학번,이름,이메일,분반
20230001,김민수,minsu@univ.ac.kr,1
20230002,홍길동,gildong.hong@univ.ac.kr,1
20230003,이서연,lee99@univ.ac.kr,2
"""


def put(folder, *names, time=None):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        if time is not None:
            os.utime(path, (time, time))
    return folder


def roster(tmp_path, text=ROSTER, encoding="utf-8"):
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return Roster.read(path)


def counting(folder, people=None):
    return {arrival.name: arrival for arrival in arrivals(folder, people).counting}


def owners(folder, people=None):
    """Whose the submissions are, by their paths."""
    return {arrival.path: arrival.person.id for arrival in arrivals(folder, people).counting}


def reasons(entries):
    for entry in entries:
        assert any("가" <= sign <= "힣" for sign in entry.reason.ko)
    return {entry.path: entry.reason.en for entry in entries}


def download_folder(tmp_path):
    """An empty download folder."""
    (tmp_path / "in").mkdir()
    return tmp_path / "in"

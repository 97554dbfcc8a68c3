"""Where a class's reports are kept: SQLite in the folder of grades, each report durable the moment it is made."""

import contextlib
import functools
import hashlib
import json
import platform
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Self

import msgspec
from filelock import FileLock, Timeout

import kit
from grader.errors import GraderError
from grader.gradebook.model import Arrival, NotGraded
from grader.paths import GRADER
from grader.reports.report import Report
from grader.submission.reading import Submission
from kit.messages import Bilingual

NAME = "grades.sqlite"
SCHEMA = """
CREATE TABLE IF NOT EXISTS reports (fingerprint TEXT PRIMARY KEY, report BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS hand_ins (name TEXT PRIMARY KEY, arrival BLOB NOT NULL, fingerprint TEXT, reason BLOB);
CREATE TABLE IF NOT EXISTS around (around BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS passed (grader TEXT, step TEXT, program TEXT, PRIMARY KEY (grader, step, program));
"""


# What of the grader changes no report: what counts and shows grades, and the looks of a report.
SHOWING = ("gradebook", "reports/terminal.py", "reports/html.py", "reports/templates")
LIBRARIES = ("tensorflow", "tf-keras", "transformers", "tokenizers", "numpy", "pandas", "hypothesis")


@functools.cache
def grader_fingerprint() -> str:
    """A digest of everything besides the submission that can change a report.

    It covers `kit` with its data, the grader without what shows reports and grades, and the versions of Python and of
    the libraries that run submissions, measure them and draw the inputs.
    """
    versions = {name: version(name) for name in LIBRARIES} | {"python": platform.python_version()}
    digest = hashlib.sha256(json.dumps(versions).encode())
    for package, left_out in ((GRADER, SHOWING), (Path(kit.__file__).parent, ())):
        for path in sorted(package.rglob("*")):
            name = path.relative_to(package)
            if path.is_file() and path.suffix != ".pyc" and not any(map(name.is_relative_to, left_out)):
                digest.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def fingerprint_of(submission: Submission) -> str:
    """A digest of a submission's content and of the grader: where two are equal, so are the reports."""
    digest = hashlib.sha256(
        f"{grader_fingerprint()}\0{submission.kind}\0{submission.main}\0{submission.cells}\0".encode()
    )
    for name, content in sorted(submission.files.items()):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


class Store:
    """The reports of a class. A context manager; only one run at a time has it.

    Args:
        folder: the folder of grades.
        make: whether to make it where it is missing.

    Raises:
        GraderError: it is missing, another run has it, or its database cannot be read.
    """

    def __init__(self, folder: Path, *, make: bool = True) -> None:
        if not make and not (folder / NAME).is_file():
            raise GraderError(
                Bilingual(
                    f"{folder} 은(는) 성적 폴더가 아닙니다. `lab grade`의 --out에 준 폴더를 주세요.",
                    f"{folder} is no folder of grades: give the one that `lab grade` wrote with --out.",
                ),
            )
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._lock = FileLock(folder / "grades.lock", timeout=0)
        try:
            self._lock.acquire()
        except Timeout:
            raise GraderError(
                Bilingual(
                    f"{folder} 에서 다른 채점이 진행되고 있습니다. 끝나기를 기다리거나 다른 폴더를 --out으로 주세요.",
                    f"Another run is grading into {folder}: wait for it, or give another folder with --out.",
                ),
            ) from None
        try:
            self._database = sqlite3.connect(folder / NAME, isolation_level=None)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            self._database.executescript(SCHEMA)
        except sqlite3.DatabaseError as error:
            self._lock.release()
            raise GraderError(
                Bilingual(
                    f"{folder / NAME} 을(를) 읽을 수 없습니다 ({error}). 옮겨 두고 다시 실행해 주세요.",
                    f"{folder / NAME} cannot be read ({error}): move it away and run again.",
                ),
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()
        self._lock.release()

    def enroll(self, arrivals: Iterable[Arrival], not_graded: NotGraded) -> None:
        """Note which submissions and what else there is; earlier notes go, and results are to be linked again."""
        with self._transaction():
            for table in ("hand_ins", "around"):
                self._database.execute(f"DELETE FROM {table}")  # noqa: S608 -- one of these two names
            arrived = [(arrival.name, msgspec.json.encode(arrival)) for arrival in arrivals]
            self._database.executemany("INSERT INTO hand_ins (name, arrival) VALUES (?, ?)", arrived)
            self._database.execute("INSERT INTO around VALUES (?)", (msgspec.json.encode(not_graded),))

    def report(self, fingerprint: str, name: str) -> Report | None:
        """The report kept for a fingerprint, with a submission's name put in; `None` where there is none yet."""
        row = self._database.execute("SELECT report FROM reports WHERE fingerprint = ?", (fingerprint,)).fetchone()
        if row is None:
            return None
        return msgspec.structs.replace(msgspec.json.decode(row[0], type=Report), submission=name)

    def keep(self, name: str, fingerprint: str, report: Report, passed: Collection[tuple[str, str]] = ()) -> None:
        """Keep a submission's report: it is on the disk when this returns.

        Args:
            name: the submission's.
            fingerprint: its fingerprint.
            report: what came of it.
            passed: steps, and the programs with which they were passed.
        """
        with self._transaction():
            values = (fingerprint, msgspec.json.encode(report))
            self._database.execute("INSERT OR REPLACE INTO reports VALUES (?, ?)", values)
            self.link(name, fingerprint)
            lines = [(grader_fingerprint(), *step_and_program) for step_and_program in passed]
            self._database.executemany("INSERT OR IGNORE INTO passed VALUES (?, ?, ?)", lines)

    def passed(self) -> set[tuple[str, str]]:
        """Steps, each with a program (its digest) that passed it under a grader of this fingerprint."""
        rows = self._database.execute("SELECT step, program FROM passed WHERE grader = ?", (grader_fingerprint(),))
        return set(rows.fetchall())

    def link(self, name: str, fingerprint: str) -> None:
        """Note that a submission has the report of a fingerprint that is there already."""
        values = (fingerprint, name)
        self._database.execute("UPDATE hand_ins SET fingerprint = ?, reason = NULL WHERE name = ?", values)

    def quarantine(self, name: str, reason: Bilingual) -> None:
        """Note why a submission could not be graded."""
        values = (msgspec.json.encode(reason), name)
        self._database.execute("UPDATE hand_ins SET fingerprint = NULL, reason = ? WHERE name = ?", values)

    def submissions(self) -> Iterator[tuple[Arrival, Report | Bilingual | None]]:
        """Each submission, by name, and its report, the reason why it has none, or nothing yet."""
        rows = self._database.execute("SELECT arrival, fingerprint, reason FROM hand_ins ORDER BY name").fetchall()
        for packed, fingerprint, reason in rows:
            arrival = msgspec.json.decode(packed, type=Arrival)
            known = None if fingerprint is None else self.report(fingerprint, arrival.name)
            yield arrival, known if reason is None else msgspec.json.decode(reason, type=Bilingual)

    def not_graded(self) -> NotGraded:
        """The people without a submission, and what does not count, as last noted."""
        row = self._database.execute("SELECT around FROM around").fetchone()
        return NotGraded() if row is None else msgspec.json.decode(row[0], type=NotGraded)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

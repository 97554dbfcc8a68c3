"""Canvas and Moodle: scores are written into the file that the LMS gave; all other cells stay, to the byte.

Canvas: the CSV of Gradebook, Export. Moodle: the assignment's grading worksheet, or the gradebook's CSV export.
"""

import re

import msgspec

from grader.errors import GraderError
from grader.gradebook.columns import in_lms_file, people_in_lms_file
from grader.gradebook.csv_file import Sheet
from grader.gradebook.exports.people import Pairs, RosterRow, line_of, paired, plain
from grader.gradebook.exports.results import Exported, ExportOptions, joined
from grader.gradebook.model import Entry
from grader.reports.formatting import number
from kit.messages import Bilingual

GRADE = ("grade", "성적", "점수")
LOCK = ("grade can be changed", "성적을 변경할 수 있음", "성적 변경 가능")
NO = ("no", "아니오", "아니요")
MAXIMUM = ("maximum grade", "최고 성적", "최대 성적", "최고 점수", "최대 점수", "만점")
POSSIBLE = ("points possible", "배점", "만점")
READ_ONLY = ("(read only)", "(읽기 전용)")
KEPT = ("ex", "n/a")  # excused; not assigned to this person
NO_ASSIGNMENT = ("", "section", "분반", "섹션", "root account", "notes")
CANVAS_ASSIGNMENT = re.compile(r"\(\d+\)\s*$")
OTHER_MOODLE = re.compile(
    r"status|상태|last (modified|downloaded)|최종 수정|마지막|feedback|피드백|institution|기관|department|학과|group"
    r"|그룹|online text|course total|강좌 총점|코스 총점"
)


class _Form(msgspec.Struct, frozen=True):
    """The file that is filled in.

    Attributes:
        grade: the column of the grades.
        most: the column of each row's maximum, where there is one.
        lock: the column that tells whether a grade may be changed, where there is one.
        possible: the points of the assignment, where a row of the file tells them.
    """

    sheet: Sheet
    lines: list[RosterRow]
    grade: int
    most: int | None
    lock: int | None
    possible: float | None


def export(entries: list[Entry], kind: str, fill: bytes, options: ExportOptions) -> Exported:
    """`KIND.csv`: the LMS's file with the scores, and notes on who was not found and which rows have no submission.

    Raises:
        GraderError: the file is none of the LMS's, or it is not clear which column to fill.
    """
    form = _form(fill, kind, options.column)
    pairs = paired([entry.arrival for entry in entries], form.lines)
    kept, scaled = [], set()
    for entry in entries:
        row = pairs.rows.get(entry.arrival.name)
        if row is None:
            continue
        if _is_kept(form, row):
            kept.append(entry.arrival.name)
            continue
        most = _most(form, row) or float(entry.report.max_score)
        scaled |= {most} if most != entry.report.max_score else set()
        score = number(entry.score * most / entry.report.max_score)
        form.sheet.put(row, form.grade, score.replace(".", ",") if form.sheet.delimiter == ";" else score)
    notes = [*_notes(entries, form, pairs), *_notes_on_points(kept, scaled)]
    return Exported({f"{kind}.csv": form.sheet.content()}, tuple(notes))


def _form(fill: bytes, kind: str, column: str) -> _Form:
    sheet = Sheet(fill, f"--fill ({kind})")
    header = sheet.row(0) if len(sheet) else []
    places = people_in_lms_file(header)
    if not places.keys() - {"name", "last", "first"}:
        raise GraderError(
            Bilingual(
                f"--fill: {kind.title()}의 성적 파일이 아닙니다. 첫 줄에 학번이나 이메일 같은 열이 있어야 합니다.",
                f"--fill: this is no gradebook file of {kind.title()}: no id or e-mail column in its first line.",
            ),
        )
    lines = [line_of(row, sheet.row(row), places) for row in range(1, len(sheet))]
    choice = _canvas_columns(sheet, header) if kind == "canvas" else _moodle_columns(header)
    grade = _chosen(header, choice, column)
    return _Form(
        sheet,
        [line for line in lines if line is not None],
        grade,
        _place(header, MAXIMUM),
        _place(header, LOCK),
        _possible(sheet, grade) if kind == "canvas" else None,
    )


def _place(header: list[str], titles: tuple[str, ...]) -> int | None:
    return next((place for place, title in enumerate(header) if plain(title) in titles), None)


def _canvas_columns(sheet: Sheet, header: list[str]) -> list[int]:
    """The assignments: their titles end with Canvas's number; what Canvas computes is read only."""
    locked = {
        place
        for row in range(1, min(len(sheet), 4))
        for place, cell in enumerate(sheet.row(row))
        if plain(cell) in READ_ONLY
    }
    own = [
        place for place, title in enumerate(header) if in_lms_file(title) is None and plain(title) not in NO_ASSIGNMENT
    ]
    own = [place for place in own if place not in locked]
    return [place for place in own if CANVAS_ASSIGNMENT.search(header[place])] or own


def _moodle_columns(header: list[str]) -> list[int]:
    """The worksheet's one grade, or the activities of a gradebook export."""
    only = _place(header, GRADE)
    if only is not None:
        return [only]
    known = {*MAXIMUM, *LOCK, ""}
    titles = [(place, plain(title)) for place, title in enumerate(header)]
    titles = [(place, title) for place, title in titles if in_lms_file(title) is None and title not in known]
    return [place for place, title in titles if not OTHER_MOODLE.search(title)]


def _chosen(header: list[str], choice: list[int], column: str) -> int:
    """The column to fill: the one of that name, else the one that holds it.

    Raises:
        GraderError: there is none, or more than one.
    """
    fits = [place for place in choice if plain(header[place]) == plain(column)] if column else choice
    fits = fits or [place for place in choice if plain(column) in plain(header[place])]
    if len(fits) == 1:
        return fits[0]
    titles = joined([header[place] for place in (fits or choice)]) or "-"
    if fits:
        raise GraderError(
            Bilingual(
                f"--fill: 어느 열을 채울지 분명하지 않습니다 ({titles}). --column에 열의 이름을 주세요.",
                f"--fill: it is not clear which column to fill ({titles}); name it with --column.",
            ),
        )
    wanted = f" '{column}'" if column else ""
    raise GraderError(
        Bilingual(
            f"--fill: 점수를 채울 열{wanted}을 찾지 못했습니다 (있는 열: {titles}). 과제의 열이 있는 파일을 주세요.",
            f"--fill: no column{wanted} to fill was found (there are: {titles}); give a file with the assignment's "
            f"column.",
        ),
    )


def _possible(sheet: Sheet, grade: int) -> float | None:
    """What Canvas's row of points possible says of the assignment."""
    for row in range(1, min(len(sheet), 4)):
        cells = sheet.row(row)
        if plain(cells[0]) in POSSIBLE and grade < len(cells):
            return _number(cells[grade])
    return None


def _most(form: _Form, row: int) -> float | None:
    cells = form.sheet.row(row)
    return _number(cells[form.most]) if form.most is not None and form.most < len(cells) else form.possible


def _number(text: str) -> float | None:
    """A positive number, with a decimal point or comma; None for any other text."""
    text = text.strip().replace(",", ".")
    return (float(text) or None) if re.fullmatch(r"\d+(\.\d+)?", text) else None


def _is_kept(form: _Form, row: int) -> bool:
    """Whether the person is excused or not assigned, or the grade locked: what the teacher decided stays."""
    cells = form.sheet.row(row)
    locked = form.lock is not None and form.lock < len(cells) and plain(cells[form.lock]) in NO
    return locked or (form.grade < len(cells) and plain(cells[form.grade]) in KEPT)


def _notes(entries: list[Entry], form: _Form, pairs: Pairs) -> list[Bilingual]:
    rows = set(pairs.rows.values())
    idle = [line.shown for line in form.lines if line.row not in rows]
    unread = [entry.arrival.name for entry in entries if entry.reason is not None]
    told = [
        (pairs.missing, Bilingual("파일에서 찾지 못한 제출물", "Submissions not found in the file")),
        (
            pairs.unclear,
            Bilingual(
                "누구의 행인지 분명하지 않아 채우지 않은 제출물", "Submissions not filled in, their row being unclear"
            ),
        ),
        (idle, Bilingual("제출물이 없어 그대로 둔 행", "Rows without a submission, left as they are")),
        (
            unread,
            Bilingual(
                "채점하지 못한 제출물 (수동 점수가 없으면 0점)",
                "Submissions that could not be graded (0, unless by hand)",
            ),
        ),
    ]
    return [
        Bilingual(f"{what.ko} ({len(who)}): {joined(who)}", f"{what.en} ({len(who)}): {joined(who)}")
        for who, what in told
        if who
    ]


def _notes_on_points(kept: list[str], scaled: set[float]) -> list[Bilingual]:
    notes = []
    if kept:
        who = f"({len(kept)}): {joined(kept)}"
        notes.append(
            Bilingual(f"면제되었거나 잠겨 있어 그대로 둔 행 {who}", f"Excused or locked rows, left as they are {who}")
        )
    if scaled:
        most = joined([number(points) for points in sorted(scaled)])
        notes.append(
            Bilingual(
                f"파일의 만점에 맞추어 환산했습니다: {most}", f"Scaled to the points possible in the file: {most}"
            )
        )
    return notes

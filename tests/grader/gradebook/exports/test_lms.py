"""Canvas's and Moodle's own files are filled in: the right rows, the right column, and not a byte besides."""

import csv
import io
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader.errors import GraderError
from grader.gradebook.csv_file import Sheet
from grader.gradebook.exports import ExportOptions, export
from grader.gradebook.model import Person
from tests.helpers.gradebook.entries import entry, report, unreadable

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Notes,Lab 0 (11),KoGPT2 Lab (12),Final Score,Unposted Final Score\r\n"
    ",,,,,,,Manual Posting,,\r\n"
    "    Points Possible,,,,,,10,100,(read only),(read only)\r\n"
    '"Hong, Gildong",501,20230001,gildong,"Section 1, Seoul","says ""hi""",9,,88.00,88.00\r\n'
    '"김, 철수",502,20230002,chulsoo,01,,,77,77.00,77.00\r\n'
    '"이, 영희",503,20230003,younghee,01,,8,EX,,\r\n'
    '"박, 민수",504,20230004,minsu,01,,8,,,\r\n'
    '"Student, Test",599,,test1,01,,,,,\r\n'
)
MOODLE = (
    "식별자,이름,이메일 주소,상태,성적,최고 성적,성적을 변경할 수 있음,최종 수정 (제출),최종 수정 (성적),피드백 댓글\n"
    '참가자 31,홍길동,gildong@univ.example,"제출됨, 채점 안 됨",,100.00,예,"2026년 3월 2일, 18:00",-,"줄\n둘"\n'
    "참가자 32,김철수,chulsoo@univ.example,미제출,,100.00,예,-,-,\n"
    "참가자 33,이영희,younghee@univ.example,제출됨,50.00,100.00,아니오,-,-,\n"
)
MOODLE_ENGLISH = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Last modified (submission),"
    "Last modified (grade),Feedback comments\n"
    'Participant 31,Gildong Hong,gildong@univ.example,Submitted for grading,,10.00,Yes,"Monday, 2 March 2026",-,\n'
    "Participant 32,Chulsoo Kim,chulsoo@univ.example,No submission,,10.00,Yes,-,-,\n"
)


def filled(kind, fill, entries, **options):
    fill = fill.encode() if isinstance(fill, str) else fill
    made = export(entries, kind, fill, ExportOptions(**options))
    assert list(made.files) == [f"{kind}.csv"]
    return made.files[f"{kind}.csv"], " / ".join(note.en for note in made.notes)


def refused(kind, fill, **options):
    with pytest.raises(GraderError) as raised:
        filled(kind, fill, [entry()], **options)
    assert any("가" <= sign <= "힣" for sign in raised.value.text.ko)
    return raised.value.text.en


GILDONG = entry("gildong", Person("20230001", "홍길동"), report(lost=["framing.eos"]))


def test_canvas_is_filled_and_nothing_else_is_touched():
    content, notes = filled("canvas", CANVAS, [GILDONG], column="KoGPT2 Lab")
    assert content.decode() == CANVAS.replace('"says ""hi""",9,,88', '"says ""hi""",9,95,88')
    assert "Rows without a submission, left as they are (3): 김, 철수; 이, 영희; 박, 민수" in notes


@pytest.mark.parametrize("encode", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encoding_line_ends_and_delimiter_stay(encode, end, delimiter):
    rows = csv.reader(io.StringIO(CANVAS, newline=""))
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
    before = text.getvalue().encode(encode)
    content, _ = filled("canvas", before, [GILDONG], column="kogpt2 lab (12)")
    mark = f"9{delimiter}{delimiter}88".encode()
    assert before.count(mark) == 1
    assert content == before.replace(mark, f"9{delimiter}95{delimiter}88".encode())


def test_half_points_have_the_decimal_sign_of_the_file():
    one = entry("gildong", Person("20230001"), overrides=[("unk", 2.5, "")])
    content, _ = filled("canvas", CANVAS.replace(",", ";"), [one], column="Lab (12)")
    assert b";87,5;" in content
    assert b",87.5," in filled("canvas", CANVAS, [one], column="Lab (12)")[0]


@pytest.mark.parametrize(
    "person",
    [
        Person("20230004"),
        Person("MinSu"),
        Person("x", columns={"SIS Login ID": "minsu"}),
        Person("y", columns={"학번": "20230004"}),
        Person("y", columns={"Student_ID": "20230004"}),
        Person("leading", columns={"ID": "504"}),
        Person("z", "박민수"),
        Person("z", "민수 박"),
        Person("z", "박, 민수"),
        Person("z", unicodedata.normalize("NFD", "박민수")),
    ],
)
def test_a_person_is_found_in_canvas(person):
    content, notes = filled("canvas", CANVAS, [entry("a", person)], column="KoGPT2 Lab")
    assert b"504,20230004,minsu,01,,8,100,," in content
    assert "not found" not in notes


def test_the_number_in_a_canvas_download_is_the_canvas_id():
    one = entry("a", Person("leeyounghee"), path="leeyounghee_LATE_504_9876_lab.zip")
    assert b"minsu,01,,8,100,," in filled("canvas", CANVAS, [one], column="KoGPT2 Lab")[0]


def test_numbers_that_are_kept_from_excel_are_read():
    fill = CANVAS.replace("504,20230004", '504,"=""0020230004"""')
    content, _ = filled("canvas", fill, [entry("a", Person("0020230004"))], column="KoGPT2 Lab")
    assert content.decode() == fill.replace("minsu,01,,8,,,", "minsu,01,,8,100,,")


def test_who_is_excused_stays_excused():
    content, notes = filled("canvas", CANVAS, [entry("lee", Person("20230003"))], column="KoGPT2 Lab")
    assert content.decode() == CANVAS
    assert "Excused or locked rows, left as they are (1): lee" in notes


def test_the_test_student_and_points_possible_are_nobody():
    people = [entry(name, Person(name)) for name in ("20230001", "20230002", "20230003", "20230004", "test1")]
    content, notes = filled("canvas", CANVAS, people, column="KoGPT2 Lab")
    assert b'"Student, Test",599,,test1,01,,,,,' in content
    assert "without a submission" not in notes
    assert "not found in the file (1): test1" in notes


def test_a_person_who_is_not_in_the_file_is_told():
    content, notes = filled("canvas", CANVAS, [entry("choi", Person("20239999", "최영"))], column="KoGPT2 Lab")
    assert content.decode() == CANVAS
    assert "not found in the file (1): choi" in notes


def test_a_namesake_with_another_number_is_not_given_the_points():
    people = [GILDONG, entry("other", Person("20239999", "박민수"))]
    content, notes = filled("canvas", CANVAS, people, column="KoGPT2 Lab")
    assert b"minsu,01,,8,,," in content
    assert "unclear (1): other" in notes


def test_two_of_one_name_are_not_told_apart_by_it():
    people = [entry("a", Person("a", "박민수")), entry("b", Person("b", "박민수"))]
    content, notes = filled("canvas", CANVAS, people, column="KoGPT2 Lab")
    assert content.decode() == CANVAS
    assert "unclear (2): a; b" in notes


def test_two_ids_that_lead_to_two_rows_are_unclear():
    one = entry("a", Person("20230001", columns={"SIS Login ID": "minsu"}))
    content, notes = filled("canvas", CANVAS, [one], column="KoGPT2 Lab")
    assert content.decode() == CANVAS
    assert "unclear (1): a" in notes


def test_a_submission_that_could_not_be_graded_is_told():
    broken = entry("broken", Person("20230001"), unreadable("broken"))
    content, notes = filled("canvas", CANVAS, [broken], column="KoGPT2 Lab")
    assert b'""",9,0,88' in content
    assert "could not be graded (0, unless by hand) (1): broken" in notes


def test_points_are_scaled_to_what_the_file_says():
    content, notes = filled("canvas", CANVAS, [GILDONG], column="Lab 0")
    assert b'"says ""hi""",9.5,,88' in content
    assert "Scaled to the points possible in the file: 10" in notes


@pytest.mark.parametrize(
    ("column", "word"),
    [("", "not clear which column to fill (Lab 0 (11); KoGPT2 Lab (12))"), ("Lab", "not clear"), ("Lab 7", "'Lab 7'")],
)
def test_the_column_must_be_clear(column, word):
    assert word in refused("canvas", CANVAS, column=column)


def test_what_canvas_computes_is_not_filled():
    assert "no column 'Final Score'" in refused("canvas", CANVAS, column="Final Score")


def test_the_only_assignment_needs_no_name():
    fill = "Student,ID,SIS User ID,Section,Lab (3),Final Score\n    Points Possible,,,,100,(read only)\nKim,1,7,A,,\n"
    assert filled("canvas", fill, [entry("kim", Person("7"))])[0].decode().endswith("Kim,1,7,A,100,\n")


def test_korean_moodle_is_filled_and_nothing_else_is_touched():
    one = entry("홍길동", Person("gildong@univ.example", "홍길동"), report(lost=["framing.eos"]))
    content, notes = filled("moodle", MOODLE, [one])
    assert content.decode() == MOODLE.replace('안 됨",,100', '안 됨",95,100')
    assert "left as they are (2): 김철수; 이영희" in notes


def test_english_moodle_is_filled_in_its_own_scale():
    one = entry("a", Person("a", email="CHULSOO@univ.example"), report(lost=["framing.eos"]))
    content, notes = filled("moodle", MOODLE_ENGLISH, [one])
    assert content.decode() == MOODLE_ENGLISH.replace("No submission,,10", "No submission,9.5,10")
    assert "Scaled" in notes


@pytest.mark.parametrize(
    ("person", "path"),
    [
        (Person("김철수_32"), "김철수_32_assignsubmission_file_/lab.zip"),
        (Person("x", "김철수"), "a.zip"),
        (Person("32"), "a.zip"),
        (Person("chulsoo", "", "chulsoo@univ.example"), "a.zip"),
    ],
)
def test_a_person_is_found_in_moodle(person, path):
    content, _ = filled("moodle", MOODLE, [entry("a", person, path=path)])
    assert "미제출,100,100.00" in content.decode()


def test_a_locked_grade_stays():
    content, notes = filled("moodle", MOODLE, [entry("lee", Person("33"))])
    assert content.decode() == MOODLE
    assert "locked rows" in notes


def test_a_gradebook_export_of_moodle_is_filled():
    header = "성,이름,ID 번호,이메일 주소,과제: 실습 1 (실제),과제: 실습 2 (실제),강좌 총점 (실제)"
    fill = f"{header}\n홍,길동,7,g@u.example,-,-,-\n"
    content, _ = filled("moodle", fill, [entry("a", Person("z", "홍길동"))], column="실습 2")
    assert content.decode() == fill.replace("-,-,-", "-,100,-")
    assert "not clear which column" in refused("moodle", fill)


@pytest.mark.parametrize("fill", ["", "\n", "a,b\n1,2\n", "Student,Section\nKim,A\n", b"\xff\xfe\x00\x81"])
@pytest.mark.parametrize("kind", ["canvas", "moodle"])
def test_another_file_is_refused(kind, fill):
    assert "--fill" in refused(kind, fill)


def test_a_file_without_a_column_for_grades_is_refused():
    fill = "Identifier,Full name,Email address,Status\nParticipant 1,K,k@u.example,-\n"
    assert "no column to fill" in refused("moodle", fill)


def test_the_file_of_the_lms_is_needed():
    with pytest.raises(GraderError, match="--fill"):
        export([entry()], "moodle")


# The sheet itself

CELLS = st.text(st.sampled_from('a,;\t"\r\n가 '), max_size=4)
RAW = st.text(st.sampled_from('a,"\r\n가'), max_size=30)


@given(RAW)
@example('"a""b",c\r\n"open')
@example('"a"b"c,d\n')
def test_a_sheet_reads_as_python_does_and_writes_what_it_read(text):
    sheet = Sheet(text.encode(), "a.csv")
    if sheet.delimiter == ",":
        rows = [sheet.row(number) for number in range(len(sheet))]
        assert [row if row != [""] else [] for row in rows] == [
            row if row != [""] else [] for row in csv.reader(io.StringIO(text, newline=""))
        ]
    assert sheet.content() == text.encode()


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=4), CELLS, st.data())
def test_one_cell_is_replaced_and_no_other(rows, value, data):
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    sheet = Sheet(text.getvalue().encode(), "a.csv")
    row = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(0, len(rows[row])))
    sheet.put(row, column, value)
    rows[row] += [""] * (column + 1 - len(rows[row]))
    rows[row][column] = value
    assert list(csv.reader(io.StringIO(sheet.content().decode(), newline=""))) == rows


def test_rows_know_their_lines():
    assert Sheet(b'a,b\n"x\ny",1\r\n\nz', "a.csv").lines == [1, 2, 4, 5]


@pytest.mark.parametrize("high", range(0x81, 0xFF))
def test_every_korean_text_of_windows_goes_back_to_its_bytes(high):
    for low in range(0x41, 0xFF):
        pair = bytes([high, low])
        try:
            pair.decode("cp949")
        except UnicodeDecodeError:
            continue
        content = b"\xb0\xa1," + pair + b"\n"
        assert Sheet(content, "a.csv").content() == content

"""Points given by hand: how they are read, what they do to a score, and what is wrong with a line."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.assignment import ASSIGNMENT
from grader.errors import GraderError
from grader.gradebook.model import Arrival, Override, Person
from grader.gradebook.overrides import apply, overrides_of, parts, read_overrides
from tests.helpers.gradebook.entries import CHECKS, STATUSES, STEPS, report, unreadable

HEADER = "person,step or check,points,note\n"
MOST = {step.id: step.points for step in ASSIGNMENT.steps}
MOST |= {check.id: check.points for _, check in ASSIGNMENT.checks.values()}


@pytest.fixture
def table(tmp_path):
    def write(content):
        path = tmp_path / "overrides.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def refused(path, arrivals=None):
    with pytest.raises(GraderError) as raised:
        read_overrides(path, arrivals)
    assert any("가" <= sign <= "힣" for sign in raised.value.text.ko)
    return raised.value


def test_lines_are_read(table):
    path = table(HEADER + "20230001,framing,12.5,explained it\n\n20230001 , Unk.Boundary ,5\n")
    assert read_overrides(path) == [
        Override("20230001", "framing", 12.5, "explained it"),
        Override("20230001", "unk.boundary", 5.0),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_korean_headers_in_any_order_from_any_spreadsheet(table, encoding, separator):
    lines = [["점수", "비고", "학번", "항목"], ["3", "말로 설명함", "김철수", "answer"]]
    path = table("\r\n".join(separator.join(line) for line in lines).encode(encoding))
    assert read_overrides(path) == [Override("김철수", "answer", 3.0, "말로 설명함")]


def test_what_a_spreadsheet_makes_of_ids_and_numbers_is_read(table):
    path = table('person;step;points\n"=""007""";unk;2,5\n')
    assert read_overrides(path) == [Override("007", "unk", 2.5)]


def test_a_note_may_be_missing_and_may_hold_lines(table):
    assert read_overrides(table("person,step,points\nkim,unk,1\n")) == [Override("kim", "unk", 1.0)]
    path = table(HEADER + 'kim,unk,1,"a\nb"\nlee,nothing,1,\n')
    assert "line 4" in refused(path).text.en


@pytest.mark.parametrize("content", ["", "\n", "kim,framing,5,\n", "person,points\nkim,5\n", "id,person,step,points\n"])
def test_the_first_line_must_name_the_columns(table, content):
    assert "first line" in refused(table(content)).text.en


WRONG = {
    "unknown target": ("kim,framin,5,", "framin"),
    "no target": ("kim,,5,", "''"),
    "too many points": ("kim,framing,15.1,", "15.1"),
    "more than the check's": ("kim,framing.eos,6,", "0 to 5"),
    "negative points": ("kim,framing,-1,", "-1"),
    "no number": ("kim,framing,many,", "many"),
    "a number as code writes it": ("kim,framing,1_0,", "1_0"),
    "not a number": ("kim,framing,nan,", "nan"),
    "no points": ("kim,framing", "''"),
    "no person": (",framing,5,", "''"),
    "twice": ("KIM ,framing,6,", "twice"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_line_is_named(table, name):
    line, word = WRONG[name]
    error = refused(table(f"{HEADER}kim,framing,5,\n{line}\n"))
    assert "overrides.csv, line 3" in error.text.en
    assert "3번째 줄" in error.text.ko
    assert word in error.text.en


@pytest.mark.parametrize("content", [b"\xff\x00\x81", b"\xff\xfe\x00", b"\xfe\xff\xd8\x00"])
def test_a_file_that_is_no_text_is_refused(table, content):
    assert "UTF-8" in refused(table(content)).text.en


def test_a_missing_file_is_refused(tmp_path):
    assert "cannot be read" in refused(tmp_path / "nothing.csv").text.en


ARRIVALS = [Arrival("김철수", "a.zip", Person("20230001", "김철수")), Arrival("lee", "b.zip", Person("20230002"))]


def test_a_person_is_known_by_id_or_by_the_name_of_the_submission(table):
    as_a_mac_writes = unicodedata.normalize("NFD", "김철수")
    names = f"20230001,unk,1,\nLee,unk,2,\n {as_a_mac_writes},padding,3,\n"
    given = read_overrides(table(HEADER + names), ARRIVALS)
    assert [len(overrides_of(arrival, given)) for arrival in ARRIVALS] == [2, 1]


def test_an_unknown_person_is_refused(table):
    assert "20230003" in refused(table(f"{HEADER}20230003,unk,1,\n"), ARRIVALS).text.en


def test_a_name_that_two_share_is_refused(table):
    two = [*ARRIVALS, Arrival("20230001", "c.zip", Person("20230003"))]
    assert "more than one" in refused(table(f"{HEADER}20230001,unk,1,\n"), two).text.en


def test_a_step_is_replaced():
    graded = report(lost=["framing.eos", "unk.boundary"])
    assert apply(graded, [Override("kim", "framing", 2.5)]) == (100 - 5 - 12.5, (Override("kim", "framing", 2.5),))


def test_a_check_is_replaced():
    graded = report(lost=["framing.eos", "unk.boundary"])
    assert apply(graded, [Override("kim", "framing.eos", 4)])[0] == 94
    assert apply(graded, [Override("kim", "framing.bos", 0)])[0] == 85


def test_a_step_wins_over_its_checks():
    both = [Override("kim", "framing.eos", 4), Override("kim", "framing", 1)]
    assert apply(report(), both) == (86, (both[1],))


def test_a_submission_that_could_not_be_read_can_be_given_points():
    given_by_hand = [Override("kim", "framing", 15), Override("kim", "unk.replaced", 5)]
    assert apply(unreadable(), given_by_hand) == (20, tuple(given_by_hand))
    assert apply(unreadable(), []) == (0, ())


@given(
    lost=st.lists(st.sampled_from(CHECKS), unique=True),
    status=st.sampled_from(STATUSES),
    targets=st.dictionaries(st.sampled_from([*STEPS, *CHECKS]), st.floats(0, 1)),
)
def test_overrides_win_whatever_the_grader_found(lost, status, targets):
    overrides = [Override("kim", target, round(share * MOST[target], 2)) for target, share in targets.items()]
    score, applied = apply(report(lost=lost, status=status), overrides)
    again, _ = apply(report(), overrides)
    of_steps = {override.target for override in overrides if override.target in STEPS}
    expected = {o for o in overrides if o.target in STEPS or ASSIGNMENT.checks[o.target][0].id not in of_steps}
    assert set(applied) == expected
    assert 0 <= score <= again <= ASSIGNMENT.points
    for part in parts(report(lost=lost, status=status), overrides):
        if part.override is not None:
            assert part.points == part.override.points
        else:
            assert part.points == (0 if part.check in lost else MOST[part.check])

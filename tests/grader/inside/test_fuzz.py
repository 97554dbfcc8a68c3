"""Whatever bytes come from a child or lie on a disk: there is a value or a reason, in time, and nothing is touched."""

import collections
import json
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from grader.assignment import ASSIGNMENT
from grader.errors import TimedOutError, UnfitError, UnreadableError
from grader.grading import check_report
from grader.inside import wire
from grader.inside.errors import WireError
from grader.inside.loading import SingleSource
from grader.inside.messages import FROM_CHILD, TO_CHILD, Ended, Find, Forked, Load, Ready
from grader.reports.formatting import show
from grader.sandbox.forkserver import Child, nobody_asked
from grader.submission.encoding import decodes, readable_source
from grader.submission.folders import MAX_DEPTH
from grader.submission.reading import read
from tests.helpers.fuzzing import inputs, replies, submissions, targets

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="pipes, alarms and modes of files"),
    pytest.mark.filterwarnings("ignore"),  # Python's own, of what stands in a drawn source
]


EACH = 25  # inputs made of the pieces that are drawn at a time
FEW = settings(
    max_examples=12,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def yard():
    made = submissions.Yard()
    yield made
    made.close()


def outcomes(yard, name):
    """What came of a few hundred inputs of a target; one that crashes fails the test and is shown."""
    [target] = [target for target in targets.targets(yard) if target.name == name]
    counts = collections.Counter()

    @FEW
    @given(target.drawn())
    def run(drawn):
        for made in target.inputs(*drawn, EACH):
            try:
                targets.tried(target, made, counts)
            except Exception as error:
                raise AssertionError(f"{name}: {str(made)[:2000]}") from error

    run()
    assert counts.total() == 12 * EACH
    return counts


def test_any_reply_is_a_value_or_unfit_and_gets_a_verdict(yard):
    expected = {"a value", "refused: not JSON", "refused: a message of no known form", "a message: Ask"}
    assert expected | {"refused: a value of no known form", "a message: Raised"} <= set(outcomes(yard, "replies"))


def test_values_come_back_as_they_were_packed(yard):
    assert "a value" in outcomes(yard, "values")


def test_any_stream_ends_the_relay_and_who_waits_hears_of_it(yard):
    assert {"frames", "refused: too large a frame"} <= set(outcomes(yard, "streams"))


def test_any_folder_or_file_is_a_submission_or_unreadable_and_nothing_else_is_touched(yard):
    assert set(outcomes(yard, "submissions")) == {"a folder", "a source", "refused: unreadable"}
    assert yard.outside == 0


def test_any_source_is_taken_and_read_the_same_again(yard):
    assert set(outcomes(yard, "sources")) == {"as it was", "made readable", "refused: no encoding"}


def test_any_program_gives_statements_or_an_error_of_its_own(yard):
    assert {"statements", "refused: SyntaxError"} <= set(outcomes(yard, "programs"))


# The harness itself sees what it should see


def test_an_input_that_takes_too_long_is_noticed(monkeypatch):
    monkeypatch.setattr(inputs, "SECONDS", 0.05)

    def wait(_):
        while True:
            pass

    endless = inputs.Target("endless", None, None, wait)
    with pytest.raises(TimeoutError):
        targets.tried(endless, None, collections.Counter())


TOUCHING = {
    "reading beside it": lambda path: (path.parent / "outside" / "secret.py").read_bytes(),
    "reading through a link": lambda path: (path / "link.py").read_bytes(),
    "writing": lambda path: (path / "new.txt").write_text("x"),
    "writing beside it": lambda path: (path.parent / "new.txt").write_text("x"),
    "making a folder": lambda path: (path / "new").mkdir(),
    "removing": lambda path: (path / "link.py").unlink(),
    "running": lambda _: exec("1"),
}


@pytest.mark.parametrize("name", TOUCHING)
def test_what_is_touched_is_noticed(yard, name):
    yard.make([("link.py", "link", "../outside/secret.py"), ("dialogs.py", "file", b"")])
    with submissions.WATCH.over():
        TOUCHING[name](yard.kim)
    assert submissions.WATCH.outside(yard.kim)


def test_reading_a_submission_touches_nothing(yard):
    yard.make([("link.py", "link", "../outside/secret.py"), ("dialogs.py", "file", b"# coding: no-such\n")])
    with submissions.WATCH.over():
        read(yard.kim)
    assert not submissions.WATCH.outside(yard.kim)
    assert any(event == "open" for event, _ in submissions.WATCH.events)


# What fuzzing has found


EMPTY = ["ndarray", "<i8", [wire.MAX_ITEMS, wire.MAX_ITEMS, 0], ""]
BEYOND = {
    "an empty array of endless lists": {"array": EMPTY},
    "many empty arrays": [{"array": ["ndarray", "<i8", [1000, 1000, 0], ""]}] * 3,
    "a text": "x" * (wire.MAX_ITEMS + 1),
    "texts together": ["x" * wire.MAX_ITEMS, "y"],
    "an integer": 2**63,
    "a negative integer": -(2**63) - 1,
    "a NumPy integer": {"integer": ["int64", 2**63]},
}


@pytest.mark.parametrize("name", BEYOND)
def test_what_pack_would_not_send_is_not_taken(name):
    with pytest.raises(WireError):
        wire.unpack(BEYOND[name])


def test_an_empty_array_that_is_taken_is_shown_in_time():
    with inputs.in_time():
        shown = show(wire.unpack({"array": ["tensor", "<f4", [100_000, 0], ""]}))
    assert len(shown) <= 300


def test_what_unpack_does_not_take_pack_does_not_send():
    array = np.empty((wire.MAX_ITEMS, 2, 0))
    with pytest.raises(WireError):
        wire.pack(array)


def refused(path):
    with inputs.in_time(), pytest.raises(UnreadableError) as raised:
        read(path)
    json.dumps([raised.value.text.ko, raised.value.text.en], ensure_ascii=False).encode()


def test_a_pipe_keeps_nobody_waiting(tmp_path):
    os.mkfifo(tmp_path / "kim.py")
    refused(tmp_path / "kim.py")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/stdin", "/dev/full"])
def test_a_device_is_no_submission(tmp_path, device):
    (tmp_path / "kim.py").symlink_to(device)
    refused(tmp_path / "kim.py")


def test_folders_that_lie_deep_are_passed_over(tmp_path):
    (tmp_path / "dialogs.py").write_bytes(b"")
    folder = tmp_path
    for depth in range(1, 301):
        folder /= "a"
        folder.mkdir()
        if depth in (MAX_DEPTH, MAX_DEPTH + 1):
            (folder / f"{depth}.py").write_bytes(b"")
    assert set(read(tmp_path).files) == {"dialogs.py", "a/" * MAX_DEPTH + f"{MAX_DEPTH}.py"}


def test_a_path_that_is_too_long_is_unreadable(tmp_path):
    refused(tmp_path / ("x" * 300 + ".py"))


def test_a_folder_whose_files_have_too_long_paths_is_unreadable(yard):
    yard.make([("dialogs.py", "file", b"")])
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(yard.kim)
        for _ in range(16):
            Path("x" * 240).mkdir()
            os.chdir("x" * 240)
        Path("x" * 250 + ".py").write_bytes(b"")
    finally:
        os.fchdir(here)
        os.close(here)
    refused(yard.kim)


@pytest.mark.parametrize("mode", [0o000, 0o444])
def test_a_folder_that_may_not_be_entered_is_unreadable(yard, mode):
    yard.make([("dialogs.py", "file", b"")])
    yard.kim.chmod(mode)
    try:
        with submissions.as_nobody():
            refused(yard.kim)
            refused(yard.kim / "dialogs.py")
    finally:
        yard.kim.chmod(0o755)


@pytest.mark.parametrize("name", ["dialogs", "kim"])
def test_a_name_that_is_no_text_can_be_told(tmp_path, name):
    odd = tmp_path / os.fsdecode(name.encode() + "말뭉치".encode("cp949"))
    try:
        odd.mkdir()
    except (OSError, UnicodeError):
        pytest.skip("this file system takes UTF-8 names only")
    refused(odd)
    (odd / "dialogs.py").write_bytes(b"")
    assert read(odd).name.encode().startswith(name.encode())
    single = odd.with_suffix(".py")
    single.write_bytes(b"x = 1\n")
    message = Load(read(single).message())
    assert wire.loads(wire.dumps(message), TO_CHILD) == message
    other = odd.with_suffix(".zip")
    other.write_bytes(b"")
    refused(other)


@pytest.mark.parametrize("cookie", ["punycode", "PunyCode", "idna"])
def test_a_codec_for_host_names_keeps_nobody_waiting(cookie):
    content = f"# coding: {cookie}\n{'x.' * 300_000}-{'a' * 300_000}\n".encode()
    with inputs.in_time():
        assert not decodes(content)
        assert decodes(readable_source(content))


FUTURES = ["from __future__ import braces", "from __future__ import *", "from .__future__ import annotations"]


@pytest.mark.parametrize("line", FUTURES)
def test_a_feature_that_python_does_not_have_stops_nobody(yard, line):
    [target] = [target for target in targets.targets(yard) if target.name == "programs"]
    assert target.run(f"{line}\ndef f():\n    return 1\n".encode()) == "statements"


# What fuzzing has found on the trusted side


def asking(*bodies, answer=nobody_asked):
    """Ask a child that sends these bodies, which gives no value; returns how many of them were read."""
    inbox = replies.Inbox(list(bodies))
    silent = SimpleNamespace(send=lambda *_: None, forget=lambda _: None)
    child = Child(silent, 1, inbox)
    with pytest.raises((UnfitError, TimedOutError)):
        child.ask(Find("dialogs"), 0.2, answer)
    return 3 * len(bodies) - inbox.left


@pytest.mark.parametrize("contents", [b"5", b"null", b'{"a":1}', b'"ab"'])
def test_a_question_of_another_form_is_unfit(contents):
    said = []
    body = b'{"type":"ask","question":"generate","contents":' + contents + b"}"
    asking(body, answer=lambda *question: said.append(question))
    assert not said


def test_endless_questions_end_at_the_deadline():
    question = wire.dumps(replies.question("x"))
    assert asking(*[question] * 40, answer=lambda *_: time.sleep(0.01)) < 100


@pytest.mark.parametrize("options", [5, None, [5], [[]], [["top_k"]]])
def test_options_of_another_form_are_no_fault_of_the_graders(options):
    asked = wire.dumps(replies.question("generate", replies.ROW, options))
    assert replies.verdict("answer.sampling", [asked]) in ("failed", "error")


NONSENSE = [
    *([], 5, None, {}, {"type": "start"}, {"type": 1}, {"type": "forked", "channel": 1}),
    *({"type": "ended", "channel": channel, "code": 0} for channel in ({}, "1", 1.0, True, 0, -1, 2**32, 2**64)),
    *({"type": "ended", "channel": 1, "code": code} for code in (None, "0", 0.5, True)),
    *({"type": "ended", "channel": 1, "code": 0, "more": 1}, {"type": "fork", "channel": 1}),
]


@pytest.mark.parametrize("message", NONSENSE, ids=str)
def test_a_fork_server_that_talks_nonsense_is_gone_and_no_more_is_heard_of_it(message):
    body = json.dumps(message).encode()
    child = wire.HEADER.pack(1, 5) + b"later"
    assert replies.relayed(wire.HEADER.pack(0, len(body)) + body + child) == [[], []]


def test_a_fork_server_that_says_what_it_may_is_heard():
    notes = [Ready(), Forked(1, 5), Ended(2, -9)]
    bodies = [wire.dumps(note) for note in notes]
    stream = b"".join(wire.HEADER.pack(0, len(body)) + body for body in bodies)
    assert replies.relayed(stream + wire.HEADER.pack(1, 5) + b"later") == [[b"later"], []]


@pytest.mark.parametrize("channel", ["/", "../..", ""])
def test_a_fork_server_cannot_have_other_folders_removed(channel):
    message = json.dumps({"type": "ended", "channel": channel, "code": 0}).encode()
    replies.relayed(wire.HEADER.pack(0, len(message)) + message)


def test_of_what_a_child_sends_unasked_so_much_is_kept():
    kept, other = replies.relayed((wire.HEADER.pack(1, 10) + bytes(10)) * 1000, unread_bytes=100)
    assert len(kept) == 11
    assert not other


@pytest.mark.parametrize("key", ["type", "message", "file"])
def test_a_report_holds_a_piece_of_a_long_message(key):
    reply = wire.loads(replies.plain(replies.raised(**{key: "x" * 100_000})), FROM_CHILD)
    failure = replies.Fake([])._failure_of(reply, "f()")
    report = check_report(*ASSIGNMENT.checks["framing.bos"], failure)
    assert len(report.message.ko) < 10_000


def test_an_error_that_only_the_compiler_finds_has_its_place(tmp_path):
    (tmp_path / "kim.py").write_text("x = 1\ndef f(a, a):\n    return a\n", encoding="utf-8")
    submission = SingleSource(tmp_path, "kim.py")
    with pytest.raises(SyntaxError) as raised:
        submission.function("", "f")
    described = submission.describe(raised.value)
    assert (described.file, described.line) == ("kim.py", 2)

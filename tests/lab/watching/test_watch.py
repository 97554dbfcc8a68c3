"""`lab watch`: what a person edits, and what comes back."""

import os
import shutil
import signal
import termios

import pytest

from grader.paths import SOLUTION
from tests.helpers.watching import Watching

FULL, END = "총점 100 / 100", "끝내기"


@pytest.fixture
def watching(tmp_path):
    started = []

    def start(path, *options, terminal=False):
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        started.append(Watching(path, scratch, *options, terminal=terminal))
        return started[-1]

    yield start
    for one in started:
        one.end()


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(SOLUTION, tmp_path / "kim", ignore=shutil.ignore_patterns("__pycache__"))


def edit(file, old, new, write):
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    write(file, text.replace(old, new))


def plainly(file, text):
    file.write_text(text, encoding="utf-8")


def by_renaming(file, text):
    file.with_suffix(".tmp").write_text(text, encoding="utf-8")
    file.with_suffix(".tmp").replace(file)


def truncating_first(file, text):
    with file.open("w", encoding="utf-8") as open_file:
        os.fsync(open_file.fileno())
        open_file.write(text)


def twice(file, text):
    plainly(file, text)
    plainly(file, text)


def test_at_a_terminal_each_save_is_graded_until_q(folder, watching):
    watch = watching(folder, terminal=True)
    dialogs, answering = folder / "dialogs.py", folder / "answering.py"
    watch.wait_for(FULL, "Enter", END)
    family = watch.family()

    edit(dialogs, "token_id < vocab_size", "token_id <= vocab_size", by_renaming)
    shown = watch.wait_for("unk.boundary", "총점 95 / 100", END)
    assert "↻ 다시 채점한 단계: 행이 없는 id 바꾸기, 말뭉치 전체 인코딩하기\n" in shown.replace("\r", "")
    assert "  ✔ ✔ ✔     대화를 틀에 끼우기" in shown

    plainly(dialogs, dialogs.read_text(encoding="utf-8") + "\n\n# 메모\n")
    assert watch.shows_nothing_for(2)

    edit(dialogs, "token_id <= vocab_size", "token_id < vocab_size", truncating_first)
    watch.wait_for(FULL, END)

    edit(answering, ".strip()", ".strip(", twice)
    shown = watch.wait_for("SyntaxError", "총점 80 / 100", END)
    assert "answering.py" in shown
    assert "Traceback" not in shown

    edit(answering, ".strip(", ".strip()", plainly)
    watch.wait_for(FULL, END)

    watch.type("\n")
    shown = watch.wait_for("↻ 다시 채점한 단계: 사전 훈련된 모델", "답변 꺼내기", END)
    assert FULL in shown

    folder.rename(folder.with_name("lee"))
    watch.wait_for("kim 이(가) 없습니다", END)
    folder.with_name("lee").rename(folder)
    watch.wait_for(FULL, END)

    watch.type("q")
    assert watch.process.wait(60) == 0
    assert termios.tcgetattr(watch.theirs) == watch.before
    assert watch.left_behind(family) == ([], [])


def test_at_a_pipe_with_polling_a_save_counts_at_once_also_while_an_older_state_is_being_graded(tmp_path, watching):
    file = tmp_path / "kim.py"
    right = (SOLUTION / "dialogs.py").read_text(encoding="utf-8")
    plainly(file, right)
    watch = watching(file, "--poll")
    watch.wait_for("✔ ✔ ✔", "대화를 틀에 끼우기", "말뭉치", "5 / 5\n", END)

    edit(file, "token_ids = ", "while True: pass\n    token_ids = ", plainly)
    assert watch.shows_nothing_for(2)
    by_renaming(file, right.replace("*token_ids, tokenizer.eos_token_id]", "*token_ids]"))
    watch.wait_for("✔ ✔ ✘", "대화를 틀에 끼우기", "10 / 15")
    family = watch.family()
    watch.process.send_signal(signal.SIGTERM)

    assert watch.process.wait(60) == 128 + signal.SIGTERM
    assert "Traceback" not in watch.text
    assert watch.left_behind(family) == ([], [])


@pytest.mark.parametrize("endless", [False, True], ids=["at rest", "in an endless loop"])
def test_killed_in_the_middle_no_process_stays(folder, watching, endless):
    if endless:
        edit(folder / "dialogs.py", "    return [token_id if", "    while True: pass\n    return [token_id if", plainly)
    watch = watching(folder)
    watch.wait_for("대화를 틀에 끼우기", "15 / 15")
    assert watch.shows_nothing_for(1) or not endless
    family = watch.family()
    assert family
    watch.process.kill()

    alive, _ = watch.left_behind(family)
    assert alive == []


def test_ctrl_c_quits(folder, watching):
    watch = watching(folder, terminal=True)
    watch.wait_for("대화를 틀에 끼우기")
    family = watch.family()
    watch.type("\x03")

    assert watch.process.wait(60) == 0
    assert "Traceback" not in watch.text
    assert termios.tcgetattr(watch.theirs) == watch.before
    assert watch.left_behind(family) == ([], [])


def test_what_is_not_there_is_not_watched(tmp_path, watching):
    watch = watching(tmp_path / "nobody")

    assert "nobody 이(가) 없습니다" in watch.wait_for("nobody", "확인해 주세요.")
    assert watch.process.wait(60) == 2

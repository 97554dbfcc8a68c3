"""The `lab` command: what a person types, and what comes back."""

import errno
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from grader.paths import PROJECT
from lab import __main__ as command
from lab.__main__ import app_for, normalized_arguments

runner = CliRunner()
app = app_for()


@pytest.fixture
def lab(monkeypatch, capsys):
    """Run `lab` in this process; returns the exit code and what it said of errors."""
    monkeypatch.setattr(command, "redeliver_lost_interrupts", lambda: None)

    def main(*arguments):
        monkeypatch.setattr(sys, "argv", ["lab", *arguments])
        with pytest.raises(SystemExit) as stop:
            command.main()
        return stop.value.code, capsys.readouterr().err

    return main


def test_lab_alone_says_what_to_do_next():
    result = runner.invoke(app, [])

    assert result.exit_code == 0
    for name in ("lab check", "lab train", "lab chat", "skeleton/pretrained.py"):
        assert name in result.output


def test_the_language_can_be_chosen(lab):
    assert "New here?" in runner.invoke(app, ["--lang", "en"]).output
    assert "처음이라면" in runner.invoke(app, ["--lang", "ko"]).output
    assert lab("--lang", "fr")[0] == 2


def test_check_writes_json_to_standard_output_and_exits_with_one():
    arguments = [sys.executable, "-m", "lab", "check", "skeleton", "--json"]
    result = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=PROJECT)
    report = json.loads(result.stdout)

    assert result.returncode == 1
    assert report["score"] == 0
    assert {check["status"] for step in report["steps"] for check in step["checks"]} == {"not_implemented"}


def test_check_of_nothing_exits_with_two_and_a_sentence(lab):
    code, said = lab("check", "no-such-folder")

    assert code == 2
    assert "no-such-folder" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["check", "--json"], ["check", "--json", "-"]),
        (["check", "x", "--json", "--debug"], ["check", "x", "--json", "-", "--debug"]),
        (["check", "--json", "out.json"], ["check", "--json", "out.json"]),
        (["check", "--json", "-"], ["check", "--json", "-"]),
        (["check"], ["check"]),
        (["check", "--lang", "en", "--json"], ["--lang", "en", "check", "--json", "-"]),
        (["grade", "x", "--out", "y", "--lang=ko"], ["--lang=ko", "grade", "x", "--out", "y"]),
        (["check", "--lang"], ["--lang", "check"]),
        (["train", "--resume"], ["train", "--resume", "newest"]),
        (["train", "--resume", "--lang", "en"], ["--lang", "en", "train", "--resume", "newest"]),
        (["train", "--resume", "runs/x", "--seed", "1"], ["train", "--resume", "runs/x", "--seed", "1"]),
        (["trace", "--", "--lang", "--json"], ["trace", "--", "--lang", "--json"]),
    ],
)
def test_some_options_may_stand_alone_and_the_language_anywhere(given, meant):
    assert normalized_arguments(given) == meant


def test_a_wrong_option_is_explained(lab):
    code, said = lab("check", "--no-such-option")

    assert code == 2
    assert "--no-such-option" in said


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "runs/x"), "디스크가 가득"),
        (OSError(errno.EACCES, "Permission denied", "out.json"), "out.json"),
    ],
)
def test_a_full_disk_or_a_closed_folder_gets_a_sentence(error, words, monkeypatch, capsys):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(command, "app_for", lambda _: fail)
    with pytest.raises(SystemExit) as stop:
        command.main()

    assert stop.value.code == 2
    assert words in capsys.readouterr().err


def test_ctrl_c_ends_cleanly_and_leaves_nothing_behind(tmp_path):
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "lab", "check", "solution"],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background job may have it ignored
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("kogpt2-lab-*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "중단했습니다" in err
    assert "Traceback" not in err
    assert list(tmp_path.glob("kogpt2-lab-*")) == []


LOSING = """
import gc, signal, sys, time
from lab.__main__ import redeliver_lost_interrupts

timer = signal.setitimer

def slowly(*arguments):
    signal.setitimer = timer
    timer(*arguments)
    time.sleep(0.2)

def lose(phase, info):
    gc.callbacks.remove(lose)
    raise KeyboardInterrupt

if sys.argv[1] == "busy":  # the signal comes while the loss is still being reported
    signal.setitimer = slowly
signal.signal(signal.SIGINT, signal.default_int_handler)
redeliver_lost_interrupts()
gc.callbacks.append(lose)
try:
    gc.collect()
    for _ in range(300):
        time.sleep(0.1)
except KeyboardInterrupt:
    print("heeded")
"""


@pytest.mark.parametrize("machine", ["idle", "busy"])
def test_ctrl_c_in_a_callback_of_the_garbage_collector_is_heeded(machine):
    command = [sys.executable, "-c", LOSING, machine]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=50, check=True)

    assert (ended.stdout, ended.stderr) == ("heeded\n", "")


def test_skeleton_check_passes_here_and_fails_where_it_differs(tmp_path):
    assert runner.invoke(app, ["skeleton", "--check"]).exit_code == 0

    assert runner.invoke(app, ["skeleton", "--out", str(tmp_path)]).exit_code == 0
    (tmp_path / "dialogs.py").write_text("x = 1\n", encoding="utf-8")
    result = runner.invoke(app, ["skeleton", "--check", "--out", str(tmp_path)])

    assert result.exit_code != 0
    assert "dialogs.py" in str(result.exception)

"""What comes out of a command, wherever it goes: another encoding, a closed pipe, a full disk; never a traceback."""

import contextlib
import io
import os
import re
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from grader import paths
from grader.grading import unreadable
from grader.reports.terminal import full_report
from kit.messages import Bilingual
from lab import __main__ as command
from lab.console import PlainConsole, replace_what_cannot_be_shown

CLOSED_PIPE, CANNOT = 141, 2
COMMANDS = [
    ["check", "KIM"],
    ["check", "KIM", "--json"],
    ["check", "TORN"],
    ["hint", "framing"],
    ["show", "tokens"],
    ["doctor"],
]
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")


class Kept(io.BytesIO):
    """What was written, also once it is closed."""

    def close(self):
        pass


@pytest.fixture
def lab(monkeypatch, tmp_path, pool, capfd):
    """Run `lab` in this process into a stream; returns the exit code and what was said of errors."""
    (tmp_path / "kim").mkdir()
    (tmp_path / "kim" / "dialogs.py").write_bytes((paths.SKELETON / "dialogs.py").read_bytes())
    with zipfile.ZipFile(tmp_path / "torn.zip", "w") as archive:
        archive.writestr("../[/bold]", "x")
    known = {"KIM": str(tmp_path / "kim"), "TORN": str(tmp_path / "torn.zip")}
    monkeypatch.setattr(command, "redeliver_lost_interrupts", lambda: None)
    monkeypatch.setattr("lab.commands.student.check.Pool", lambda **_: contextlib.nullcontext(pool))
    monkeypatch.setenv("HOME", str(tmp_path))

    def main(arguments, stream):
        monkeypatch.setattr(sys, "argv", ["lab", *(known.get(word, word) for word in arguments)])
        with monkeypatch.context() as during:
            during.setattr(sys, "stdout", stream)
            during.setattr(os, "dup2", lambda *_: None)  # this process has a use for its standard output
            with pytest.raises(SystemExit) as stop:
                command.main()
        with contextlib.suppress(OSError):
            stream.close()
        said = capfd.readouterr().err
        assert "Traceback" not in said
        assert "INTERNALERROR" not in said
        return stop.value.code, said

    return main


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_at_a_closed_pipe_a_command_ends_in_silence(lab, arguments):
    read, write = os.pipe()
    os.close(read)
    code, _ = lab(arguments, os.fdopen(write, "w", encoding="utf-8"))

    assert code == CLOSED_PIPE


@needs_full
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_at_a_full_disk_there_is_a_sentence(lab, arguments):
    code, said = lab(arguments, open("/dev/full", "w", encoding="utf-8"))  # noqa: PTH123, SIM115

    assert code == CANNOT
    assert "디스크가 가득 찼습니다 (출력)" in said


@pytest.mark.parametrize("encoding", ["ascii", "cp949", "latin-1"])
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_in_any_encoding_something_is_shown(lab, arguments, encoding):
    raw = Kept()
    code, _ = lab(arguments, io.TextIOWrapper(raw, encoding=encoding))

    assert code in (0, 1)
    assert raw.getvalue()


def test_what_an_encoding_lacks_is_replaced(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    replace_what_cannot_be_shown()
    sys.stdout.write("가✔")
    sys.stdout.flush()
    assert raw.getvalue() == b"\\uac00\\u2714"


# What comes from a submission is text


def shown(text, console):
    console.print(full_report(unreadable(text, Bilingual(text, text)), "en"))
    return re.sub(r"\s", "", console.file.getvalue())


@given(
    st.text(st.sampled_from("[]/\\ab가: ="), max_size=20)
    | st.sampled_from(["[/bold]", "[red]x", "[link=x]y[/]", ":smile:"])
)
@settings(deadline=None)
def test_square_brackets_are_shown_as_they_are(text):
    for console in (PlainConsole(file=io.StringIO(), width=200), Console(file=io.StringIO(), width=200)):
        assert re.sub(r"\s", "", text) in shown(text, console)


def test_every_console_of_the_commands_takes_text_for_text():
    sources = {path: path.read_text(encoding="utf-8") for path in (paths.PROJECT / "lab").rglob("*.py")}
    assert [path.name for path, text in sources.items() if re.search(r"(?<!Plain)Console\(", text)] == []
    assert [path.name for path, text in sources.items() if "from_markup" in text] == []

"""Where a protection is missing, it is named, and other people's code is not run unasked."""

import shutil
import site
from pathlib import Path

import pytest

from grader.grading import examine
from grader.paths import PROJECT
from grader.sandbox import process
from grader.sandbox.pool import Pool
from grader.submission.reading import Submission
from lab.commands.student.check import check
from lab.errors import LabError
from lab.protection import protected

MISSING = process.missing_protection()
OLD = "Landlock ABI 6 (Linux 5.15: 1)"


def test_other_peoples_code_is_refused_and_the_sentence_says_what_is_missing_and_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr("lab.protection.missing_protection", lambda: OLD)
    with pytest.raises(LabError) as refused:
        check(tmp_path)

    assert OLD in refused.value.text.ko
    assert OLD in refused.value.text.en
    assert "--no-sandbox" in refused.value.text.ko


@pytest.mark.parametrize("name", ["skeleton", "solution"])
def test_the_projects_own_code_runs_and_what_is_missing_is_said(monkeypatch, capsys, name):
    monkeypatch.setattr("lab.protection.missing_protection", lambda: OLD)

    assert not protected(PROJECT / name)
    assert OLD in capsys.readouterr().err


@pytest.mark.skipif(MISSING is not None, reason=f"no sandbox on this machine: {MISSING} is missing")
def test_where_nothing_is_missing_nothing_is_said(tmp_path, capsys):
    assert protected(tmp_path)
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(MISSING is not None, reason=f"no sandbox on this machine: {MISSING} is missing")
@pytest.mark.parametrize(
    ("abi", "lacking"), [(3, "TCP, devices, signals, abstract sockets"), (5, "signals, abstract sockets")]
)
def test_an_older_kernels_gaps_are_named(monkeypatch, abi, lacking):
    monkeypatch.setattr("sandlock.landlock_abi_version", lambda: abi)

    assert process.missing_protection().endswith(f": {abi}; {lacking})")


def test_another_system_has_no_sandbox(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")

    assert "Landlock" in process.missing_protection()


@pytest.mark.skipif(MISSING is not None, reason=f"no sandbox on this machine: {MISSING} is missing")
def test_solution_and_checks_cannot_be_read_even_where_they_lie_among_the_libraries(monkeypatch, tmp_path):
    for name in ("grader", "solution"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    (tmp_path / "library.py").write_text("name = 5\n")
    libraries = site.getsitepackages()
    monkeypatch.setattr(site, "getsitepackages", lambda: [*libraries, str(tmp_path)])

    def told(path: Path) -> str:
        body = f"return open({str(path)!r}).read(4)"
        failing = "except OSError as error:\n        return repr(error)"
        source = f"def encode_dialog(*_):\n    try:\n        {body}\n    {failing}\n".encode()
        [report] = examine(Submission("x", "folder", {"dialogs.py": source}), pool, steps=["framing"])
        return report.checks[0].counterexample.got

    with Pool(confine=True) as pool:
        assert told(tmp_path / "library.py") == repr("name")
        assert "PermissionError" in told(tmp_path / "solution" / "dialogs.py")
        assert "PermissionError" in told(tmp_path / "grader" / "reference.py")

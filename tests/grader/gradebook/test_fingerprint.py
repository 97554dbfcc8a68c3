"""The grader's fingerprint decides whether a stored report still counts: it changes with what can change a report."""

import subprocess
import sys

import pytest

from grader.gradebook import store
from grader.paths import GRADER, PROJECT

FILES = {
    "grader/reference.py": True,
    "grader/assignment.toml": True,
    "grader/checks/examinee.py": True,
    "grader/inside/probe/config.json": True,
    "grader/reports/formatting.py": True,
    "grader/reports/report.py": True,
    "grader/submission/html.py": True,
    "kit/files.py": True,
    "kit/data/dialogs.csv": True,
    "kit/gradebook/data.json": True,
    "grader/gradebook/publishing.py": False,
    "grader/gradebook/pages/templates/class.html": False,
    "grader/reports/terminal.py": False,
    "grader/reports/html.py": False,
    "grader/reports/templates/style.css": False,
    "grader/checks/__pycache__/examinee.cpython-311.pyc": False,
}


def fingerprint():
    return store.grader_fingerprint.__wrapped__()


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of one folder each, which lies in a folder called as what does not count."""
    root = tmp_path / "gradebook" / "reports"
    for name in ("kit/__init__.py", *FILES):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("as it was", encoding="utf-8")
    monkeypatch.setattr(store, "GRADER", root / "grader")
    monkeypatch.setattr(store.kit, "__file__", str(root / "kit" / "__init__.py"))
    return root


@pytest.mark.parametrize(("name", "counts"), FILES.items(), ids=FILES)
def test_a_file_counts_where_it_can_change_a_report(project, name, counts):
    before = fingerprint()
    (project / name).write_text("changed", encoding="utf-8")
    assert (fingerprint() != before) is counts


@pytest.mark.parametrize("name", [*store.LIBRARIES, "python"])
def test_an_upgrade_counts(project, monkeypatch, name):
    before = fingerprint()
    known = store.version
    monkeypatch.setattr(store, "version", lambda asked: "99.0" if asked == name else known(asked))
    if name == "python":
        monkeypatch.setattr(store.platform, "python_version", lambda: "99.0")
    assert fingerprint() != before


def test_what_is_left_out_is_there():
    assert all((GRADER / name).exists() for name in store.SHOWING)


def test_it_is_told_without_tensorflow():
    code = "import sys; from grader.gradebook import store; store.grader_fingerprint()"
    code += "; print('tensorflow' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"

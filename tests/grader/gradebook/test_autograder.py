"""Gradescope's autograder zip: what is in it, and what it does with a submission."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import jsonschema
import pytest

from grader.errors import GraderError
from grader.gradebook.autograder import build
from grader.gradebook.autograder.build import build_zip
from grader.paths import PROJECT
from tests.helpers import schemas

REGISTRIES = ("pypi" + ".org", "pythonhosted" + ".org", "--index-url", "--find-links")
unix = pytest.mark.skipif(sys.platform == "win32", reason="Gradescope runs Linux; the scripts are for its shell")


@pytest.fixture(scope="module")
def autograder(tmp_path_factory):
    path = tmp_path_factory.mktemp("autograder") / "autograder.zip"
    build_zip(path)
    return path


@pytest.fixture
def root(tmp_path, autograder):
    """`/autograder`, as Gradescope lays it out, in a throw-away place."""
    root = tmp_path / "autograder"
    with zipfile.ZipFile(autograder) as archive:
        archive.extractall(root / "source")
    shutil.copy(root / "source/run_autograder", root / "run_autograder")
    (root / "run_autograder").chmod(0o755)
    (root / "submission").mkdir()
    (root / "results").mkdir()
    return root


def run(root, language="ko"):
    environment = os.environ | {"AUTOGRADER_ROOT": str(root), "AUTOGRADER_PYTHON": sys.executable}
    environment["KOGPT2_LAB_LANG"] = language
    return subprocess.run(
        [root / "run_autograder"], cwd=root, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_the_scripts_are_at_the_root_and_executable(autograder):
    with zipfile.ZipFile(autograder) as archive:
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
        for name in ("setup.sh", "run_autograder"):
            assert modes[name] & 0o111 == 0o111
            assert archive.read(name).startswith(b"#!/usr/bin/env bash\n")
            assert b"\r" not in archive.read(name)
        assert modes["grader/grading.py"] & 0o777 == 0o644


def test_the_project_is_in_it_and_the_solution_is_not(autograder):
    with zipfile.ZipFile(autograder) as archive:
        names = set(archive.namelist())
        lock = archive.read("requirements/lock.txt")
    assert {"kit/mini/model.safetensors", "grader/checks/test_unk.py", "lab/__main__.py", "pyproject.toml"} <= names
    assert lock == (PROJECT / "requirements/lock.txt").read_bytes()
    tops = {name.split("/")[0] for name in names}
    assert not tops & {"solution", "skeleton", "tests", "docs", ".git"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_no_function_of_the_solution_is_in_it(autograder):
    """The whole body of a block that students write stands nowhere, in no file."""
    lines = (PROJECT / "solution/dialogs.py").read_text(encoding="utf-8").splitlines()
    body = [line.strip() for line in lines if "vocab_size" in line and "def " not in line and "#" not in line]
    with zipfile.ZipFile(autograder) as archive:
        sources = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".py")]
    assert body
    assert not [line for line in body if any(line in source for source in sources)]


def test_setup_installs_by_hash_from_the_index_that_pip_knows(autograder):
    with zipfile.ZipFile(autograder) as archive:
        setup = archive.read("setup.sh").decode()
    assert setup.count("--require-hashes") == 2
    assert not [word for word in REGISTRIES if word in setup]


def test_the_same_project_gives_the_same_zip(autograder, tmp_path):
    build_zip(tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == autograder.read_bytes()


def test_the_language_is_chosen_when_it_is_built(tmp_path):
    build_zip(tmp_path / "english.zip", "en")
    with zipfile.ZipFile(tmp_path / "english.zip") as archive:
        assert b"KOGPT2_LAB_LANG:-en}" in archive.read("run_autograder")


def test_without_the_project_s_files_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "PROJECT", tmp_path)
    with pytest.raises(GraderError, match="pyproject"):
        build_zip(tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


def test_a_zip_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(GraderError, match="nowhere"):
        build_zip(tmp_path / "nowhere" / "out.zip")


@unix
@pytest.mark.parametrize("name", ["setup.sh", "run_autograder"])
def test_the_scripts_are_bash(root, name):
    bash = shutil.which("bash")
    assert bash is not None
    subprocess.run([bash, "-n", root / "source" / name], check=True)


@unix
def test_a_submission_without_the_lab_s_files_gets_its_reason(root):
    (root / "submission/essay.txt").write_text("안녕하세요", encoding="utf-8")
    done = run(root)
    assert done.returncode == 0, done.stderr
    results = json.loads((root / "results/results.json").read_bytes())
    jsonschema.validate(results, schemas.GRADESCOPE)
    assert results["score"] == 0
    assert sum(test["max_score"] for test in results["tests"]) == 100
    assert any("가" <= sign <= "힣" for sign in results["output"])


@unix
def test_where_the_grader_itself_fails_there_is_no_result_but_a_reason(root):
    (root / "submission").rmdir()
    done = run(root, "en")
    assert done.returncode == 1
    assert "does not exist" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (root / "results/results.json").exists()

"""Whole classes through the command line: killed in the middle and resumed, and on a cluster that loses a worker."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile

import psutil
import pytest

from grader.gradebook.running.workers import cores_for
from grader.gradebook.store import NAME
from grader.paths import PROJECT, SKELETON, SOLUTION
from grader.sandbox.process import missing_protection

PATIENCE = 600.0  # seconds, for a machine that is busy with other tests
EXPECTED = {"kim": 100, "lee": 95, "park": 35, "choi": 85, "han": 100, "seo": 0, "torn": None}
LAB = [sys.executable, "-m", "lab", "--lang", "en"]
SANDBOX = [] if missing_protection() is None else ["--no-sandbox"]


@pytest.fixture(scope="module")
def submissions(tmp_path_factory):
    """Right ones, wrong ones, one that ends its process, one of stubs, in folders, zips and a file that is damaged."""
    folder = tmp_path_factory.mktemp("submissions")
    for name in ("kim", "lee", "choi"):
        shutil.copytree(SOLUTION, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    edit(folder / "lee" / "dialogs.py", ", tokenizer.eos_token_id]", "]")
    edit(folder / "choi" / "dialogs.py", "token_ids = tokenizer.encode(", "import os; os._exit(0); token_ids = str(")
    (folder / "park").mkdir()
    shutil.copy(SOLUTION / "dialogs.py", folder / "park")
    shutil.copytree(SKELETON, folder / "seo", ignore=shutil.ignore_patterns("__pycache__", "*.ipynb"))
    with zipfile.ZipFile(folder / "han.zip", "w") as archive:
        for path in SOLUTION.glob("*.py"):
            archive.writestr(f"han/{path.name}", path.read_text(encoding="utf-8") + "\n# han\n")
    (folder / "torn.zip").write_bytes((folder / "han.zip").read_bytes()[:500])
    return folder


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def graded(out):
    """How many reports there are."""
    with (
        contextlib.suppress(sqlite3.OperationalError),
        sqlite3.connect(f"file:{out / NAME}?mode=ro", uri=True) as store,
    ):
        return store.execute("SELECT count(*) FROM reports").fetchone()[0]
    return 0


def grades(out):
    """Scores by name, `None` for what could not be read."""
    reports = {path.stem: json.loads(path.read_bytes()) for path in (out / "reports").glob("*.json")}
    return {name: report["score"] if report["status"] == "graded" else None for name, report in reports.items()}


def waited(condition, process):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.05)


def cores_of_workers(pid):
    """The cores that each worker, and all that it has started, may run on, in order."""
    workers = [child for child in psutil.Process(pid).children() if child.children()]
    return sorted(sorted(cores_of([worker, *worker.children(recursive=True)])) for worker in workers)


def cores_of(processes):
    cores = set()
    for process in processes:
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            cores |= os.sched_getaffinity(process.pid)
    return cores


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system has no such call")
@pytest.mark.parametrize(("jobs", "cores"), [(1, [None]), (2, [3, 5]), (3, [None] * 3)])
def test_workers_keep_to_a_core_each_where_there_is_one_for_each(jobs, cores, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {5, 3})
    assert cores_for(jobs) == cores


def run(*arguments):
    return ended_run([*LAB, *map(str, arguments)])


def ended_run(command):
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_killed_and_run_again_it_goes_on_and_every_grade_is_there(submissions, tmp_path):
    out = tmp_path / "grades"
    command = [*LAB, "grade", str(submissions), "--out", str(out), "--jobs", "2", *SANDBOX]
    process = subprocess.Popen(command, cwd=PROJECT, start_new_session=True, stderr=subprocess.PIPE, text=True)
    waited(lambda: graded(out) >= 1, process)
    os.killpg(process.pid, signal.SIGSTOP)  # it holds the folder, and is not done before the other has looked
    cores = cores_of_workers(process.pid) if hasattr(os, "sched_getaffinity") else None
    second = run("grade", submissions, "--out", out, *SANDBOX)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    before = graded(out)
    third = run("grade", submissions, "--out", out, "--jobs", "2", *SANDBOX)

    assert cores in (None, [sorted(os.sched_getaffinity(0)) if core is None else [core] for core in cores_for(2)])
    assert second.returncode == 2
    assert "Another run is grading" in second.stderr
    assert 1 <= before < len(EXPECTED) - 1
    assert third.returncode == 1, third.stderr  # one of them cannot be read
    assert grades(out) == EXPECTED
    assert "torn.zip" in third.stdout
    assert "7 submissions" in third.stdout
    assert all((out / "reports" / f"{name}.html").exists() for name in EXPECTED)

    (out / "overrides.csv").write_text("person,target,points,note\nlee,framing,15,explained\n", encoding="utf-8")
    exported = run("export", out, "--to", "csv")
    assert exported.returncode == 0, exported.stderr
    [table] = (out / "exports").glob("*.csv")
    assert ",100,100," in next(line for line in table.read_text("utf-8-sig").splitlines() if line.startswith("lee,"))

    for arguments in (["--to", "excel"], ["--to", "canvas"], ["--to", "csv", "--fill", str(out / NAME)]):
        ended = run("export", out, *arguments)
        assert ended.returncode == 2
        assert "Traceback" not in ended.stderr


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers, each a process on this machine; gives its address and the workers."""
    address = tmp_path / "scheduler.json"
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": PROJECT}
    common = ["--scheduler-file", str(address), "--no-dashboard", "--host", "127.0.0.1"]
    python = [sys.executable, "-m"]
    scheduler = subprocess.Popen([*python, "distributed.cli.dask_scheduler", *common, "--port", "0"], **silent)
    waited(address.exists, scheduler)
    arguments = [*common, "--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path)]
    workers = [subprocess.Popen([*python, "distributed.cli.dask_worker", *arguments], **silent) for _ in range(2)]
    waited(lambda: address.stat().st_size, scheduler)
    yield json.loads(address.read_text(encoding="utf-8"))["address"], workers
    for process in (*workers, scheduler):
        process.terminate()
    for process in (*workers, scheduler):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(3)
        process.kill()
        process.wait()


def test_a_cluster_that_loses_a_worker_loses_no_submission(cluster, submissions, tmp_path):
    address, workers = cluster
    out = tmp_path / "grades"
    command = [*LAB, "grade", str(submissions), "--out", str(out), "--cluster", address, *SANDBOX]
    process = subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    waited(lambda: graded(out) >= 1, process)
    workers[0].kill()
    printed, said = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1, said + printed
    assert grades(out) == EXPECTED
    assert graded(out) == len(EXPECTED) - 1


# The command line, but soon sure that nobody answers.
IMPATIENT = """
import runpy
from grader.gradebook.running import cluster

cluster.CONNECT_SECONDS = 1
runpy.run_module("lab", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://x"])
def test_a_cluster_that_is_not_there_is_explained(address, submissions, tmp_path):
    arguments = ["--lang", "en", "grade", submissions, "--out", tmp_path / "grades", "--cluster", address]
    ended = ended_run([sys.executable, "-c", IMPATIENT, *map(str, arguments)])

    assert ended.returncode == 2
    assert "No dask scheduler answers" in ended.stderr
    assert "Traceback" not in ended.stderr

"""The folders that children write into: what is in them is counted, wherever it is, and nothing is left behind."""

import os
import subprocess
import sys
import tempfile

import psutil
import pytest

from grader.sandbox.limits import Limits
from grader.sandbox.scratch import LOCK, PREFIX, make_folder, too_full

MIB = 2**20
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc, and GNU's `du` for certain")


@pytest.fixture
def folder(tmp_path):
    """A child's folder."""
    own = tmp_path / "1"
    own.mkdir()
    return own


def full(folder, **limits):
    return too_full(folder, [psutil.Process()], Limits(disk_bytes=MIB, **limits))


@linux
def test_files_count_together_and_no_longer_once_they_are_removed(folder):
    for number in range(3):
        assert not full(folder)
        (folder / str(number)).write_bytes(bytes(MIB // 3))
    assert full(folder)
    (folder / "0").unlink()
    assert not full(folder)


@linux
def test_the_length_of_a_sparse_file_does_not_count(folder):
    with (folder / "sparse").open("wb") as file:
        file.truncate(100 * MIB)
        assert not full(folder)


@linux
def test_a_removed_file_counts_once_as_long_as_it_is_open(folder):
    with (folder / "file").open("wb") as file, os.fdopen(os.dup(file.fileno()), "wb"):
        file.write(bytes(MIB * 3 // 4))
        file.flush()
        (folder / "file").unlink()
        assert not full(folder)
        file.write(bytes(MIB * 3 // 4))
        file.flush()
        assert full(folder)
    assert not full(folder)


@linux
def test_what_was_removed_from_elsewhere_does_not_count(folder, tmp_path):
    (tmp_path / "11").mkdir()
    with (tmp_path / "11" / "file").open("wb") as file:
        file.write(bytes(2 * MIB))
        file.flush()
        (tmp_path / "11" / "file").unlink()
        assert not full(folder)


@linux
def test_what_takes_too_long_to_measure_is_told(folder):
    (folder / "file").touch()
    with pytest.raises(subprocess.TimeoutExpired):
        full(folder, measuring_seconds=0.0)


def test_a_folder_or_process_that_is_gone_is_not_full(folder):
    folder.rmdir()
    assert not full(folder)


def test_what_a_killed_grader_left_behind_is_removed_and_what_is_in_use_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    in_use, lock = make_folder(Limits())
    left = tmp_path / f"{PREFIX}left"
    (left / "scratch" / "1").mkdir(parents=True)
    (left / LOCK).touch()
    new = tmp_path / f"{PREFIX}new"
    new.mkdir()
    for folder in (in_use, left):
        os.utime(folder, (0, 0))

    second, other = make_folder(Limits())

    assert sorted(tmp_path.iterdir()) == sorted([in_use, second, new])
    lock.release()
    other.release()

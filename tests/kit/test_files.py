"""Files are put in their place as a whole."""

import os
import stat
import sys

import pytest

from kit import files
from kit.files import write_whole


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_and_written_again(tmp_path):
    for content in (b"old", b"new"):
        write_whole(tmp_path / "kim.json", content)
        assert (tmp_path / "kim.json").read_bytes() == content
    assert names(tmp_path) == ["kim.json"]


def test_a_file_that_cannot_be_written_whole_stays_the_old_one(tmp_path, monkeypatch):
    write_whole(tmp_path / "kim.json", b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "kim.json", b"new")
    assert (tmp_path / "kim.json").read_bytes() == b"old"
    assert names(tmp_path) == ["kim.json"]


def test_a_missing_folder_is_an_error_and_not_made(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "no" / "kim.json", b"new")
    assert names(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there, and pipes have no path")
def test_a_link_is_followed_and_a_pipe_stays_a_pipe(tmp_path):
    (tmp_path / "true.json").write_bytes(b"old")
    (tmp_path / "link.json").symlink_to("true.json")
    write_whole(tmp_path / "link.json", b"new")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "true.json").read_bytes() == b"new"

    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_whole(tmp_path / "pipe", b"new")
    assert os.read(reader, 10) == b"new"
    os.close(reader)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)

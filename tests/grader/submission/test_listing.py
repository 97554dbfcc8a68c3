"""A folder, a zip, a zip in a folder and files that came one by one are searched in one way."""

import io
import os
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import UnreadableError
from grader.paths import SKELETON
from grader.submission.listing import FolderListing, MemoryListing
from grader.submission.reading import read, read_together
from grader.submission.search import list_files

FOLDERS = st.sampled_from(["a", "b", "과제", "lab.py", ".git", "__MACOSX"])
MODULES = ["dialogs.py", "batches.py"]
LEAVES = st.sampled_from(
    [*MODULES, "main.py", "도우미.py", "X.PY", "lab.ipynb", "words.csv", "z.zip", "._main.py", "p.png"]
)
NOTEBOOK = (SKELETON / "lab.ipynb").read_bytes()
PACKED = io.BytesIO()
with zipfile.ZipFile(PACKED, "w") as inner:
    inner.writestr("work/dialogs.py", "x = 1\n")
CONTENTS = st.sampled_from([b"x = 1\n", "x = '안녕'\n".encode("cp949"), b"\xff\xfe", NOTEBOOK, PACKED.getvalue()])
PATHS = st.builds(lambda folders, leaf: "/".join([*folders, leaf]), st.lists(FOLDERS, max_size=4), LEAVES)


def one_tree(files):
    """Without files of the name of a folder: a zip may hold both, a disk cannot."""
    folders = {str(folder) for name in files for folder in PurePosixPath(name).parents}
    return {name: content for name, content in files.items() if name not in folders}


def told(reader, *arguments):
    """What was read, or why nothing was, whatever the path's name."""
    try:
        submission = reader(*arguments)
    except UnreadableError as error:
        return error.text.en.replace("kim.zip", "kim")
    return submission.name, submission.kind, submission.files, submission.cells


@settings(deadline=None, max_examples=150)
@given(st.dictionaries(PATHS, CONTENTS, max_size=5).map(one_tree))
def test_a_folder_and_a_zip_of_the_same_files_read_equal(files):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "kim")
        folder.mkdir()
        with zipfile.ZipFile(folder.with_suffix(".zip"), "w") as archive:
            for name, content in files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
                archive.writestr(name, content)
        assert told(read, folder) == told(read, folder.with_suffix(".zip"))


@settings(deadline=None, max_examples=50)
@given(st.sets(st.sampled_from(["dialogs.py", "batches.py", "helpers.py", "words.csv"]), min_size=1).map(sorted))
def test_files_that_came_one_by_one_read_as_their_folder(names):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "kim")
        folder.mkdir()
        for name in names:
            (folder / name).write_bytes(name.encode())
        together = told(read_together, "kim", {name: folder / name for name in names})
        assert together == told(read, folder)


def test_a_closed_folder_stops_the_search_and_is_empty_otherwise(tmp_path, monkeypatch):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "dialogs.py").touch()
    (tmp_path / "a").mkdir()
    scandir = os.scandir

    def closed(path):
        if Path(path).name == "a":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    listing = FolderListing(tmp_path)
    assert [str(file.path) for file in listing.files(1)] == ["b/dialogs.py"]
    with pytest.raises(PermissionError):
        list_files(listing)
    with pytest.raises(UnreadableError, match="Permission denied"):
        read(tmp_path)


def test_a_content_in_memory_has_its_limit_too(tmp_path):
    [file] = MemoryListing(tmp_path / "kim.zip", {"dialogs.py": b"12345"}).files(0)
    assert file.read(5, 2**20) == b"12345"
    with pytest.raises(UnreadableError, match=r"kim\.zip"):
        file.read(4, 2**20)

"""Zips as students and attackers make them: read in memory as if they were folders, or refused with the reason."""

import contextlib
import io
import os
import stat
import struct
import subprocess
import sys
import unicodedata
import zipfile
import zlib

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grader.errors import UnreadableError
from grader.paths import PROJECT
from grader.submission import archive, reading
from grader.submission.archive import UnpackingBudget, unpack
from grader.submission.reading import MAX_FILES, read

UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
CONTENT = "x = '안녕'\n".encode()


def zipped(files, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return buffer.getvalue()


def with_name(raw, content=CONTENT):
    """A zip of one file whose name is these bytes, not marked as UTF-8."""
    return zipped({"N" * len(raw): content}, zipfile.ZIP_STORED).replace(b"N" * len(raw), raw)


def everything(content):
    return unpack(content, "kim.zip", lambda _: True, UnpackingBudget())


def submission(tmp_path, content, name="kim.zip"):
    (tmp_path / name).write_bytes(content)
    return read(tmp_path / name)


@pytest.fixture
def refused(tmp_path):
    """Says why a zip is refused, and sees to it that nothing was written."""

    def why(content):
        (tmp_path / "in").mkdir()
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(UnreadableError) as raised:
            submission(tmp_path / "in", content)
        assert sorted(tmp_path.rglob("*")) == [*before, tmp_path / "in" / "kim.zip"]
        assert "kim.zip" in raised.value.text.ko
        assert any("가" <= sign <= "힣" for sign in raised.value.text.ko)
        assert not any("가" <= sign <= "힣" for sign in raised.value.text.en)
        return raised.value.text.en

    return why


# What a zip is


def test_a_zip_is_read_as_the_folder_it_was_made_from(tmp_path):
    names = ["work/dialogs.py", "work/helpers.py", "work/data/words.csv", "notes.txt", "work/.git/batches.py"]
    files = dict.fromkeys(names, CONTENT)
    for name in names:
        (tmp_path / "kim" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "kim" / name).write_bytes(CONTENT)
    assert submission(tmp_path, zipped(files)) == read(tmp_path / "kim")
    assert set(read(tmp_path / "kim").files) == {"dialogs.py", "helpers.py", "data/words.csv"}


@pytest.mark.parametrize("suffix", [".zip", ".ZIP"])
def test_a_zip_is_called_by_its_stem(tmp_path, suffix):
    assert submission(tmp_path, zipped({"dialogs.py": CONTENT}), f"김학생{suffix}").name == "김학생"


@pytest.mark.parametrize("levels", range(5))
def test_modules_are_found_three_levels_down(tmp_path, levels):
    content = zipped({"/".join([*"abcd"[:levels], "dialogs.py"]): CONTENT, "notes.txt": b""})
    if levels <= 3:
        assert "dialogs.py" in submission(tmp_path, content).files
    else:
        with pytest.raises(UnreadableError):
            submission(tmp_path, content)


def test_the_shallowest_modules_win(tmp_path):
    files = {"a/old/deep/dialogs.py": b"1", "z/batches.py": b"2", "z/old/dialogs.py": b"3"}
    files = submission(tmp_path, zipped(files)).files
    assert files == {"batches.py": b"2", "dialogs.py": b"3", "old/dialogs.py": b"3"}


@pytest.mark.parametrize("name", ["main.py", "work/김학생.py", "a/b/c/LAB.PY"])
def test_a_single_source_in_a_zip_is_the_submission(tmp_path, name):
    files = {name: CONTENT, "__MACOSX/._main.py": b"\0\5", ".hidden.py": b"", "notes.txt": b"", "picture.png": b""}
    kim = submission(tmp_path, zipped(files))
    assert (kim.name, kim.kind, kim.main) == ("kim", "source", name.rpartition("/")[2])
    assert kim.files == {kim.main: CONTENT} | ({} if "/" in name else {"notes.txt": b""})


@pytest.mark.parametrize("files", [["a.py", "b.py"], ["notes.txt"], ["a/b/c/d/main.py"], ["__MACOSX/main.py"], []])
def test_a_zip_without_a_submission_is_refused(refused, files):
    assert "dialogs.py" in refused(zipped(dict.fromkeys(files, CONTENT)))


def test_korean_sources_in_a_zip_are_read(tmp_path):
    kim = submission(tmp_path, zipped({"dialogs.py": "x = '똠방각하'\n".encode("cp949")}))
    assert kim.files == {"dialogs.py": "x = '똠방각하'\n".encode()}


@pytest.mark.parametrize("folder", [True, False])
def test_a_zip_in_a_folder_or_a_zip_is_unpacked(tmp_path, folder):
    inner = zipped({"work/dialogs.py": CONTENT})
    if folder:
        (tmp_path / "kim").mkdir()
        (tmp_path / "kim" / "lab.zip").write_bytes(inner)
        kim = read(tmp_path / "kim")
    else:
        kim = submission(tmp_path, zipped({"lab.zip": inner, "readme.txt": b""}))
    assert (kim.name, kim.kind, kim.files) == ("kim", "folder", {"dialogs.py": CONTENT})


def test_zips_are_unpacked_one_level_deep_and_no_deeper(refused):
    inner = zipped({"dialogs.py": CONTENT})
    for _ in range(2):
        inner = zipped({"lab.zip": inner})
    assert "dialogs.py" in refused(inner)


def test_a_broken_zip_beside_modules_does_no_harm(tmp_path):
    assert "dialogs.py" in submission(tmp_path, zipped({"dialogs.py": CONTENT, "data.zip": b"broken"})).files


def test_one_of_several_inner_zips_may_hold_the_submission(tmp_path):
    files = {"a.zip": zipped({"notes.txt": b""}), "b.zip": zipped({"dialogs.py": CONTENT})}
    assert submission(tmp_path, zipped(files)).files == {"dialogs.py": CONTENT}


# Names


@pytest.mark.parametrize("name", ["과제/dialogs.py", "똠방각하/dialogs.py", "일이삼/펩시/dialogs.py"])
@pytest.mark.parametrize("encoding", ["cp949", "utf-8"])
def test_names_of_korean_windows_and_of_macos_are_read(name, encoding):
    assert everything(with_name(name.encode(encoding))) == {name: CONTENT}


@given(st.text(st.characters(min_codepoint=ord("가"), max_codepoint=ord("힣")), min_size=4, max_size=30))
@example("똠방각하")
@UNTIMED
def test_names_that_macos_takes_apart_are_composed(name):
    apart = unicodedata.normalize("NFD", f"{name}.py")
    assert everything(zipped({apart: CONTENT})) == everything(with_name(apart.encode())) == {f"{name}.py": CONTENT}


@given(st.text(st.characters(min_codepoint=ord("가"), max_codepoint=ord("힣")), min_size=4, max_size=60))
@UNTIMED
def test_any_hangul_name_of_korean_windows_is_read(name):
    raw = name.encode("cp949")
    try:
        raw.decode()
    except UnicodeDecodeError:
        assert everything(with_name(raw)) == {name: CONTENT}


def test_names_of_old_windows_tools_are_paths():
    assert everything(with_name(rb"work\data\words.csv")) == {"work/data/words.csv": CONTENT}


def test_paths_are_plain():
    assert everything(zipped({"./homework//dialogs.py": CONTENT, "homework/": b""})) == {"homework/dialogs.py": CONTENT}


def test_a_name_that_cannot_be_shown_is_passed_over(tmp_path):
    kim = submission(tmp_path, zipped({"dialogs.py": CONTENT, "a\x1b[2Jb.py": CONTENT}))
    assert set(kim.files) == {"dialogs.py"}


@given(st.dictionaries(st.from_regex(r"[a-z가-힣]{1,8}(/[a-z]{1,8}){0,3}\.(py|txt)", fullmatch=True), st.binary()))
@UNTIMED
def test_what_was_packed_is_unpacked(files):
    assert everything(zipped(files)) == files


# Attacks


@pytest.mark.parametrize(
    "path", ["../dialogs.py", "a/../../x.py", "/etc/x.py", "C:/x.py", "c:x.py", r"..\x.py", r"\\host\x.py", ".."]
)
def test_a_path_that_leads_out_is_refused(refused, path):
    assert "leads out" in refused(zipped({"dialogs.py": CONTENT, path: CONTENT}))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_a_link_or_device_is_refused(refused, kind):
    info = zipfile.ZipInfo("helpers.py")
    info.create_system, info.external_attr = 3, (kind | 0o777) << 16
    assert "link" in refused(zipped({"dialogs.py": CONTENT, info: "/etc/passwd"}))


@pytest.fixture
def small_budget(monkeypatch):
    """A mebibyte is the most."""
    monkeypatch.setattr(archive, "MAX_BYTES", 2**20)
    monkeypatch.setattr(reading, "UnpackingBudget", lambda: UnpackingBudget(size=2**20))


@pytest.mark.usefixtures("small_budget")
def test_a_bomb_is_refused(refused):
    assert "more than 1 MiB" in refused(zipped({"dialogs.py": bytes(2**20 + 1)}))


@pytest.mark.usefixtures("small_budget")
@pytest.mark.parametrize("zips", [3, 5])
def test_zips_in_a_zip_share_what_may_be_unpacked(tmp_path, zips):
    inner = {f"{number}.zip": zipped({"work/notes.txt": bytes(2**18)}) for number in range(zips)}
    content = zipped(inner | {"lab.zip": zipped({"dialogs.py": CONTENT})})
    if zips == 3:
        assert "dialogs.py" in submission(tmp_path, content).files
    else:
        with pytest.raises(UnreadableError, match="MiB"):
            submission(tmp_path, content)


def bomb(mebibytes):
    """A zip of one file of so many mebibytes of zeros: one is packed, and its bytes are repeated."""
    zeros, checksum = bytes(2**20), 0
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    block = packing.compress(zeros) + packing.flush(zlib.Z_FULL_FLUSH)
    content = bytearray(zipped({"dialogs.py": block * mebibytes + packing.flush()}, zipfile.ZIP_STORED))
    for _ in range(mebibytes):
        checksum = zlib.crc32(zeros, checksum)
    for header, method in ((0, 8), (content.index(b"PK\1\2"), 10)):
        struct.pack_into("<H", content, header + method, zipfile.ZIP_DEFLATED)
        struct.pack_into("<I", content, header + method + 6, checksum)
        struct.pack_into("<I", content, header + method + 14, mebibytes * 2**20)
    return bytes(content)


def test_the_bomb_is_an_ordinary_zip():
    with zipfile.ZipFile(io.BytesIO(bomb(3))) as opened:
        assert opened.read("dialogs.py") == bytes(3 * 2**20)


def test_a_bomb_costs_no_memory_but_what_is_allowed(tmp_path):
    (tmp_path / "kim.zip").write_bytes(bomb(2**10))
    code = (
        "import resource, sys, pathlib, grader.submission.reading, grader.errors\n"
        "limit = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: grader.submission.reading.read(pathlib.Path(sys.argv[1]))\n"
        "except grader.errors.UnreadableError as error: print('MiB' in error.text.en)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - limit) // 1024)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "kim.zip"], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    refused_it, mebibytes = run.stdout.split()
    assert refused_it == "True"
    assert int(mebibytes) < 3 * archive.MAX_BYTES / 2**20


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_python_unpacks_without_a_limit_is_refused(refused, method):
    assert "ordinary zip" in refused(zipped({"dialogs.py": CONTENT}, method))


def saying(size):
    """A zip of one file whose list of files gives it this size."""
    content = bytearray(zipped({"dialogs.py": CONTENT}))
    struct.pack_into("<I", content, content.index(b"PK\1\2") + 24, size)
    return bytes(content)


@pytest.mark.parametrize("size", [0, 1, len(CONTENT) - 1])
def test_a_size_that_says_too_little_is_refused(refused, size):
    assert "damaged" in refused(saying(size))


@pytest.mark.parametrize("size", [len(CONTENT) + 1, 2**32 - 2])
def test_a_size_that_says_too_much_is_not_believed(size):
    assert everything(saying(size)) == {"dialogs.py": CONTENT}


def test_entries_that_share_their_bytes_are_refused(refused):
    content = bytearray(zipped({"dialogs.py": CONTENT, "helpers.py": CONTENT}))
    second = content.index(b"PK\1\2", content.index(b"PK\1\2") + 1)
    struct.pack_into("<I", content, second + 42, 0)
    assert "overlap" in refused(bytes(content))


def test_thousands_of_files_are_refused(refused):
    assert "2,000" in refused(zipped({"dialogs.py": CONTENT} | {f"{n}.bin": b"" for n in range(archive.MAX_FILES)}))


def test_more_sources_than_a_folder_may_have_are_refused(refused):
    assert str(MAX_FILES) in refused(zipped({"dialogs.py": b""} | {f"x{n}.py": b"" for n in range(MAX_FILES)}))


def test_a_password_is_told(refused):
    content = bytearray(zipped({"dialogs.py": CONTENT}))
    for place in (content.index(b"PK\3\4") + 6, content.index(b"PK\1\2") + 8):
        content[place] |= 1
    assert "password" in refused(bytes(content))


def test_a_file_and_a_folder_of_one_name_are_refused(refused):
    assert "of one name" in refused(zipped({"dialogs.py": b"", "helpers.py": b"", "helpers.py/x.py": b""}))


def test_a_name_too_long_for_a_disk_is_refused(refused):
    assert "too long" in refused(zipped({"dialogs.py": b"", f"{'가' * 90}.py": b""}))


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all", os.urandom(500), b"PK\5\6" + bytes(18)[:10]])
def test_what_is_no_zip_is_refused(refused, content):
    refused(content)


@given(st.integers(0, 10**6), st.integers(0, 255))
@UNTIMED
def test_a_damaged_zip_is_read_or_refused(place, value):
    content = bytearray(zipped({"work/dialogs.py": CONTENT, "lab.zip": zipped({"x.py": CONTENT}), "가.txt": b"x" * 99}))
    content[place % len(content)] = value
    with contextlib.suppress(UnreadableError):
        assert all(type(data) is bytes for data in everything(bytes(content)).values())


@given(st.binary(max_size=300))
@UNTIMED
def test_a_truncated_zip_is_refused(rest):
    content = zipped({"dialogs.py": CONTENT * 20})
    with pytest.raises(UnreadableError):
        everything(content[: len(content) // 2] + rest)

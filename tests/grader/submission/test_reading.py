"""Submissions are read as they lie on the disk: what belongs to one, what does not, and what cannot be read."""

import os
import sys
import unicodedata
import zipfile
from pathlib import Path

import pytest

from grader import paths
from grader.assignment import ASSIGNMENT
from grader.errors import GraderError, UnreadableError
from grader.inside import wire
from grader.inside.messages import MAX_FRAME, TO_CHILD, Load, SubmittedFiles
from grader.submission.equivalent import names_tensorflow
from grader.submission.folders import MAX_LEVELS
from grader.submission.reading import MAX_BYTES, MAX_FILES, read, read_together

SOURCE = "x = '안녕'\n"
CONTENT = SOURCE.encode()
links_work = pytest.mark.skipif(sys.platform == "win32", reason="making links needs rights on Windows")


def put(root, *names, content=CONTENT):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def unreadable(path):
    with pytest.raises(UnreadableError) as raised:
        read(path)
    assert any("가" <= sign <= "힣" for sign in raised.value.text.ko)
    assert not any("가" <= sign <= "힣" for sign in raised.value.text.en)
    return raised.value


# Folders


def test_a_folder_is_read(tmp_path):
    names = ["dialogs.py", "helpers.py", "tools/__init__.py", "tools/deep/text.py", "data/words.csv", "config.toml"]
    submission = read(put(tmp_path / "김학생", *names))
    assert (submission.name, submission.kind) == ("김학생", "folder")
    assert submission.files == dict.fromkeys(names, SOURCE.encode())


@pytest.mark.parametrize("module", ["pretrained", "dialogs", "batches", "training", "answering"])
def test_one_of_the_modules_is_enough(tmp_path, module):
    assert list(read(put(tmp_path, f"{module}.py")).files) == [f"{module}.py"]


@pytest.mark.parametrize("levels", range(MAX_LEVELS + 1))
def test_a_nested_folder_is_found(tmp_path, levels):
    folder = tmp_path.joinpath("kim", *"abc"[:levels])
    put(folder, "dialogs.py", "helpers.py")
    put(tmp_path / "kim", "notes.txt")
    submission = read(tmp_path / "kim")
    assert submission.name == "kim"
    assert set(submission.files) == {"dialogs.py", "helpers.py"} | ({"notes.txt"} if levels == 0 else set())


def test_three_levels_are_the_most():
    assert MAX_LEVELS == 3


def test_a_deeper_folder_is_not_found(tmp_path):
    error = unreadable(put(tmp_path, "a/b/c/d/dialogs.py"))
    assert "dialogs.py" in error.text.ko
    assert "dialogs.py" in error.text.en


@pytest.mark.parametrize("names", [[], ["notes.txt"], ["main.py", "old.py"], ["dialogs.py/inner.txt"], ["Dialogs.txt"]])
def test_a_folder_without_a_module_is_unreadable_and_named_without_its_place(tmp_path, names, monkeypatch):
    told = unreadable(put(tmp_path, *names)).text.en
    monkeypatch.chdir(tmp_path)

    assert told.startswith(f"{tmp_path.name} holds none")
    assert unreadable(Path()).text.en == told


@pytest.mark.parametrize("sign", ["\u3000", "\xa0", "\u200d", "🙂"])
def test_a_name_of_any_signs_that_are_text_is_read(tmp_path, sign):
    put(tmp_path, f"과제{sign}1/dialogs.py")
    assert set(read(tmp_path).files) == {"dialogs.py"}


def test_the_shallowest_folder_wins(tmp_path):
    put(tmp_path, "z/dialogs.py", "z/batches.py")
    put(tmp_path, "z/old/dialogs.py", content=b"def encode_dialog(question, answer, tokenizer):\n    return []\n")
    assert set(read(tmp_path).files) == {"batches.py", "dialogs.py", "old/dialogs.py"}
    assert read(tmp_path).files["dialogs.py"] == CONTENT


PASSED_OVER = [
    "__MACOSX/dialogs.py",
    ".git/dialogs.py",
    ".hidden/dialogs.py",
    "__pycache__/dialogs.py",
    "a/.b/dialogs.py",
]


@pytest.mark.parametrize("name", [*PASSED_OVER, "._dialogs.py", "__MACOSX/kim/._dialogs.py"])
def test_hidden_files_and_macosx_are_no_submission(tmp_path, name):
    unreadable(put(tmp_path, name))


def test_hidden_files_and_macosx_are_not_read(tmp_path):
    put(tmp_path, "dialogs.py", *PASSED_OVER, "._dialogs.py", ".env.py", "tools/.secret.txt", "tools/__MACOSX/x.py")
    assert set(read(tmp_path).files) == {"dialogs.py"}


def test_other_files_are_not_read(tmp_path):
    put(tmp_path, "weights.h5", "report.docx", "picture.png", "lab.ipynb", "Makefile", "dialogs.pyc")
    put(tmp_path, "dialogs.py", content=b"def encode_dialog(question, answer, tokenizer):\n    return []\n")
    assert set(read(tmp_path).files) == {"dialogs.py"}


@links_work
def test_links_are_not_followed(tmp_path):
    secret = put(tmp_path / "secret", "answers.py", "words.txt")
    kim = put(tmp_path / "kim", "dialogs.py")
    (kim / "helpers.py").symlink_to(secret / "answers.py")
    (kim / "words.txt").symlink_to(secret / "words.txt")
    (kim / "linked").symlink_to(secret, target_is_directory=True)
    (kim / "loop").symlink_to(kim, target_is_directory=True)
    (kim / "nowhere.py").symlink_to(tmp_path / "nothing.py")
    assert set(read(kim).files) == {"dialogs.py"}


@links_work
def test_a_linked_folder_is_no_submission(tmp_path):
    put(tmp_path / "other", "dialogs.py")
    kim = put(tmp_path / "kim", "notes.txt")
    (kim / "linked").symlink_to(tmp_path / "other", target_is_directory=True)
    (kim / "loop").symlink_to(kim, target_is_directory=True)
    unreadable(kim)


@links_work
def test_a_linked_module_does_not_hide_the_true_one(tmp_path):
    put(tmp_path, "real/dialogs.py")
    (tmp_path / "dialogs.py").symlink_to(tmp_path / "real" / "dialogs.py")
    assert "dialogs.py" in read(tmp_path).files


def test_as_many_files_as_allowed_are_read(tmp_path):
    put(tmp_path, "dialogs.py", *(f"part{i}.py" for i in range(MAX_FILES - 1)), content=b"")
    assert len(read(tmp_path).files) == MAX_FILES


def test_too_many_files_are_unreadable(tmp_path):
    put(tmp_path, "dialogs.py", *(f"part{i}.py" for i in range(MAX_FILES)), content=b"")
    assert str(MAX_FILES) in unreadable(tmp_path).text.en


def large(path, size):
    with path.open("wb") as file:
        file.truncate(size)
    return path


def test_one_file_too_large_is_unreadable(tmp_path):
    large(put(tmp_path, "dialogs.py") / "words.csv", MAX_BYTES + 1)
    unreadable(tmp_path)


def test_files_that_are_too_large_together_are_unreadable(tmp_path):
    put(tmp_path, "dialogs.py")
    for name in ("a.txt", "b.json", "c.csv"):
        large(tmp_path / name, MAX_BYTES // 3 + 1)
    unreadable(tmp_path)


def test_a_large_file_of_another_kind_does_no_harm(tmp_path):
    large(put(tmp_path, "dialogs.py") / "weights.safetensors", MAX_BYTES + 1)
    assert set(read(tmp_path).files) == {"dialogs.py"}


def test_as_large_a_submission_as_allowed_fits_a_frame(tmp_path):
    large(put(tmp_path, "dialogs.py", content=b"") / "words.csv", MAX_BYTES)
    assert len(wire.dumps(Load(read(tmp_path).message()))) < MAX_FRAME


def test_a_file_that_cannot_be_opened_is_unreadable(tmp_path, monkeypatch):
    def refuse(_):
        raise PermissionError(13, "Permission denied")

    put(tmp_path, "dialogs.py")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert "dialogs.py" in unreadable(tmp_path).text.ko
    assert "dialogs.py" in unreadable(tmp_path / "dialogs.py").text.ko


def test_names_of_korean_windows_do_no_harm(tmp_path):
    put(tmp_path, "dialogs.py")
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + "말뭉치.txt".encode("cp949"))).write_bytes(b"")
    except (OSError, UnicodeDecodeError):
        pytest.skip("this file system takes UTF-8 names only")
    assert b"dialogs.py" in wire.dumps(read(tmp_path).message())


def test_a_message_carries_the_files(tmp_path):
    message = Load(read(put(tmp_path, "dialogs.py")).message())
    assert message.submission == SubmittedFiles("folder", {"dialogs.py": CONTENT}, "")
    assert wire.loads(wire.dumps(message), TO_CHILD) == message


def test_a_folder_of_one_source_is_that_source(tmp_path):
    submission = read(put(tmp_path / "kim", "work/main.py", "notes.txt", ".old/dialogs.py", "__MACOSX/._main.py"))
    assert (submission.name, submission.kind, submission.files) == ("kim", "source", {"main.py": CONTENT})


def test_names_that_macos_takes_apart_are_composed(tmp_path):
    put(tmp_path, "dialogs.py", unicodedata.normalize("NFD", "도우미.py"))
    assert set(read(tmp_path).files) == {"dialogs.py", "도우미.py"}


def test_files_that_came_one_by_one_are_read_together(tmp_path):
    put(tmp_path, "kim_12_34_dialogs.py", "kim_12_35_helpers.py")
    parts = {"dialogs.py": tmp_path / "kim_12_34_dialogs.py", "helpers.py": tmp_path / "kim_12_35_helpers.py"}
    submission = read_together("kim", parts)
    assert (submission.name, submission.kind, submission.files) == ("kim", "folder", dict.fromkeys(parts, CONTENT))


# Single files


def test_a_single_file_is_read(tmp_path):
    submission = read(put(tmp_path, "김학생.py") / "김학생.py")
    assert (submission.name, submission.kind) == ("김학생", "source")
    assert submission.files == {"김학생.py": SOURCE.encode()}


def test_nothing_beside_a_single_file_is_read(tmp_path):
    put(tmp_path, "dialogs.py", "batches.py")
    assert set(read(tmp_path / "dialogs.py").files) == {"dialogs.py"}


@pytest.mark.parametrize("name", ["kim.txt", "kim.docx", "kim.pyc", "kim", "kim.py.txt"])
def test_a_file_of_another_kind_is_unreadable(tmp_path, name):
    error = unreadable(put(tmp_path, name) / name)
    assert name in error.text.ko
    assert name in error.text.en


def test_a_single_file_that_is_too_large_is_unreadable(tmp_path):
    unreadable(large(tmp_path / "kim.py", MAX_BYTES + 1))


@pytest.mark.parametrize("name", ["nothing", "nothing.py", "nothing.zip", "nothing.ipynb", "no/such/folder"])
def test_where_nothing_is_nothing_can_be_graded(tmp_path, name):
    with pytest.raises(GraderError) as raised:
        read(tmp_path / name)
    assert str(tmp_path / name) in raised.value.text.ko
    assert str(tmp_path / name) in raised.value.text.en


# TensorFlow

FRAMING, PADDING = (ASSIGNMENT.checks[name][0] for name in ("framing.bos", "padding.shape"))


@pytest.mark.parametrize(
    "text", ["import tensorflow as tf", "from keras.utils import x", "import tf_keras", "TFGPT2LMHeadModel"]
)
def test_a_module_that_speaks_of_tensorflow_names_it(tmp_path, text):
    submission = read(put(tmp_path, "dialogs.py", content=text.encode()))
    assert names_tensorflow(submission, FRAMING)
    assert not names_tensorflow(submission, PADDING)


@pytest.mark.parametrize("name", ["helpers.py", "tools/text.py", "__init__.py", "tools/batches.py"])
def test_a_helper_that_speaks_of_tensorflow_names_it_for_every_module(tmp_path, name):
    put(tmp_path, "dialogs.py", "batches.py")
    submission = read(put(tmp_path, name, content=b"import tensorflow"))
    assert names_tensorflow(submission, FRAMING)
    assert names_tensorflow(submission, PADDING)


def test_without_tensorflow_none_is_named(tmp_path):
    put(tmp_path, "dialogs.py", "helpers.py")
    put(tmp_path, "notes.txt", content=b"import tensorflow")
    assert not names_tensorflow(read(tmp_path), FRAMING)


ONE_SOURCE = """
import tensorflow as tf
from transformers import TFGPT2LMHeadModel
model = TFGPT2LMHeadModel.from_pretrained("mini")
PAD = tf.constant(3)
def helper(ids): return ids
def encode_dialog(question, answer, tokenizer): return helper(tokenizer.encode(question))
def pad_dialogs(dialogs, pad_id): return dialogs + [PAD]
"""


@pytest.mark.parametrize("name", ["kim.py", "answering.py", "dialogs.py"])
def test_of_a_single_file_only_what_a_step_needs_counts(tmp_path, name):
    submission = read(put(tmp_path, name, content=ONE_SOURCE.encode()) / name)
    assert not names_tensorflow(submission, FRAMING)
    assert names_tensorflow(submission, PADDING)


def test_a_single_file_that_is_no_python_waits_for_nothing(tmp_path):
    assert not names_tensorflow(
        read(put(tmp_path, "kim.py", content=b"import tensorflow as tf\ndef (") / "kim.py"), FRAMING
    )


# A notebook beside modules

SKELETON = {path.name: path.read_bytes() for path in paths.SKELETON.iterdir() if path.is_file()}
ANSWER = SKELETON["lab.ipynb"].replace(
    b'raise NotImplementedError(\\"unk: replace_overshooting\\")', b"return [min(i, unk_id) for i in token_ids]"
)


def folder_of(root, files):
    root.mkdir()
    for name, content in files.items():
        (root / name).write_bytes(content)
    return root


def zip_of(root, files):
    path = root.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"skeleton/{name}", content)
    return path


@pytest.mark.parametrize("made", [folder_of, zip_of])
def test_answers_in_a_notebook_beside_empty_modules_are_the_submission(tmp_path, made):
    assert SKELETON["lab.ipynb"] != ANSWER
    submission = read(made(tmp_path / "kim", SKELETON | {"lab.ipynb": ANSWER}))
    assert (submission.kind, submission.main) == ("source", "lab.ipynb")
    assert b"min(i, unk_id)" in submission.files["lab.ipynb"]


@pytest.mark.parametrize("made", [folder_of, zip_of])
@pytest.mark.parametrize(
    "edit",
    [{}, {"dialogs.py": b"def encode_dialog(question, answer, tokenizer):\n    return []\n"}],
    ids=["as given", "modules written"],
)
def test_else_the_modules_are_the_submission(tmp_path, made, edit):
    submission = read(made(tmp_path / "kim", SKELETON | edit))
    assert (submission.kind, submission.files.keys() >= {"dialogs.py", "answering.py"}) == ("folder", True)


def test_a_notebook_that_cannot_be_read_is_told_where_nothing_else_is_written(tmp_path):
    broken = SKELETON | {"lab.ipynb": b"no notebook"}
    assert "lab.ipynb" in unreadable(folder_of(tmp_path / "kim", broken)).text.ko
    written = broken | {"dialogs.py": (paths.SOLUTION / "dialogs.py").read_bytes()}
    assert read(folder_of(tmp_path / "lee", written)).kind == "folder"


# Encodings


COOKIES = ["rot13", "hex", "zlib", "base64", "idna", "punycode", "undefined", "utf-16", "utf-7", "no-such-encoding"]


@pytest.mark.parametrize("cookie", COOKIES)
@pytest.mark.parametrize("text", ["x = 1\n", f"{SOURCE}{'y' * 100}..{'z' * 100}\n"], ids=["short", "long"])
def test_a_strange_cookie_does_not_stop_the_grader(tmp_path, cookie, text):
    put(tmp_path, "dialogs.py", content=f"# coding: {cookie}\n{text}".encode())
    assert "dialogs.py" in read(tmp_path).files


UNDECODABLE = [SOURCE.encode("utf-16"), b"\xff\xfe\xfd\xfc" * 20, b"\x89PNG\r\n\x1a\n\0\0\xff\xff"]


@pytest.mark.parametrize("content", UNDECODABLE, ids=["utf-16", "bytes", "picture"])
def test_a_single_file_that_cannot_be_decoded_is_unreadable(tmp_path, content):
    assert "kim.py" in unreadable(put(tmp_path, "kim.py", content=content) / "kim.py").text.ko

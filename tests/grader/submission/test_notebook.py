"""Notebooks: their code becomes one source that Python can read, and errors are told by cell and line."""

import ast
import json
import warnings

import nbformat
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from nbformat import v3, v4

from grader.assignment import ASSIGNMENT
from grader.checks.examinee import Examinee
from grader.checks.verdict import Failure
from grader.errors import UnreadableError
from grader.sandbox.pool import Pool
from grader.submission import notebook
from grader.submission.equivalent import names_tensorflow
from grader.submission.notebook import source_of
from grader.submission.reading import read
from tests.helpers import notebooks
from tests.helpers.children import raised, value

UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
DEFINITION = "def encode_dialog(*_):\n    return 'right'"


def made(*cells):
    return notebooks.notebook(*cells).encode()


def source(*cells):
    return source_of(made(*cells), "kim.ipynb")[0].decode()


def run(*cells):
    """What the source of these cells defines."""
    names = {"__file__": "/x/kim.ipynb"}
    exec(compile(source(*cells), "kim.ipynb", "exec"), names)
    return names


def statements(*cells):
    return [ast.unparse(statement) for statement in ast.parse(source(*cells)).body]


@pytest.fixture
def kept(tmp_path):
    """A notebook of these cells on the disk, and read."""

    def write(*cells, name="kim.ipynb"):
        (tmp_path / name).write_bytes(made(*cells))
        return read(tmp_path / name)

    return write


# What is a notebook


def test_code_cells_become_one_source_in_their_order(kept):
    submission = kept("import math", DEFINITION, "x = 1\ny = 2")
    assert (submission.name, submission.kind, list(submission.files)) == ("kim", "source", ["kim.ipynb"])
    body = ast.parse(submission.files["kim.ipynb"]).body
    assert [ast.unparse(one) for one in body] == ["import math", DEFINITION, "x = 1", "y = 2"]


@pytest.mark.parametrize("indent", [None, 1])
def test_texts_and_outputs_stay_behind(indent):
    cell = v4.new_code_cell("x = 1", outputs=[v4.new_output("stream", text="secret\n")], execution_count=3)
    book = v4.new_notebook(cells=[v4.new_markdown_cell("# secret"), cell, v4.new_raw_cell("secret = 1")])
    text, starts = source_of(json.dumps(book, indent=indent).encode(), "kim.ipynb")
    assert b"x = 1" in text
    assert b"secret" not in text
    assert starts == (2,)


def test_outputs_of_any_size_do_no_harm():
    picture = v4.new_output("display_data", data={"image/png": "iVBORw0K" * 4 * 2**20})
    cells = [v4.new_code_cell("x = 1", outputs=[picture])]
    text, _ = source_of(nbformat.writes(v4.new_notebook(cells=cells)).encode(), "kim.ipynb")
    assert len(text) < 100


def test_notebooks_of_nbformat_3_are_read():
    cells = [v3.new_text_cell("markdown", "hello"), v3.new_code_cell(DEFINITION), v3.new_code_cell("x = 1")]
    book = v3.new_notebook(worksheets=[v3.new_worksheet(cells=cells[:2]), v3.new_worksheet(cells=cells[2:])])
    text, _ = source_of(json.dumps(book).encode(), "kim.ipynb")
    assert [ast.unparse(one) for one in ast.parse(text).body] == [DEFINITION, "x = 1"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_notebooks_in_any_unicode_are_read(encoding):
    text = json.dumps(v4.new_notebook(cells=[v4.new_code_cell("x = '똠방각하'")]), ensure_ascii=False)
    assert "x = '똠방각하'" in source_of(text.encode(encoding), "kim.ipynb")[0].decode()


NO_NOTEBOOKS = ["", "{", "[]", "{}", '{"cells": []}', '{"nbformat": 4, "cells": {}}', '{"nbformat": 4, "cells": [1]}']
NO_NOTEBOOKS += ['{"nbformat": 4, "cells": [{"cell_type": "code", "source": 1}]}', "<html>", "\udcff", "[" * 10**5]


@pytest.mark.parametrize("content", NO_NOTEBOOKS, ids=lambda content: content[:20])
def test_what_is_no_notebook_is_unreadable(content):
    with pytest.raises(UnreadableError) as told:
        source_of(content.encode("utf-8", "surrogateescape"), "kim.ipynb")
    assert "kim.ipynb" in told.value.text.ko
    assert "kim.ipynb" in told.value.text.en


def test_a_notebook_without_code_is_read():
    assert statements() == []


def test_too_much_code_is_unreadable(monkeypatch):
    monkeypatch.setattr(notebook, "MAX_SOURCE", 2**10)
    with pytest.raises(UnreadableError, match="KiB"):
        source("x = 1\n" * 200)
    assert statements("x = 1\n" * 100)


# Lines that are not Python


@pytest.mark.parametrize(
    "line",
    ["!pip install x", "%matplotlib inline", "%time train()", "x = !ls", "x = %pwd", "?print", "print?", "%%bash\nls"],
)
def test_what_ipython_alone_understands_does_not_run(line):
    cells = [line] if line.startswith("%%") else [f"{line}\n{DEFINITION}"]
    kept = statements(*cells, "y = 1")
    assert [one for one in kept if one not in (DEFINITION, "pass")] == ["y = 1"]
    assert line.startswith("%%") or DEFINITION in kept


def test_a_block_of_shell_lines_stays_a_block():
    assert run("if True:\n    !pip install x\nelse:\n    !apt install \\\n  y\nx = 1")["x"] == 1


def test_python_that_looks_like_magic_stays():
    assert run("name = 3\nx = ('%d'\n%name)")["x"] == "3"
    assert run("text = '''\n!pip\n%magic\n'''\n!ls")["text"] == "\n!pip\n%magic\n"


@pytest.mark.parametrize("magic", ["%%time", "%%capture out", "\n%%time", "%%prun -l 3"])
def test_definitions_in_a_cell_that_is_timed_stay(magic):
    assert run(f"{magic}\n{DEFINITION}")["encode_dialog"]() == "right"


@pytest.mark.parametrize("magic", ["%%bash", "%%writefile x.py", "%%html", "%%", "%%javascript"])
def test_cells_of_other_languages_stay_behind(magic):
    assert statements(f"{magic}\n{DEFINITION}") == []


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_of_other_systems_bring_nothing_to_life(end):
    assert statements(f"%%bash{end}x = 1{end}y = 2", f"x ={end}y = 1") == []


def test_a_cookie_in_a_cell_does_not_count():
    assert run("# -*- coding: cp949 -*-\nx = '안녕'")["x"] == "안녕"


def test_half_characters_and_zero_bytes_do_no_harm():
    cell = {"cell_type": "code", "source": ["x = '\ud800'\n", "y = 'a\0b'"], "metadata": {}, "outputs": []}
    text, _ = source_of(json.dumps({"nbformat": 4, "cells": [cell]}).encode(), "kim.ipynb")
    names = {}
    exec(compile(text, "", "exec"), names)
    assert (names["x"], names["y"]) == ("\ud800", "ab")


def test_warnings_of_the_source_are_its_authors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "def f" in source("def f():\n    return '\\d'")


DEEP = [
    "x = " + "-" * 10**5 + "1",
    "x = " + "1+" * 10**5 + "1",
    "(" * 10**4,
    "if x:\n pass\n" + "elif x:\n pass\n" * 10**4,
]


@pytest.mark.parametrize("cell", DEEP, ids=["signs", "sums", "brackets", "branches"])
def test_a_cell_too_deep_for_python_costs_no_other(cell):
    assert statements(cell, "x = 1") == ["x = 1"]


@given(st.lists(st.text(max_size=60), max_size=5))
@example(["\ufeffx = 1", "'''", "x = '''\n", "\\", "%%time", "!\\\n!", "\x0c", "# [7]"])
@UNTIMED
def test_any_cells_become_a_source_that_python_can_read(cells):
    text, starts = source_of(json.dumps(v4.new_notebook(cells=[v4.new_code_cell(c) for c in cells])).encode(), "k")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ast.parse(text)
    lines = text.decode().split("\n")
    assert [lines[start - 1] for start in starts] == [f"# [{number}]" for number in range(1, len(cells) + 1)]


# Places


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.data())
@UNTIMED
def test_a_line_is_told_by_its_cell(tmp_path, sizes, data):
    cells = ["\n".join(f"x{cell}_{line} = 1" for line in range(1, size + 1)) for cell, size in enumerate(sizes, 1)]
    (tmp_path / "kim.ipynb").write_bytes(made(*cells))
    submission = read(tmp_path / "kim.ipynb")
    cell = data.draw(st.integers(1, len(sizes)))
    line = data.draw(st.integers(1, sizes[cell - 1]))
    number = submission.files["kim.ipynb"].decode().split("\n").index(f"x{cell}_{line} = 1") + 1
    assert submission.place("kim.ipynb", number) == (f"kim.ipynb [{cell}]", line)


def test_places_in_other_files_stay(kept, tmp_path):
    assert kept("x = 1").place("", 0) == ("", 0)
    (tmp_path / "dialogs.py").write_text("x = 1", encoding="utf-8")
    assert read(tmp_path / "dialogs.py").place("dialogs.py", 1) == ("dialogs.py", 1)


def test_a_broken_cell_costs_no_other():
    names = run("x = 1", "x = (", "def good():\n    return 1\n!!!")
    assert names["x"] == 1


def test_a_function_of_a_broken_cell_says_what_is_wrong():
    with pytest.raises(SyntaxError) as told:
        run("x = 1", "import os\n\ndef encode_dialog(*_)\n    return 'a'")["encode_dialog"]("q", "a", None)
    assert (told.value.filename, told.value.lineno) == ("/x/kim.ipynb [2]", 3)
    assert told.value.text == "def encode_dialog(*_)"


@pytest.mark.parametrize("cells", [(DEFINITION, f"{DEFINITION}\n!!!"), (f"{DEFINITION}\n!!!", DEFINITION)])
def test_a_sound_definition_counts_before_a_broken_one(cells):
    assert run(*cells)["encode_dialog"]() == "right"


def test_a_definition_in_another_language_is_none():
    with pytest.raises(SyntaxError):
        run(f"%%writefile x.py\n{DEFINITION}", f"{DEFINITION}\n)")["encode_dialog"]()


# In a child


def test_a_notebook_is_graded_like_a_source(submit, kept):
    cells = ["!pip install x\nraise SystemExit", "import math", DEFINITION.replace("'right'", "math.floor(2.5)"), "1/0"]
    assert value(submit(kept(*cells).message())()) == 2


def test_a_broken_cell_is_described_by_a_child(submit, kept):
    error = raised(submit(kept("x = 1", "def encode_dialog(*_):\n    return (").message())())
    assert (error["type"], error["file"], error["line"]) == ("SyntaxError", "kim.ipynb [2]", 2)
    assert error["source"] == "return ("


@pytest.mark.parametrize("cell", ["import tensorflow as tf", "from keras.utils import x as tf"])
def test_a_notebook_whose_step_needs_tensorflow_names_it(kept, cell):
    step = ASSIGNMENT.step_of("encode_dialog")
    assert names_tensorflow(kept(cell, "def encode_dialog(*_):\n    return tf"), step)
    assert not names_tensorflow(kept(cell, "def encode_dialog(*_):\n    return 1"), step)


def test_an_error_in_a_notebook_is_told_by_cell_and_line(pool: Pool, kept):
    examinee = Examinee(kept("x = 1\n", "import math", "def encode_dialog(*_):\n    y = 1\n    return y / 0"), pool)
    examinee.begin(ASSIGNMENT.step_of("encode_dialog"))
    try:
        with pytest.raises(Failure) as told:
            examinee.call("encode_dialog", "q", "a", None, call="")
    finally:
        examinee.end()
    assert (told.value.details["file"], told.value.details["line"]) == ("kim.ipynb [3]", 3)
    assert told.value.details["source"] == "return y / 0"

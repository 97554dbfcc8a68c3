"""Folders are loaded as Python does."""

import ast
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from grader import reference
from grader.inside.messages import Missing
from grader.paths import PROJECT
from grader.sandbox.arguments import tokenizer
from tests.helpers.children import PLAIN, call_of, raised, returning, submitted, value

FRESH = """
import ast, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from grader.inside import loading
from grader.inside.messages import SubmittedFiles
files, fresh = ast.literal_eval(sys.stdin.read())
early = [name for name in fresh if name in sys.modules]
submission = loading.load(SubmittedFiles("folder", files, ""), Path.cwd())
print(repr((early, submission.function("dialogs", "encode_dialog")())))
"""


def in_a_new_process(tmp_path, files, fresh):
    """What `encode_dialog` returns where none of the modules named has been imported before the submission is."""
    done = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "-c", FRESH, str(PROJECT)],
        input=repr((submitted(files, "folder").files, fresh)),
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    early, result = ast.literal_eval(done.stdout)
    assert early == []
    return result


@pytest.mark.parametrize("line", ["from .helpers import x", "import helpers; x = helpers.x", "from helpers import x"])
def test_a_helper_is_reachable(folder, line):
    call = folder(dialogs=f"{line}\n{returning('x')}", helpers="x = '도움'")
    assert value(call()) == "도움"


@pytest.mark.parametrize("tensorflow", [False, True])
def test_what_the_fork_server_was_imported_without_is_there(pool, tensorflow):
    lines = "import matplotlib.pyplot as plt\nfrom IPython.display import HTML\n"
    source = lines + returning("[plt.__name__, HTML('x').data]")
    child = pool.child(submitted({"dialogs.py": source}, "folder"), tensorflow=tensorflow)
    assert value(child.ask(call_of(), 60)) == ["matplotlib.pyplot", "x"]
    child.end()


def test_the_tokenizer_that_the_fork_server_made_encodes_many_texts_and_is_each_childs_own(pool):
    source = """
        def encode_dialog(question, answer, tokenizer):
            before = tokenizer.add_tokens(["<new>"])
            return [before, tokenizer([question, answer] * 200)["input_ids"][-1]]
        """
    message = submitted({"dialogs.py": textwrap.dedent(source)}, "folder")
    request = call_of("encode_dialog", "가", "나", tokenizer())
    for _ in range(2):
        child = pool.child(message, tensorflow=False)
        assert value(child.ask(request, 60)) == [1, reference.mini().encode("나")]
        child.end()


def test_a_helper_in_a_folder_of_its_own_is_reachable(submit):
    files = {
        "dialogs.py": "from .tools.text import x\nfrom tools import text\n" + returning("[x, text.x]"),
        "tools/text.py": "from . import other\nx = other.x",
        "tools/other.py": "x = 1",
    }
    assert value(submit(submitted(files, "folder"))()) == [1, 1]


def test_a_module_may_import_its_neighbour(folder):
    call = folder(dialogs=f"from .batches import x\n{returning('x')}", batches="x = 3")
    assert value(call()) == 3


def test_data_beside_the_module_can_be_read(submit):
    source = "from pathlib import Path\n" + returning(
        "Path(__file__).with_name('words.txt').read_text(encoding='utf-8')"
    )
    assert value(submit(submitted({"dialogs.py": source, "words.txt": "안녕"}, "folder"))()) == "안녕"


@pytest.mark.parametrize("name", ["random", "json", "statistics", "tqdm"])
def test_a_helper_does_not_shadow_a_library(tmp_path, name):
    files = {
        "dialogs.py": f"import {name}\nfrom .{name} import own\n{returning(f'({name}.__file__, own)')}",
        f"{name}.py": "own = True",
    }
    file, own = in_a_new_process(tmp_path, files, [name])
    assert own is True
    assert tmp_path not in Path(file).parents


@pytest.mark.parametrize("path", ["kit/__init__.py", "kit.py"])
def test_a_kit_in_the_submission_does_not_shadow_the_kit(tmp_path, path):
    files = {
        "dialogs.py": f"import kit\nfrom kit import resolve\n{returning('(kit.__file__, resolve(chr(97)))')}",
        path: "def resolve(name): return 'mine'",
    }
    file, resolved = in_a_new_process(tmp_path, files, ["kit"])
    assert Path(file) == PROJECT / "kit" / "__init__.py"
    assert resolved == "a"


def test_a_grader_in_the_submission_does_not_shadow_the_grader(tmp_path):
    files = {"dialogs.py": f"import grader\n{returning('grader.__file__')}", "grader/__init__.py": "", "grader.py": ""}
    assert Path(in_a_new_process(tmp_path, files, [])) == PROJECT / "grader" / "__init__.py"


FAULTS = [
    pytest.param("\nx = 1\nraise ValueError('망가짐')\n", "ValueError", 3, "raise ValueError('망가짐')", id="raises"),
    pytest.param("import sys\nsys.exit(3)\n", "SystemExit", 2, "sys.exit(3)", id="exits"),
    pytest.param("x = 1\n\nimport no_such_library\n", "ModuleNotFoundError", 3, "import no_such_library", id="imports"),
    pytest.param("x = 1\ndef encode_dialog(:\n    pass\n", "SyntaxError", 2, "def encode_dialog(:", id="syntax"),
    pytest.param("def encode_dialog():\npass\n", "IndentationError", 2, "pass", id="indentation"),
]


@pytest.mark.parametrize(("source", "kind", "line", "text"), FAULTS)
def test_a_module_that_cannot_be_imported_costs_its_own_functions_only(folder, source, kind, line, text):
    call = folder(dialogs=source, batches=returning("1", "pad_dialogs"))
    for _ in range(2):
        error = raised(call())
        assert (error["type"], error["file"], error["line"], error["source"]) == (kind, "dialogs.py", line, text)
        assert value(call("pad_dialogs", "batches")) == 1


@pytest.mark.parametrize("source", ["raise ValueError", "import sys; sys.exit()", "def (", "from .nothing import x"])
def test_a_broken_init_costs_nothing(folder, source):
    call = folder(__init__=source, dialogs=f"from .helpers import x\n{returning('x')}", helpers="x = 5")
    assert value(call()) == 5


def test_a_good_init_is_run(folder):
    call = folder(__init__="x = 7", dialogs=f"from . import x\n{returning('x')}")
    assert value(call()) == 7


def test_an_error_is_described_by_the_last_line_of_the_submission_that_it_came_through(folder):
    call = folder(
        dialogs="import helpers\ndef encode_dialog(*_):\n    return helpers.work()\n",
        helpers="def work():\n\n    return int('열')\n",
    )
    error = raised(call())
    assert (error["type"], error["file"], error["line"]) == ("ValueError", "helpers.py", 3)
    assert "열" in error["message"]
    assert error["source"] == "return int('열')"


NO_TEXT = "class Odd(Exception):\n    def __str__(self): raise ValueError\n"


def test_an_exception_without_a_text_is_described(folder):
    error = raised(folder(dialogs=NO_TEXT + "def encode_dialog(*_):\n    raise Odd\n")())
    assert (error["type"], error["message"], error["line"]) == ("Odd", "", 4)


def test_an_exception_with_a_lone_surrogate_is_described(folder):
    error = raised(folder(dialogs="def encode_dialog(*_):\n    raise ValueError('\\ud800')\n")())
    assert (error["type"], error["message"], error["line"]) == ("ValueError", "\\ud800", 2)


def test_a_missing_module_is_missing(folder):
    call = folder(dialogs=PLAIN)
    assert call("pad_dialogs", "batches") == Missing("batches.py")
    assert value(call()) == "right"


@pytest.mark.parametrize("source", ["", "encode_dialog = 3", "def encode_dialogs(*_): return 1"])
def test_a_missing_function_is_missing(folder, single, source):
    assert folder(dialogs=source)() == Missing("encode_dialog")
    assert single(source)() == Missing("encode_dialog")

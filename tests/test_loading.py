"""Hand-ins are loaded as the contract says: folders as Python does, single files by the names that are needed."""

import ast
import base64
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from grader import handin, wire
from grader.inside.loading import bound_names, needed_statements

ROOT = Path(__file__).parent.parent
PLAIN = "def encode_dialog(question, answer, tokenizer):\n    return 'right'\n"


def encoded(files, kind):
    contents = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
    return {"kind": kind, "files": {name: base64.b64encode(content).decode() for name, content in contents.items()}}


@pytest.fixture
def submit(workshop):
    """Load a hand-in's message in a child of the light bench; returns how its functions are called."""
    children = []

    def load(message):
        child = workshop.child(message, tensorflow=False)
        children.append(child)

        def call(function="encode_dialog", module="dialogs"):
            arguments = {"encode_dialog": ["q", "a", None], "replace_overshooting": [[], 0, 0]}.get(function, [])
            request = {"do": "call", "module": module, "function": function, "args": arguments}
            return child.ask(request, 60, lambda *_: None)

        return call

    yield load
    for child in children:
        child.end()


@pytest.fixture
def folder(submit):
    return lambda **sources: submit(encoded({f"{name}.py": source for name, source in sources.items()}, "folder"))


@pytest.fixture
def single(submit):
    return lambda source: submit(encoded({"kim.py": textwrap.dedent(source)}, "source"))


def value(reply):
    assert "value" in reply, reply
    return wire.unpack(reply["value"])[0]


def raised(reply):
    assert "raised" in reply, reply
    return reply["raised"]


def returning(expression, function="encode_dialog"):
    return f"def {function}(*_):\n    return {expression}\n"


FRESH = """
import ast, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from grader.inside import loading
message, fresh = ast.literal_eval(sys.stdin.read())
early = [name for name in fresh if name in sys.modules]
submission = loading.load(message, Path.cwd())
print(repr((early, submission.function("dialogs", "encode_dialog")())))
"""


def in_a_new_process(tmp_path, files, fresh):
    """What `encode_dialog` returns where none of the modules named has been imported before the hand-in was loaded."""
    done = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "-c", FRESH, str(ROOT)],
        input=repr((encoded(files, "folder"), fresh)),
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


# Folders


@pytest.mark.parametrize("line", ["from .helpers import x", "import helpers; x = helpers.x", "from helpers import x"])
def test_a_helper_is_reachable(folder, line):
    call = folder(dialogs=f"{line}\n{returning('x')}", helpers="x = '도움'")
    assert value(call()) == "도움"


def test_a_helper_in_a_folder_of_its_own_is_reachable(submit):
    files = {
        "dialogs.py": "from .tools.text import x\nfrom tools import text\n" + returning("[x, text.x]"),
        "tools/text.py": "from . import other\nx = other.x",
        "tools/other.py": "x = 1",
    }
    assert value(submit(encoded(files, "folder"))()) == [1, 1]


def test_a_module_may_import_its_neighbour(folder):
    call = folder(dialogs=f"from .batches import x\n{returning('x')}", batches="x = 3")
    assert value(call()) == 3


def test_data_beside_the_module_can_be_read(submit):
    source = "from pathlib import Path\n" + returning(
        "Path(__file__).with_name('words.txt').read_text(encoding='utf-8')"
    )
    assert value(submit(encoded({"dialogs.py": source, "words.txt": "안녕"}, "folder"))()) == "안녕"


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
def test_a_kit_in_the_hand_in_does_not_shadow_the_kit(tmp_path, path):
    files = {
        "dialogs.py": f"import kit\nfrom kit import resolve\n{returning('(kit.__file__, resolve(chr(97)))')}",
        path: "def resolve(name): return 'mine'",
    }
    file, resolved = in_a_new_process(tmp_path, files, ["kit"])
    assert Path(file) == ROOT / "kit" / "__init__.py"
    assert resolved == "a"


def test_a_grader_in_the_hand_in_does_not_shadow_the_grader(tmp_path):
    files = {"dialogs.py": f"import grader\n{returning('grader.__file__')}", "grader/__init__.py": "", "grader.py": ""}
    assert Path(in_a_new_process(tmp_path, files, [])) == ROOT / "grader" / "__init__.py"


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


def test_an_error_is_described_by_the_last_line_of_the_hand_in_that_it_came_through(folder):
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
    assert call("pad_dialogs", "batches") == {"missing": "batches.py"}
    assert value(call()) == "right"


@pytest.mark.parametrize("source", ["", "encode_dialog = 3", "def encode_dialogs(*_): return 1"])
def test_a_missing_function_is_missing(folder, single, source):
    assert folder(dialogs=source)() == {"missing": "encode_dialog"}
    assert single(source)() == {"missing": "encode_dialog"}


# Single files


def test_the_last_definition_wins(single):
    stub = "def encode_dialog(*_):\n    raise NotImplementedError\n"
    assert value(single(stub + PLAIN)()) == "right"
    assert raised(single(PLAIN + stub)())["type"] == "NotImplementedError"


MARK = "open('ran', 'w').close()"
RAN = "import os\ndef encode_dialog(*_):\n    return os.path.exists('ran')\n"


def test_what_a_function_needs_is_executed(single):
    used = f"flag = {MARK}\n" + RAN.replace("return", "flag; return")
    assert value(single(used)()) is True  # so a mark that is not there below was not executed


UNNEEDED = {
    "call": MARK,
    "call behind": f"x = 1\n{MARK}\nimport sys\nsys.exit()",
    "assignment": f"history = {MARK}",
    "main": f"if __name__ == '__main__':\n    {MARK}",
    "loop": f"for epoch in range(3):\n    {MARK}",
    "with": f"with open('ran', 'w') as file:\n    {MARK}",
    "default of another": f"def fine_tune(x={MARK}):\n    pass",
    "class": f"class Trainer:\n    {MARK}",
    "decorator of another": f"@({MARK} or (lambda f: f))\ndef fine_tune():\n    pass",
    "method call": f"import pathlib\npathlib.Path('ran').touch()\n{MARK}",
    "earlier definition": f"def encode_dialog(*_, x={MARK}):\n    pass",
}


@pytest.mark.parametrize("name", UNNEEDED)
def test_nothing_else_is_executed(single, name):
    assert value(single(f"{UNNEEDED[name]}\n{RAN}")()) is False


@pytest.mark.parametrize("name", [name for name in UNNEEDED if name != "earlier definition"])
def test_nothing_behind_the_definition_is_executed(single, name):
    assert value(single(f"{RAN}\n{UNNEEDED[name]}")()) is False


def test_an_exit_between_the_definitions_is_not_executed(single):
    call = single(f"{PLAIN}\nimport sys\nsys.exit(0)\n{returning('2', 'replace_overshooting')}")
    assert value(call()) == "right"
    assert value(call("replace_overshooting")) == 2


LOCAL_NAMES = {
    "parameter": "def encode_dialog(model, *_):\n    model\n    return os.path.exists('ran')\n",
    "local": "def encode_dialog(*_):\n    model = 1\n    model\n    return os.path.exists('ran')\n",
    "comprehension": "def encode_dialog(*_):\n    [model for model in 'ab']\n    return os.path.exists('ran')\n",
}


@pytest.mark.parametrize("name", LOCAL_NAMES)
def test_a_local_name_needs_nothing_of_the_top_level(single, name):
    assert value(single(f"import os\nmodel = {MARK}\n{LOCAL_NAMES[name]}")()) is False


def test_the_else_of_a_tried_import_is_not_executed(single):
    source = f"try:\n    import math\nexcept ImportError:\n    math = None\nelse:\n    {MARK}\n"
    assert value(single(source + RAN.replace("return", "math; return"))()) is False


FOLLOWED = {
    "helper": ("def helper():\n    return 5", "helper()"),
    "helper's helper": ("def inner():\n    return 5\ndef helper():\n    return inner()", "helper()"),
    "helper behind": ("", "behind()"),
    "constant": ("FIVE = 5", "FIVE"),
    "constant of constants": ("TWO = 2\nTHREE: int = 3\nFIVE = TWO + THREE", "FIVE"),
    "several names": ("(TWO, [THREE, *rest]) = 2, (3, 4)", "TWO + THREE"),
    "chain": ("FIVE = OTHER = 5", "OTHER"),
    "augmented": ("FIVE = 2\nFIVE += 3", "FIVE"),
    "rebound from itself": ("FIVE = 2\nFIVE = FIVE + 3", "FIVE"),
    "subscript": ("CONFIG = {}\nCONFIG['five'] = 5", "CONFIG['five']"),
    "attribute": ("class Config:\n    pass\nConfig.five = 5", "Config.five"),
    "class": ("class Five:\n    value = 5", "Five().value"),
    "base class": ("class Base:\n    value = 5\nclass Five(Base):\n    pass", "Five().value"),
    "lambda": ("five = lambda: 5", "five()"),
    "import": ("import math", "int(math.sqrt(25))"),
    "import from": ("from math import sqrt as root", "int(root(25))"),
    "star": ("from math import *", "int(sqrt(25))"),
    "tried import": ("try:\n    import no_such_library as lib\nexcept ImportError:\n    lib = 5", "lib"),
    "tried import from": (
        "try:\n    from no_such import lib\nexcept ImportError:\n    import math as lib",
        "lib.gcd(5, 10)",
    ),
    "handler of all": ("try:\n    import no_such_library as lib\nexcept:\n    lib = 5", "lib"),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_names_are_followed(single, name):
    before, expression = FOLLOWED[name]
    call = single(f"{before}\ndef encode_dialog(*_):\n    return {expression}\ndef behind():\n    return 5\n")
    assert value(call()) == 5


def test_names_in_decorators_and_defaults_are_followed(single):
    call = single("""
        FIVE = 5
        def twice(function):
            return lambda *args: 2 * function()
        @twice
        def encode_dialog(x=FIVE):
            return x
    """)
    assert value(call()) == 10


def test_a_function_may_be_rebound_by_what_wraps_it(single):
    wrap = "def wrap(function):\n    return lambda *args: [function(*args)]\n"
    assert value(single(f"{wrap}{PLAIN}encode_dialog = wrap(encode_dialog)\n")()) == ["right"]


def test_annotations_may_be_postponed(single):
    call = single("""
        from __future__ import annotations
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            import pandas as pd
        def encode_dialog(question: pd.Series, *_) -> Later:
            return "right"
    """)
    assert value(call()) == "right"


def test_a_dataclass_can_be_used(single):
    call = single("""
        from dataclasses import dataclass
        @dataclass
        class Pair:
            left: int
            right: int = 5
        def encode_dialog(*_):
            return Pair(1).right
    """)
    assert value(call()) == 5


def test_a_function_may_call_its_neighbours(single):
    call = single(f"{PLAIN}def get_chat_data():\n    return [encode_dialog('q', 'a', None)]\n")
    assert value(call("get_chat_data")) == ["right"]


FAILING = [
    "import no_such_library as lib",
    "from no_such_library import lib",
    "lib = 1 / 0",
    "import sys; lib = sys.exit(2)",
]


@pytest.mark.parametrize("line", FAILING)
def test_what_fails_is_left_undefined_and_what_lacks_it_says_so(single, line):
    call = single(f"{line}\ndef encode_dialog(*_):\n    return lib.x\n\n{returning('2', 'replace_overshooting')}")
    error = raised(call())
    assert (error["type"], error["file"], error["line"]) == ("NameError", "kim.py", 3)
    assert "'lib'" in error["message"]
    assert value(call("replace_overshooting")) == 2


def test_functions_of_one_file_do_not_disturb_each_other(single):
    call = single("""
        seen = []
        def helper():
            return len(seen)
        def encode_dialog(*_):
            global helper
            seen.append(1)
            helper = None
        def replace_overshooting(*_):
            return helper()
    """)
    assert value(call("replace_overshooting")) == 0
    assert value(call()) is None
    assert value(call("replace_overshooting")) == 0


def test_a_function_keeps_its_state_between_calls(single):
    call = single("seen = []\ndef encode_dialog(*_):\n    seen.append(1)\n    return len(seen)\n")
    assert [value(call()), value(call())] == [1, 2]


def test_a_definition_that_fails_is_described(single):
    error = raised(single(f"x = 1\n\n@no_such_decorator\n{PLAIN}")())
    assert (error["type"], error["file"], error["line"]) == ("NameError", "kim.py", 3)


def test_line_numbers_are_those_of_the_file(single):
    call = single(f"x = 1\n{MARK}\n'''\n\n'''\ndef encode_dialog(*_):\n\n    return [\n        1 / 0\n    ]\n")
    error = raised(call())
    assert (error["type"], error["file"], error["line"], error["source"]) == (
        "ZeroDivisionError",
        "kim.py",
        9,
        "1 / 0",
    )


def test_a_syntax_error_of_a_single_file_is_described(single):
    call = single(f"{PLAIN}x = 1\nif 안녕 = 3:\n    pass\n")
    for function in ("encode_dialog", "replace_overshooting"):
        error = raised(call(function))
        assert (error["type"], error["file"], error["line"]) == ("SyntaxError", "kim.py", 4)
        assert error["source"] == "if 안녕 = 3:"


# What is needed, without executing anything


def needed(source, name="f"):
    return [ast.unparse(statement) for statement in needed_statements(ast.parse(textwrap.dedent(source)), name)]


def test_needed_statements_keep_the_order_of_the_source():
    source = "def f():\n    return g(x)\nimport a\ny = a.b\ndef g(z):\n    return y\nx = 1\nunused = 2\n"
    assert needed(source) == ["def f():\n    return g(x)", "import a", "y = a.b", "def g(z):\n    return y", "x = 1"]


def test_nothing_is_needed_for_a_function_that_is_not_there():
    assert needed("import a\nx = 1\ndef g(): return x") == []


def test_functions_that_call_each_other_are_needed_once():
    assert len(needed("def f():\n    return g()\ndef g():\n    return f()")) == 2


def test_two_imports_of_one_package_are_both_needed():
    source = "import xml.dom.minidom\nimport xml.sax\ndef f():\n    return (xml.dom.minidom, xml.sax)"
    assert needed(source) == source.split("\n", 2)


def test_the_last_of_several_definitions_is_needed():
    assert needed("x = 1\nx = 2\ndef f():\n    return 1\ndef f():\n    return x") == ["x = 2", "def f():\n    return x"]


BINDING = {
    "def f(): pass": {"f"},
    "async def f(): pass": {"f"},
    "class C: x = 1": {"C"},
    "import a, b.c, d as e, f.g as h": {"a", "b", "e", "h"},
    "from a import b, c as d": {"b", "d"},
    "a = b = c": {"a", "b"},
    "a, (b, *c) = d": {"a", "b", "c"},
    "a: int = 1": {"a"},
    "a += b": {"a"},
    "try:\n    import a\nexcept ImportError:\n    a = b = None": {"a", "b"},
}


@pytest.mark.parametrize("source", BINDING)
def test_a_statement_binds_its_names(source):
    assert set(bound_names(ast.parse(source).body[0])) == BINDING[source]


RUNNING = [
    "train()",
    "if x:\n    import a",
    "for a in b:\n    pass",
    "while x:\n    a = 1",
    "with a as b:\n    c = 1",
    "del a",
    "assert a",
    "raise a",
    "try:\n    train()\nexcept ValueError:\n    pass",
    "try:\n    a = 1\nfinally:\n    train()",
]


@pytest.mark.parametrize("source", RUNNING)
def test_what_would_run_something_else_binds_nothing(source):
    assert list(bound_names(ast.parse(source).body[0])) == []


# Encodings and line ends: bytes as they lie on the disk, through reading and loading

WORDS = "안녕하세요"
RARE = "똠방각하"  # its first syllable is in CP949 and not in EUC-KR
ENCODINGS = {
    "utf-8": ("", "utf-8", RARE),
    "utf-8 with a byte-order mark": ("", "utf-8-sig", RARE),
    "utf-8 with a cookie": ("# -*- coding: utf-8 -*-\n", "utf-8", RARE),
    "byte-order mark and cookie": ("# coding: utf-8\n", "utf-8-sig", RARE),
    "cp949": ("", "cp949", RARE),
    "cp949 with a cookie": ("# -*- coding: cp949 -*-\n", "cp949", RARE),
    "cp949 with a cookie in line 2": ("#!/usr/bin/python\n# vim: set fileencoding=cp949 :\n", "cp949", RARE),
    "cp949 with a cookie that says utf-8": ("# -*- coding: utf-8 -*-\n", "cp949", RARE),
    "euc-kr with a cookie": ("# -*- coding: euc-kr -*-\n", "euc-kr", WORDS),
    "cp949 with a cookie that says euc-kr": ("# -*- coding: euc-kr -*-\n", "cp949", RARE),
}
LINE_ENDS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}


def written(path, cookie, source, encoding, end):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes((cookie + source).replace("\n", end).encode(encoding))


@pytest.mark.parametrize("end", LINE_ENDS)
@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("kind", ["folder", "source"])
def test_korean_sources_are_read(submit, tmp_path, kind, name, end):
    cookie, encoding, words = ENCODINGS[name]
    path = tmp_path / "kim" / "dialogs.py"
    written(path, cookie, f"# {words}\n인사 = '''{words}\n'''\n{returning('인사')}", encoding, LINE_ENDS[end])
    call = submit(handin.read(path.parent if kind == "folder" else path).message())
    assert value(call()) == f"{words}\n"


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_helper_is_read_like_a_module(submit, tmp_path, name):
    cookie, encoding, words = ENCODINGS[name]
    written(tmp_path / "kim" / "dialogs.py", "", f"from .helpers import x\n{returning('x')}", "utf-8", "\n")
    written(tmp_path / "kim" / "helpers.py", cookie, f"x = '{words}'\n", encoding, "\n")
    assert value(submit(handin.read(tmp_path / "kim").message())()) == words


@pytest.mark.parametrize("end", LINE_ENDS)
@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("kind", ["folder", "source"])
def test_errors_in_korean_sources_are_described(submit, tmp_path, kind, name, end):
    cookie, encoding, words = ENCODINGS[name]
    path = tmp_path / "kim" / "dialogs.py"
    written(path, cookie, f"def encode_dialog(*_):\n    int('{words}')\n", encoding, LINE_ENDS[end])
    error = raised(submit(handin.read(path.parent if kind == "folder" else path).message())())
    assert (error["type"], error["file"], error["line"]) == ("ValueError", "dialogs.py", cookie.count("\n") + 2)
    assert error["source"] == f"int('{words}')"


@pytest.mark.parametrize("content", [b"\xff\xfe\xfd\x80\n", "x = '안녕'".encode("utf-16"), b"x = 1\n\0\n"], ids=repr)
def test_a_module_that_cannot_be_decoded_costs_its_own_functions_only(submit, tmp_path, content):
    (tmp_path / "dialogs.py").write_bytes(content)
    (tmp_path / "batches.py").write_text(returning("1", "pad_dialogs"), encoding="utf-8")
    call = submit(handin.read(tmp_path).message())
    error = raised(call())
    assert error["type"] in ("SyntaxError", "ValueError")
    assert value(call("pad_dialogs", "batches")) == 1

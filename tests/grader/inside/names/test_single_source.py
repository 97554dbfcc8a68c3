"""A single file gives the contract's functions and what they need by name; nothing else of it runs."""

import ast
import textwrap

import pytest

from grader.inside.names.statements import bound_names, needed_statements
from tests.helpers.children import PLAIN, raised, returning, submitted, value


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


BROKEN = {
    "itself": ("def encode_dialog(*_):\n    break\n", "'break' outside loop", 2),
    "helper": (
        f"def helper():\n    return\nhelper = lambda x, x: 1\n{returning('helper()')}",
        "duplicate argument 'x'",
        3,
    ),
    "class": (f"class Helper:\n    return\n{returning('Helper')}", "'return' outside function", 2),
    "itself first": (
        f"class Helper:\n    return\n{returning('[Helper for x in y if (x := 1)]')}",
        "assignment expression",
        4,
    ),
    "behind what runs": (f"x = {MARK}\n{returning('x, y')}y = [*z, (yield)]\n", "'yield' outside function", 4),
    "another encoding": ("# coding: cp949\ndef encode_dialog(*_):\n    break  # 안녕\n", "'break' outside loop", 3),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_the_compiler_refuses_is_described_and_nothing_is_executed(submit, what):
    source, message, line = BROKEN[what]
    whole = source + RAN.replace("encode_dialog", "replace_overshooting")
    call = submit(submitted({"kim.py": whole.encode("cp949" if "cp949" in source else "utf-8")}, "source"))
    for _ in range(2):
        error = raised(call())
        assert (error["type"], error["file"], error["line"], error["source"]) == ("SyntaxError", "kim.py", line, "")
        assert error["message"].startswith(message)
    assert value(call("replace_overshooting")) is False


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


def test_a_name_that_is_imported_again_further_down_is_there_where_a_definition_reads_it(single):
    source = """
        from typing import Any

        def encode_dialog(question: Any, answer: Any, tokenizer: Any) -> Any:
            return "right"

        from typing import Any
    """
    assert value(single(source)()) == "right"


@pytest.mark.parametrize("made", ["class Made:\n    value = [five]", "class Made:\n    value = [five for _ in 'a']"])
def test_so_is_a_name_that_the_body_of_a_class_reads(single, made):
    assert value(single(f"five = 5\n{made}\n{returning('Made.value')}five = 6\n")()) == [5]


@pytest.mark.parametrize("made", ["[five for _ in 'a']", "[_ for _ in (five,)]", "[{five: five}[five]]"])
def test_so_is_a_name_that_a_comprehension_reads(single, made):
    assert value(single(f"five = 5\nmade = {made}\n{returning('made')}five = 6\n")()) == [5]


IMPORTING = ["from helpers import right", "import helpers\nright = helpers.right", "from .helpers import right"]


@pytest.mark.parametrize("line", IMPORTING)
def test_what_lies_beside_it_can_be_imported(submit, line):
    source = f"{line}\ndef encode_dialog(*_):\n    return right()\n"
    files = {"lab.ipynb": source, "helpers.py": "import tools.deep\nright = tools.deep.right", "tools/deep.py": TOOL}
    assert value(submit(submitted(files, "source"))()) == "right"


TOOL = "def right():\n    return 'right'\n"


def test_alone_it_cannot_import_itself(single):
    source = "def encode_dialog(*_):\n    import kim\n"
    assert raised(single(source)())["type"] == "ModuleNotFoundError"


CAUSES = {
    "an import": ("from no_such_library import pad", "ModuleNotFoundError", 1),
    "an assignment": ("pad = [][1]", "IndexError", 1),
    "what an assignment needs": ("import no_such_library\npad = no_such_library.pad", "ModuleNotFoundError", 1),
    "one of several": ("a, pad = 1 / 0, 2", "ZeroDivisionError", 1),
}


@pytest.mark.parametrize("kind", CAUSES)
def test_a_name_that_is_not_there_has_its_cause_told(single, kind):
    made, error, line = CAUSES[kind]
    told = raised(single(f"{made}\ndef encode_dialog(*_):\n    return pad\n")())

    assert (told["type"], told["source"]) == ("NameError", "return pad")
    assert (told["cause"].type, told["cause"].line) == (error, line)


def test_a_name_that_nobody_makes_has_no_cause(single):
    assert raised(single("def encode_dialog(*_):\n    return pad\n")())["cause"] is None

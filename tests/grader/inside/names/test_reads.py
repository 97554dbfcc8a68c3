"""Which names of its module code reads: told from the tree as the compiler tells it, which this file may ask."""

import __future__

import ast
import dis
import importlib
import inspect
import random
import types
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.inside.names.flow import never_ending, truth
from grader.inside.names.reads import Reads
from grader.inside.names.statements import future_flags, needed_statements, used_names
from grader.paths import SKELETON, SOLUTION
from grader.submission.encoding import readable_source
from tests.grader.checks.test_mutants import GENERATED, WRONG
from tests.helpers.programming import Writer
from tests.submissions import VARIANTS

LOADS = ("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS")
LIBRARIES = ["argparse", "ast", "asyncio.tasks", "collections", "dataclasses", "enum", "inspect", "typing"]


def compiled(statement, flags, *, deep):
    """The names that a statement reads, as the compiler has it."""
    with warnings.catch_warnings(action="ignore"):
        code = compile(ast.Module([statement], []), "", "exec", flags, dont_inherit=True)
    instructions = [one for part in codes(code, deep=deep) for one in dis.get_instructions(part)]
    names = {one.argval for one in instructions if one.opname in LOADS}
    return {name for name in names if "." not in name}  # the compiler's own, around type parameters


def codes(code, *, deep):
    """A code object and those in it: all of them, or those that are executed with it."""
    yield code
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            is_class = not inner.co_flags & inspect.CO_OPTIMIZED
            apart = ("<listcomp>", "<setcomp>", "<dictcomp>", "<generic parameters")  # in some Pythons
            if deep or is_class or inner.co_name.startswith(apart):
                yield from codes(inner, deep=deep)


def told(statement, flags, *, deep):
    return set(used_names(statement, flags, deep=deep))


def has_dead_code(tree):
    ends = never_ending(tree)
    for node in ast.walk(tree):
        blocks = [getattr(node, name, None) for name in ("body", "orelse", "finalbody")]
        if any(one in ends for block in blocks if isinstance(block, list) for one in block[:-1]):
            return True
        if isinstance(node, ast.Try) and node.orelse and not ends.isdisjoint(node.body):
            return True
    return False


def parsed(source):
    with warnings.catch_warnings(action="ignore"):
        return ast.parse(source)


def mutated(file, mutant):
    return (SOLUTION / file).read_text(encoding="utf-8").replace(mutant["old"], mutant["new"])


def submissions():
    """Sources that people wrote."""
    folders = [VARIANTS, SOLUTION, SKELETON]
    yield from (readable_source(path.read_bytes()) for folder in folders for path in sorted(folder.rglob("*.py")))


def real_sources():
    """These, what is made of the solution, and libraries."""
    yield from submissions()
    yield from (mutated(file, mutant) for _, file, mutant in (param.values for param in WRONG))
    yield from (mutant.source for mutant in GENERATED)
    yield from (inspect.getsource(importlib.import_module(name)) for name in LIBRARIES)


def test_of_real_sources_the_compiler_says_the_same():
    count = 0
    for tree in map(parsed, dict.fromkeys(real_sources())):
        flags = future_flags(tree)
        for statement in tree.body:
            for deep in (True, False):
                assert told(statement, flags, deep=deep) == compiled(statement, flags, deep=deep), ast.unparse(
                    statement
                )
                count += 1
    assert count > 5_000


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 2**32), st.booleans())
def test_of_any_program_the_compiler_says_the_same_or_less(seed, constants):
    writer = Writer(random.Random(seed), wild=0, constants=constants)
    tree = ast.parse(writer.program())
    flags = future_flags(tree)
    exact = not (constants or writer.typed or has_dead_code(tree))
    for statement in tree.body:
        for deep in (True, False):
            try:
                expected = compiled(statement, flags, deep=deep)
            except (SyntaxError, SystemError):  # the latter is a fault of some Pythons
                continue
            names = told(statement, flags, deep=deep)
            assert expected <= names
            assert names == expected or not exact


READING = {
    "parameters": ("def f(a, /, b, *c, d, **e): return a, b, c, d, e, g", "g", ""),
    "defaults": ("def f(a=b, *, c=d): return a, c", "b d", "b d"),
    "decorators": ("@a.b(c)\ndef f(): pass", "a c", "a c"),
    "annotations": ("def f(a: b, *c: d) -> e: pass", "b d e", "b d e"),
    "annotations, postponed": ("from __future__ import annotations\ndef f(a: b) -> c: x: d = e", "e", ""),
    "annotation of a local variable": ("def f():\n    a: b = c\n    d.e: b = c", "c d", ""),
    "annotation in a class": ("class C:\n    a: b", "__annotations__ __name__ b", "__annotations__ __name__ b"),
    "local": ("def f():\n    a\n    a = b", "b", ""),
    "deleted": ("def f():\n    a\n    del a", "", ""),
    "augmented": ("def f(b):\n    a += b", "", ""),
    "augmented outside": ("a += b", "a b", "a b"),
    "global": ("def f():\n    global a\n    a = 1\n    def g(): return a", "a", ""),
    "nonlocal": ("def f():\n    a = 1\n    def g():\n        nonlocal a\n        a += b", "b", ""),
    "closure": ("def f(a):\n    def g(): return a, b", "b", ""),
    "comprehension": ("x = [a + b for a in c for d in a if e]", "b c e", "b c e"),
    "comprehension of its own name": ("x = {a for a in a}", "a", "a"),
    "generator": ("x = any(a + b for a in c if e)", "any b c e", "any c"),
    "walrus": ("def f(b):\n    [c := a for a in b]\n    return c", "", ""),
    "walrus outside": ("x = [c := a for a in b if c]", "b c", "b c"),
    "class": ("class C(a, b=c):\n    d = e\n    def f(self): return d", "__name__ a c d e", "__name__ a c e"),
    "class that reads what it binds": ("class C:\n    a = a", "__name__ a", "__name__ a"),
    "class in a function": ("def f(a):\n    class C:\n        b = a\n        a = 1", "__name__ a", ""),
    "class in a function, read only": ("def f(a):\n    class C:\n        b = a", "__name__", ""),
    "lambda": ("x = lambda a, b=c: (a, b, d)", "c d", "c"),
    "text": ("x = f'{a!r:{b}} {c=}'", "a b c", "a b c"),
    "exception": ("def f():\n    try: a\n    except b as c: c", "a b", ""),
    "patterns": ("def f(x):\n    match x:\n        case C([a, *b], e=g.h) if a: b", "C g", ""),
    "private": ("class C:\n    def f(self): return __a, __b__", "_C__a __b__ __name__", "__name__"),
    "class of a method": ("class C:\n    def f(self): return super(), __class__", "__name__ super", "__name__"),
    "import": ("def f():\n    import a.b, c as d\n    return a, c, d", "c", ""),
}


@pytest.mark.parametrize("what", READING)
def test_names_of_the_module(what):
    source, ever, at_once = READING[what]
    tree = ast.parse(source)
    flags = future_flags(tree)

    for names, deep in ((ever, True), (at_once, False)):
        assert told(tree.body[-1], flags, deep=deep) == compiled(tree.body[-1], flags, deep=deep) == {*names.split()}


DEAD = [
    "return 1\na",
    "raise b\na",
    "if b: return\nelse: raise\na",
    "if False: a",
    "if not True: a\nelse: b",
    "if True: return b\na",
    "if 0: a\nelif '': a",
    "if __debug__: b\nelse: a",
    "while False: a",
    "while True:\n    b\nelse: a\na",
    "while 1:\n    if b: return\na",
    "for b in c:\n    continue\n    a",
    "while b:\n    if b: break\n    else: continue\n    a",
    "for b in c: pass\nelse: return\na",
    "try: return b\nexcept C: raise\na",
    "try: return b\nexcept C: return\nelse: a",
    "try: pass\nfinally: return\na",
    "try: pass\nexcept* b: pass\nfinally: return\na",
    "with b:\n    return c\n    a",
    "match b:\n    case 1: return\n    case _: raise\na",
    "assert False, b\na",
    "return b if True else a",
]


@pytest.mark.parametrize("body", DEAD)
def test_what_is_never_reached_reads_nothing(body):
    [function] = ast.parse("def f():\n    " + body.replace("\n", "\n    ")).body

    assert told(function, 0, deep=True) == compiled(function, 0, deep=True)
    assert "a" not in told(function, 0, deep=True)


ALIVE = [
    "if b: return\na",
    "while True:\n    if b: break\na",
    "while b: return\na",
    "while True:\n    break\nelse: pass\na",
    "for b in c: return\na",
    "for b in c:\n    break\nelse: return\na",
    "try: return\nexcept C: pass\na",
    "try: return\nfinally: a",
    "try: b\nexcept C: return\na",
    "try: raise\nexcept* C: return_\na",
    "with b: return\na",
    "match b:\n    case 1: return\na",
    "match b:\n    case 1: return\n    case _ if c: return\na",
    "def g(): return\na",
    "while True:\n    for b in c: break\n    else: break\na",
]


@pytest.mark.parametrize("body", ALIVE)
def test_what_may_be_reached_counts(body):
    [function] = ast.parse("def f():\n    " + body.replace("\n", "\n    ")).body

    assert told(function, 0, deep=True) == compiled(function, 0, deep=True)
    assert "a" in told(function, 0, deep=True)


def test_where_the_compiler_works_out_more_the_names_count():
    [function] = ast.parse("def f():\n    if 1 + 1 == 3 or True: return\n    a").body

    assert "a" in told(function, 0, deep=True)
    assert truth(ast.parse("1 + 1 == 3", mode="eval").body) is None


DEEP = {
    "elif": "def f():\n    if x: pass\n" + "    elif y: z\n" * 2_500,
    "sum": "x = y" + " + y" * 2_500,
    "attributes": "x = y" + ".z" * 2_500,
    "lambdas": "x = " + "lambda: " * 2_000 + "y",
    "conditions": "x = " + "y if z else " * 2_000 + "z",
    "blocks": "def f():\n" + "".join(f"{' ' * depth}if x:\n" for depth in range(1, 95)) + " " * 95 + "y",
}


@pytest.mark.parametrize("what", DEEP)
def test_no_tree_is_too_deep(what):
    try:
        [statement] = ast.parse(DEEP[what]).body
    except (RecursionError, MemoryError):
        pytest.skip("this Python cannot parse it")

    assert {"x", "y", "z"} >= told(statement, 0, deep=True) >= {"y"}


def test_many_names_in_many_scopes_take_no_long_time():
    names = ", ".join(f"name_{number}" for number in range(20_000))
    [statement] = ast.parse("x = " + "lambda a: " * 300 + f"[{names}]").body

    assert len(told(statement, 0, deep=True)) == 20_000


def test_the_same_statements_are_needed_as_by_the_compilers_names(monkeypatch):
    trees = [*map(parsed, submissions())]
    mine = [needed(tree) for tree in trees]
    assert sum(map(len, mine)) > 500

    monkeypatch.setattr("grader.inside.names.statements.names_read", by_the_compiler)

    assert [needed(tree) for tree in trees] == mine


def needed(tree):
    """Of each top-level function, the places of the statements that it needs."""
    functions = dict.fromkeys(one.name for one in tree.body if isinstance(one, ast.FunctionDef))
    return {name: [one.lineno for one in needed_statements(tree, name)] for name in functions}


def by_the_compiler(statement, *, postponed):
    flags = __future__.annotations.compiler_flag * postponed
    return Reads(*(frozenset(compiled(statement, flags, deep=deep)) for deep in (False, True)))

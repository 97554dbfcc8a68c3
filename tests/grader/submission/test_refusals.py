"""What parses and is no Python all the same: told from the tree as the compiler tells it, which this file may ask."""

import ast
import random
import sys
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.inside.names.statements import future_flags
from grader.submission.refusals import is_refused
from tests.grader.inside.names.test_reads import parsed, real_sources
from tests.helpers.programming import Writer


def is_refused_by_the_compiler(source):
    with warnings.catch_warnings(action="ignore"):
        try:
            compile(source, "", "exec", dont_inherit=True)
        except SyntaxError:
            return True
    return False


def told(source):
    tree = parsed(source)
    return is_refused(tree, future_flags(tree))


def within(head, body):
    return f"{head}\n    " + body.replace("\n", "\n    ") + "\n"


def nested(*heads):
    lines = [f"{' ' * depth}{head}" for depth, head in enumerate(heads)]
    return "\n".join([*lines, " " * len(heads) + "pass"])


REFUSED = [
    # where something stands
    *("return", "return 1", "break", "continue", "yield 1", "x = yield", "await x", "async with x: pass"),
    *("async for x in y: pass", "class C:\n    return", "class C:\n    yield", "class C:\n    await x"),
    *("while x:\n    class C:\n        break", "while x:\n    def f():\n        continue", "if x:\n    break"),
    *("for x in y: pass\nelse:\n    break", "lambda: await_ + (await x)", "def f():\n    await x", "x = [await y]"),
    *("def f():\n    async for x in y: pass", "def f():\n    async with x: pass", "async def f():\n    yield from x"),
    *("async def f():\n    yield\n    return 1", "async def f():\n    def g():\n        await x"),
    *("async def f():\n    lambda: await_(await x)", "async def f(x=await_(await y)):\n    pass"),
    *("def f():\n    return [x async for x in y]", "def f():\n    return [await x for x in y]"),
    *("def f():\n    [[x async for x in y] for z in w]", "async def f():\n    class C:\n        [x async for x in y]"),
    *(
        "def f():\n    [(yield) for x in y]",
        "def f():\n    ((yield) for x in y)",
        "def f():\n    {x: (yield) for x in y}",
    ),
    *("while x:\n    try: pass\n    except* y: break", "def f():\n    try: pass\n    except* y: return"),
    *("while x:\n    try: pass\n    except* y:\n        if z: continue", "try: pass\nexcept: pass\nexcept x: pass"),
    *("def f():\n    from x import *", "class C:\n    from x import *", "def f():\n    def g(): return\nreturn"),
    # imports from the future
    *("x = 1\nfrom __future__ import annotations", "'a'\n'b'\nfrom __future__ import annotations"),
    *(
        "import x\nfrom __future__ import annotations",
        "from __future__ import nothing",
        "from __future__ import braces",
    ),
    *("def f():\n    from __future__ import annotations", "if x:\n    from __future__ import annotations"),
    *("from __future__ import *", "f'a'\nfrom __future__ import annotations", "b'a'\nfrom __future__ import division"),
    "from __future__ import division\nx = 1\nfrom __future__ import annotations",
    # names
    *("nonlocal x", "def f():\n    nonlocal x", "x = 1\ndef f():\n    nonlocal x", "class C:\n    nonlocal x"),
    *(
        "class C:\n    x = 1\n    def f(self):\n        nonlocal x",
        "def f():\n    global x\n    def g():\n        nonlocal x",
    ),
    *(
        "def f():\n    x = 1\n    global x",
        "def f():\n    x\n    global x",
        "x = 1\nglobal x",
        "def f(x):\n    global x",
    ),
    *(
        "def f():\n    x: int\n    global x",
        "def f():\n    global x\n    x: int = 1",
        "def f():\n    y: x\n    global x",
    ),
    *("def f(x):\n    def g(x):\n        nonlocal x", "def f(x):\n    def g():\n        x = 1\n        nonlocal x"),
    *("def f(x):\n    def g():\n        global x\n        nonlocal x", "def f():\n    for x in y: pass\n    global x"),
    *("class C:\n    x = 1\n    global x", "class C:\n    def f(self):\n        __x = 1\n        global _C__x"),
    *(
        "def f(x, x): pass",
        "lambda x, *x: 1",
        "def f(x, *, x): pass",
        "def f(x, /, **x): pass",
        "y = lambda: lambda x, x: 1",
    ),
    *("[x := 1 for x in y]", "[[x := 1 for y in z] for x in w]", "[1 for x in y if (x := z)]", "[x for x in (y := z)]"),
    *("[x for x in (lambda: (y := z))()]", "[x for x in y for z in (w := x)]", "class C:\n    [x := 1 for y in z]"),
    "[1 for x in y if (z := x) for z in w]",
    *("from __future__ import annotations\nx: (yield)", "from __future__ import annotations\ndef f(x: (y := 1)): pass"),
    *("from __future__ import annotations\nasync def f():\n    def g() -> (await x): pass",),
    *("__debug__ = 1", "x.__debug__ = 1", "del __debug__", "def __debug__(): pass", "def f(*, __debug__): pass"),
    *(
        "lambda __debug__: 1",
        "f(__debug__=1)",
        "import x as __debug__",
        "import __debug__.x",
        "for __debug__ in x: pass",
    ),
    *("class __debug__: pass", "try: pass\nexcept x as __debug__: pass", "match x:\n    case {**__debug__}: pass"),
    *("match x:\n    case C(__debug__=1): pass", "match x:\n    case [*__debug__]: pass", "(__debug__ := 1)"),
    # stars and keywords
    *(
        "*x",
        "x = *y",
        "*x = y",
        "for x in *y: pass",
        "for *x in y: pass",
        "def f():\n    return *x",
        "x += *y",
        "x: y = *z",
    ),
    *("*x, *y = z", "[*x, [*y, *z]] = w", "for *x, *y in z: pass", "[x for *y, *z in w]", "def f():\n    yield *x"),
    *(", ".join(["x"] * 256) + ", *y = z", "with x as (*y, *z): pass"),
    *("f(x=1, x=2)", "class C(x=1, x=2): pass", "f(g(x=1, y=2, x=3))", "@f(x=1, x=2)\ndef g(): pass"),
    # patterns
    *("match x:\n    case _: pass\n    case 1: pass", "match x:\n    case y: pass\n    case 1: pass"),
    *("match x:\n    case 1 | y: pass\n    case 1: pass", "match x:\n    case (y as z): pass\n    case 1: pass"),
    *("match x:\n    case y | 1: pass", "match x:\n    case [_ | 1]: pass", "match x:\n    case [y] | [z]: pass"),
    *("match x:\n    case [y, y]: pass", "match x:\n    case [y, *y]: pass", "match x:\n    case [y] as y: pass"),
    *(
        "match x:\n    case {1: y, **y}: pass",
        "match x:\n    case [*y, 1, *z]: pass",
        "match x:\n    case C(y=1, y=2): pass",
    ),
    *(
        "match x:\n    case {1: y, 1: z}: pass",
        "match x:\n    case {-1: y, -1: z}: pass",
        "match x:\n    case f'{y}': pass",
    ),
    *(
        "match x:\n    case {f'{y}': z}: pass",
        "match x:\n    case {1: y, True: z}: pass",
        "match x:\n    case C(y, z=y): pass",
    ),
    # blocks in blocks
    *(nested(*["while x:"] * 22), nested(*["for x in y:"] * 22), nested(*["with x:"] * 22)),
    *(nested("def f():", "async def g():", *["async with x:"] * 22), "with " + ", ".join(["x"] * 22) + ": pass"),
    *(nested(*["while x:", "if y:"] * 22),),
]


@pytest.mark.parametrize("source", REFUSED)
def test_what_the_compiler_refuses_is_told(source):
    assert is_refused_by_the_compiler(source)
    assert told(source)


@pytest.mark.parametrize("source", REFUSED)
def test_wherever_it_stands(source):
    for whole in (f"x = 1\n{source}", within("if x:", source), within("def f():", source), within("class C:", source)):
        assert told(whole) or not is_refused_by_the_compiler(whole)


FINE = [
    *("def f():\n    return", "def f():\n    while x:\n        return 1", "lambda: (yield)", "def f(): yield from x"),
    *(
        "while x:\n    try: break\n    finally: continue",
        "while x:\n    with y: break",
        "for x in y:\n    if z: continue",
    ),
    *("while x:\n    for y in z: pass\n    else: break", "async def f():\n    await x\n    async for y in z: yield y"),
    *("async def f():\n    return [await x async for x in y]", "async def f():\n    yield\n    return"),
    *("async def f():\n    yield\n    def g(): return 1", "(x async for x in y)", "(await x for x in y)"),
    *("def f():\n    ((await x for x in y) for z in w)", "async def f():\n    [x for x in await y]"),
    *("def f():\n    [x for x in (yield)]", "async def f():\n    [[x async for x in y] for z in w]"),
    *("try: pass\nexcept* x:\n    while y: break", "def f():\n    try: return\n    except* x: pass\n    else: return"),
    *("try: pass\nexcept x: pass\nexcept: pass", "from x import *", "if x:\n    from y import *"),
    *("from __future__ import annotations", "'a'\nfrom __future__ import annotations, division"),
    *(
        "from __future__ import division; from __future__ import annotations; x = 1",
        "# a\n\nfrom __future__ import division",
    ),
    *(
        "def f():\n    global x\n    x = 1",
        "global x\nx = 1",
        "global x\nx: int = 1",
        "class C:\n    global x\n    x = 1",
    ),
    *(
        "def f():\n    global x\n    global x, y",
        "def f():\n    import x\n    global x",
        "x = 1\ndef f():\n    global x",
    ),
    *("def f(x):\n    def g():\n        nonlocal x\n        def h():\n            nonlocal x",),
    *(
        "def f():\n    class C:\n        nonlocal x\n    x = 1",
        "class C:\n    def f(self):\n        nonlocal __class__",
    ),
    *("class C:\n    def f(self, __x):\n        def g():\n            nonlocal __x", "def f(x):\n    lambda x: x"),
    *(
        "[y := x for x in z]",
        "def f():\n    [y := x for x in y]\n    return y",
        "[x for x in y if (z := x)]",
        "(x := 1)",
    ),
    *(
        "class C:\n    x = (y := 1)\n    def f(self): return [z := 1 for w in x]",
        "f(x=1, **{'x': 2}, **y)",
        "f(*x, *y)",
    ),
    *("__debug__", "x.__debug__", "x = not __debug__", "import x.__debug__ as y"),
    *("*x, y = z", "[*x] = y", "x, [*y], [*z] = w", "x = *y,", "x = [*y, *z], {*y, *z}", "for x in *y, *z: pass"),
    *("def f():\n    return *x, y", "def f():\n    yield *x,", "x[*y]", "def f(*x: *y): pass", "class C(*x): pass"),
    *(", ".join(["x"] * 255) + ", *y = z", "(*x, y), *z = w"),
    *("match x:\n    case 1: pass\n    case _: pass", "match x:\n    case y if y: pass\n    case _: pass"),
    *("match x:\n    case [y, *_, _] | [_, y]: pass", "match x:\n    case {1: y, -1: z, a.b: w, a.b: v, **u}: pass"),
    *("match x:\n    case C(1 | _, y=2 as z): pass", "match x:\n    case [[_], (y)]: pass\n    case 1 | _: pass"),
    *(nested(*["while x:"] * 20), nested(*["if x:"] * 90), nested(*["with x:", "def f():"] * 30)),
    *("def f():\n    x: int = 1\n    y: list[int]", "x: (yield_) = 1", "async def f(x: int = 1) -> None: pass"),
]


@pytest.mark.parametrize("source", FINE)
def test_what_the_compiler_takes_is_not_refused(source):
    assert not is_refused_by_the_compiler(source)
    assert not told(source)


def test_no_real_source_is_refused():
    for source in dict.fromkeys(real_sources()):
        assert not told(source)


RARE = (ast.AnnAssign, ast.NamedExpr)  # these, and type parameters, may be refused where one Python takes them


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.01, 0.05, 0.2]))
def test_of_any_program_the_compiler_says_the_same(seed, wild):
    source = Writer(random.Random(seed), wild=wild, constants=True).program()
    try:
        refused = is_refused_by_the_compiler(source)
    except SystemError:  # a fault of some Pythons
        return
    nodes = [*ast.walk(ast.parse(source))]
    noted = any(getattr(node, name, None) for node in nodes for name in ("annotation", "returns", "type_params"))
    exact = not (noted or any(isinstance(node, RARE) or type(node).__name__ == "TypeAlias" for node in nodes))

    assert told(source) >= refused
    assert told(source) == refused or not exact


PARTS = [("try:", "except x:"), ("try:", "finally:"), ("try:", "except x:", "else:", "finally:")]


@pytest.mark.parametrize(("parts", "part"), [(parts, part) for parts in PARTS for part in parts])
def test_each_part_of_a_try_takes_its_blocks(parts, part):
    """Where a loop stands in it; some Pythons take one block more."""
    for outer in (15, 16, 17, 18, 19, 20):
        heads = [" " * depth + "while y:" for depth in range(outer)]
        rest = [f"{' ' * outer}{one}\n{' ' * outer} {'while z: pass' if one == part else 'pass'}" for one in parts]
        source = "\n".join([*heads, *rest])

        assert told(source) >= is_refused_by_the_compiler(source)
        assert told(source) == is_refused_by_the_compiler(source) or sys.version_info >= (3, 12)
        assert not told(source) or outer > 16


NEW = [
    *(
        "def f[T, T](): pass",
        "class C[T, *T]: pass",
        "def f[T: (yield)](): pass",
        "type X = (y := 1)",
        "type X[T: (y := 1)] = T",
    ),
    *("class C[T](x := 1): pass", "def f[T](x: (y := 1)): pass", "type X = (yield)", "def f[T]():\n    nonlocal T"),
    *("async def f():\n    type X = await x", "def f[__debug__](): pass", "def f():\n    class C[T]((yield)): pass"),
]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="this Python has no type parameters")
@pytest.mark.parametrize("source", NEW)
def test_type_parameters_have_rules_of_their_own(source):
    assert is_refused_by_the_compiler(source)
    assert told(source)
    assert not told("class C[T: int, *U, **V](list[T]):\n    def f[W](self, x: T) -> W: return x\ntype X[T] = list[T]")


@pytest.mark.parametrize("nest", ["[{}]", "C({})", "{{1: {}}}", "1 | [{}]"])
def test_deep_patterns_are_looked_at(nest):
    pattern = "y" if "|" not in nest else "1"
    for _ in range(50):
        pattern = nest.format(pattern)

    assert not told(f"match x:\n    case {pattern}: pass")

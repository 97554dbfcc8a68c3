"""What parses, but the compiler refuses: found in the syntax tree, so that the trusted side compiles nothing.

These are the rules of Python 3.11 to 3.13 together. Where they are not all alike, or too rare to be worth their exact
wording (`__debug__`, type parameters), more is refused here than by one Python alone, and never less: whoever asks
takes a source that is refused for unreadable, and looks at all of its bytes.
"""

import __future__

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from grader.inside.names.reads import Comprehension, Function, are_names_in_order, parameters
from grader.inside.names.statements import are_postponed

MOST_BLOCKS = 20  # loops, `with` and `try` in each other, in one function
MOST_BEFORE_STAR = 255  # targets before a starred one


def is_refused(tree: ast.Module, flags: int) -> bool:
    """Whether the compiler would refuse a source that parses.

    Args:
        tree: of the source.
        flags: see `future_flags`.

    Raises:
        RecursionError: a pattern of `match` is nested too deeply.
    """
    postponed = are_postponed(flags)
    return (
        _has_misplaced_future(tree)
        or not are_names_in_order(tree, postponed=postponed)
        or _Inspection(tree, postponed=postponed).is_faulty
    )


def _has_misplaced_future(tree: ast.Module) -> bool:
    """Whether something stands before an import from `__future__`, or it imports what is none of Python's."""
    futures = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    body = tree.body[1:] if ast.get_docstring(tree, clean=False) is not None else tree.body
    known = all(alias.name in __future__.all_feature_names for node in futures for alias in node.names)
    return not known or any(node.level for node in futures) or futures != body[: len(futures)]


class _Place(NamedTuple):
    """What may stand at some place.

    Attributes:
        kind: "module", "class", "function", "async", "lambda", "comprehension", "types" (around type parameters), or
            "annotation" (one that is not evaluated).
        blocks: how many blocks of its function are around it.
        loop: whether `break` and `continue` may.
        result: whether `return` may.
        waits: whether `await` may.
        walrus: whether `:=` may.
        said: of an asynchronous function, whether it has a `yield`, and a `return` with a value.
    """

    kind: str = "module"
    blocks: int = 0
    loop: bool = False
    result: bool = False
    waits: bool = False
    walrus: bool = True
    said: frozenset[str] | set[str] = frozenset()


Item = tuple[ast.AST, _Place]


class _Inspection:
    """One look at all nodes of a tree.

    Attributes:
        is_faulty: whether one stands where it cannot.
    """

    def __init__(self, tree: ast.Module, *, postponed: bool) -> None:
        self.is_faulty = False
        self._postponed = postponed
        waiting: list[Item] = [(tree, _Place())]
        while waiting and not self.is_faulty:
            node, place = waiting.pop()
            self.is_faulty = place.blocks > MOST_BLOCKS or _binds_debug(node)
            visit = VISITS.get(type(node).__name__)
            waiting += visit(self, node, place) if visit else _children(node, place)

    def refuse(self, *, unless: bool) -> None:
        """Note a fault."""
        self.is_faulty = self.is_faulty or not unless

    # Statements

    def jump(self, _node: ast.Break | ast.Continue, place: _Place) -> Iterable[Item]:
        """`break` and `continue`."""
        self.refuse(unless=place.loop)
        return ()

    def result(self, node: ast.Return, place: _Place) -> Iterable[Item]:
        """`return`, which in an asynchronous generator has no value."""
        self.refuse(unless=place.result)
        if node.value is not None:
            self._say(place, "value")
        return _children(node, place)

    def _say(self, place: _Place, what: str) -> None:
        if isinstance(place.said, set):
            place.said.add(what)
            self.refuse(unless=len(place.said) < 2)

    def loop(self, node: ast.For | ast.AsyncFor | ast.While, place: _Place) -> Iterator[Item]:
        """A loop."""
        self.refuse(unless=not isinstance(node, ast.AsyncFor) or place.kind == "async")
        inside = place._replace(blocks=place.blocks + 1, loop=True)
        head = [node.test] if isinstance(node, ast.While) else [node.target, node.iter]
        yield from ((part, place) for part in (*head, *node.orelse))
        yield from ((statement, inside) for statement in node.body)

    def context(self, node: ast.With | ast.AsyncWith, place: _Place) -> Iterator[Item]:
        """`with`, each item of which is a block."""
        self.refuse(unless=not isinstance(node, ast.AsyncWith) or place.kind == "async")
        inside = place._replace(blocks=place.blocks + len(node.items))
        yield from ((item, place) for item in node.items)
        yield from ((statement, inside) for statement in node.body)

    def attempt(self, node: ast.Try, place: _Place) -> Iterator[Item]:
        """`try`; a handler of a group (`except*`) cannot be left by a jump."""
        self.refuse(unless=all(handler.type is not None for handler in node.handlers[:-1]))
        whole = place._replace(blocks=place.blocks + bool(node.finalbody))
        tried = whole._replace(blocks=whole.blocks + bool(node.handlers))
        handling = whole._replace(blocks=whole.blocks + 2)
        if type(node).__name__ == "TryStar":
            handling = handling._replace(loop=False, result=False)
        yield from ((statement, tried) for statement in node.body)
        yield from ((statement, whole) for statement in (*node.orelse, *node.finalbody))
        yield from ((handler, handling) for handler in node.handlers)

    def imported(self, node: ast.ImportFrom, place: _Place) -> Iterable[Item]:
        """`from ... import *` stands in no function or class."""
        self.refuse(unless=place.kind == "module" or node.names[0].name != "*")
        return _children(node, place)

    def match(self, node: ast.Match, place: _Place) -> Iterable[Item]:
        """`match`: behind a pattern for everything, no other case is reached."""
        for case in node.cases[:-1]:
            self.refuse(unless=case.guard is not None or not _takes_all(case.pattern))
        for case in node.cases:
            self.refuse(unless=_is_pattern(case.pattern))
        return _children(node, place)

    # Definitions

    def function(self, node: Function, place: _Place) -> Iterator[Item]:
        """A function, whose decorators, defaults and annotations stand outside of it."""
        outside, types = self._types(node, place)
        annotations = outside._replace(kind="annotation", waits=False, walrus=False) if self._postponed else outside
        yield from ((part, place) for part in node.decorator_list)
        yield from types
        yield from self._arguments(node.args, place, annotations)
        if node.returns is not None:
            yield node.returns, annotations
        is_async = isinstance(node, ast.AsyncFunctionDef)
        said = set[str]() if is_async else frozenset[str]()
        inside = _Place("async" if is_async else "function", result=True, waits=is_async, said=said)
        yield from ((statement, inside) for statement in node.body)

    def anonymous(self, node: ast.Lambda, place: _Place) -> Iterator[Item]:
        """A lambda."""
        self.refuse(unless=place.kind != "types")
        yield from self._arguments(node.args, place, place)
        yield node.body, _Place("lambda", walrus=place.walrus)

    def _arguments(self, node: ast.arguments, place: _Place, annotations: _Place) -> Iterator[Item]:
        names = [argument.arg for argument in parameters(node)]
        self.refuse(unless=len({*names}) == len(names) and "__debug__" not in names)
        yield from ((default, place) for default in (*node.defaults, *node.kw_defaults) if default is not None)
        for argument in parameters(node):
            if argument.annotation is not None:
                yield (_unstarred(argument.annotation) if argument is node.vararg else argument.annotation), annotations

    def definition(self, node: ast.ClassDef, place: _Place) -> Iterator[Item]:
        """A class."""
        outside, types = self._types(node, place)
        yield from ((part, place) for part in node.decorator_list)
        yield from types
        yield from self.call(node, outside)
        yield from ((statement, _Place("class")) for statement in node.body)

    def annotated(self, node: ast.AnnAssign, place: _Place) -> Iterator[Item]:
        """`name: annotation = value`."""
        noted = place._replace(kind="annotation", waits=False) if self._postponed else place
        yield node.target, place
        yield node.annotation, noted._replace(walrus=False)
        if node.value is not None:
            yield node.value, place

    def _types(self, node: Any, place: _Place) -> tuple[_Place, list[Item]]:
        """Type parameters, and the place around them: much cannot stand there, by one Python or another."""
        parameters = getattr(node, "type_params", [])
        if not parameters:
            return place, []
        names = [one.name for one in parameters]
        defaults = [getattr(one, "default_value", None) is not None for one in parameters]
        self.refuse(unless=len({*names}) == len(names) and defaults == sorted(defaults))
        inside = _Place("types", walrus=False)
        return inside, [(one, inside) for one in parameters]

    def type_parameter(self, node: Any, place: _Place) -> Iterator[Item]:
        """A type parameter."""
        for part in (getattr(node, "bound", None), getattr(node, "default_value", None)):
            if part is not None:
                yield (_unstarred(part) if type(node).__name__ == "TypeVarTuple" else part), place

    def type_alias(self, node: Any, place: _Place) -> Iterator[Item]:
        """`type Name = ...`."""
        yield node.name, place
        yield from self._types(node, place)[1]
        yield node.value, _Place("types", walrus=False)

    # Expressions

    def walrus(self, node: ast.NamedExpr, place: _Place) -> Iterable[Item]:
        """`:=`."""
        self.refuse(unless=place.walrus)
        return _children(node, place)

    def yielding(self, node: ast.Yield | ast.YieldFrom, place: _Place) -> Iterable[Item]:
        """`yield`, and `yield from`."""
        kinds = ("function", "lambda") if isinstance(node, ast.YieldFrom) else ("function", "lambda", "async")
        self.refuse(unless=place.kind in kinds)
        self._say(place, "yield")
        return _children(node, place)

    def waiting(self, node: ast.Await, place: _Place) -> Iterable[Item]:
        """`await`."""
        self.refuse(unless=place.waits)
        return _children(node, place)

    def comprehension(self, node: Comprehension, place: _Place) -> Iterator[Item]:
        """A comprehension, whose first iterable stands outside of it; a generator may wait wherever it is made."""
        waits = place.waits or isinstance(node, ast.GeneratorExp)
        inside = _Place("comprehension", waits=waits, walrus=place.walrus)
        self.refuse(unless=place.kind != "types")
        self.refuse(unless=waits or not any(one.is_async for one in node.generators))
        values = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        yield from ((value, inside) for value in values)
        for number, one in enumerate(node.generators):
            yield one.iter, (inside if number else place)._replace(walrus=False)
            yield from ((part, inside) for part in (one.target, *one.ifs))

    def call(self, node: ast.Call | ast.ClassDef, place: _Place) -> Iterator[Item]:
        """Arguments: no keyword comes twice."""
        names = [keyword.arg for keyword in node.keywords if keyword.arg is not None]
        self.refuse(unless=len({*names}) == len(names))
        first = [node.func, *node.args] if isinstance(node, ast.Call) else node.bases
        yield from ((_unstarred(part), place) for part in first)
        yield from ((keyword, place) for keyword in node.keywords)

    def row(self, node: ast.Tuple | ast.List | ast.Set, place: _Place) -> Iterable[Item]:
        """Elements in a row: as a target, with one star at most."""
        if not isinstance(node, ast.Set) and isinstance(node.ctx, ast.Store):
            stars = [number for number, one in enumerate(node.elts) if isinstance(one, ast.Starred)]
            self.refuse(unless=len(stars) <= 1 and max(stars, default=0) <= MOST_BEFORE_STAR)
        return [(_unstarred(element), place) for element in node.elts]

    def star(self, _node: ast.Starred, _place: _Place) -> Iterable[Item]:
        """A star that stands in no row: those that may are taken off on the way."""
        self.is_faulty = True
        return ()


def _children(node: ast.AST, place: _Place) -> list[Item]:
    return [(child, place) for child in ast.iter_child_nodes(node)]


def _unstarred(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Starred) else node


def _binds_debug(node: ast.AST) -> bool:
    """Whether it gives something the name `__debug__`, which is a constant."""
    if isinstance(getattr(node, "ctx", None), ast.Load):
        return False
    names = [getattr(node, name, None) for name in ("id", "attr", "name", "arg", "rest", "asname")]
    return any(str(name).split(".")[0] == "__debug__" for name in (*names, *getattr(node, "kwd_attrs", ())))


# Patterns


def _takes_all(pattern: ast.pattern) -> bool:
    """Whether nothing can fail to match: of such patterns, none can follow another."""
    match pattern:
        case ast.MatchAs(pattern=inner):
            return inner is None or _takes_all(inner)
        case ast.MatchOr(patterns=patterns):
            return any(map(_takes_all, patterns))
    return False


def _is_pattern(pattern: ast.pattern) -> bool:
    """Whether a pattern, and all that stands in it, is as it has to be."""
    return _captures(pattern) is not None


def _captures(pattern: ast.pattern) -> list[str] | None:
    """The names that a pattern binds; `None` for what is refused."""
    inner = [_captures(child) for child in ast.iter_child_nodes(pattern) if isinstance(child, ast.pattern)]
    captured = [names for names in inner if names is not None]
    if len(captured) < len(inner) or not _is_pattern_by_itself(pattern):
        return None
    if isinstance(pattern, ast.MatchOr):
        return captured[0] if all({*names} == {*captured[0]} for names in captured) else None
    own = getattr(pattern, "rest", None) or getattr(pattern, "name", None)
    names = [*([own] if own else []), *(name for names in captured for name in names)]
    return names if len({*names}) == len(names) else None


def _is_pattern_by_itself(pattern: ast.pattern) -> bool:
    """The same without the names, and without those in it."""
    match pattern:
        case ast.MatchValue(value=value):
            return not isinstance(value, ast.JoinedStr)
        case ast.MatchOr(patterns=[*first, _]):
            return not any(map(_takes_all, first))
        case ast.MatchSequence(patterns=patterns):
            stars = [number for number, one in enumerate(patterns) if isinstance(one, ast.MatchStar)]
            return len(stars) <= 1 and max(stars, default=0) <= MOST_BEFORE_STAR
        case ast.MatchMapping(keys=keys):
            if any(isinstance(key, ast.JoinedStr) for key in keys):
                return False
            literals = [ast.literal_eval(key) for key in keys if not isinstance(key, ast.Attribute)]
            return len({*literals}) == len(literals)
        case ast.MatchClass(kwd_attrs=names):
            return len({*names}) == len(names)
    return True


VISITS: dict[str, Callable[[_Inspection, Any, _Place], Iterable[Item]]] = {
    "Break": _Inspection.jump,
    "Continue": _Inspection.jump,
    "Return": _Inspection.result,
    "For": _Inspection.loop,
    "AsyncFor": _Inspection.loop,
    "While": _Inspection.loop,
    "With": _Inspection.context,
    "AsyncWith": _Inspection.context,
    "Try": _Inspection.attempt,
    "TryStar": _Inspection.attempt,
    "ImportFrom": _Inspection.imported,
    "Match": _Inspection.match,
    "FunctionDef": _Inspection.function,
    "AsyncFunctionDef": _Inspection.function,
    "Lambda": _Inspection.anonymous,
    "ClassDef": _Inspection.definition,
    "AnnAssign": _Inspection.annotated,
    "TypeVar": _Inspection.type_parameter,
    "ParamSpec": _Inspection.type_parameter,
    "TypeVarTuple": _Inspection.type_parameter,
    "TypeAlias": _Inspection.type_alias,
    "NamedExpr": _Inspection.walrus,
    "Yield": _Inspection.yielding,
    "YieldFrom": _Inspection.yielding,
    "Await": _Inspection.waiting,
    "ListComp": _Inspection.comprehension,
    "SetComp": _Inspection.comprehension,
    "DictComp": _Inspection.comprehension,
    "GeneratorExp": _Inspection.comprehension,
    "Call": _Inspection.call,
    "Tuple": _Inspection.row,
    "List": _Inspection.row,
    "Set": _Inspection.row,
    "Starred": _Inspection.star,
}

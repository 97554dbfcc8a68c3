"""Which names of its module a piece of code reads, told from its syntax tree: nothing is compiled.

This follows what the compilers of Python 3.11 to 3.13 do with names. A tree is walked once, which gives each function,
class and comprehension its scope; from these, `scopes` tells what is left to the module. Nothing here calls itself for
what stands deeper, so that no tree is too deep.
"""

import ast
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from grader.inside.names.flow import never_ending, truth
from grader.inside.names.scopes import Scope, Spot, is_unbound, of_module

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
BLOCKS = ("body", "orelse", "finalbody")
HANDLERS_FIRST = sys.version_info >= (3, 13)  # whether the compiler meets names in them before those in `else`

Item = tuple[ast.AST, Spot]  # a node, and where it stands


class Reads(NamedTuple):
    """Names of the module that a statement reads.

    Attributes:
        at_once: when it is executed: also in the bodies of its classes and in its comprehensions, which some Pythons
            compile apart, but not inside functions and generators, which run when they are asked.
        ever: then, or later.
    """

    at_once: frozenset[str]
    ever: frozenset[str]


def names_read(statement: ast.stmt, *, postponed: bool) -> Reads:
    """The module-level names that a statement reads: no parameter, no local variable.

    Code that can never be reached, such as what stands behind a `return`, reads nothing, as the compiler drops it. But
    the compiler works out more than is told here (`if 1 + 1 == 3`, or what it does with functions in dropped code).
    There, a name may be told that it does not read, and never the other way round: for a name too many, one more
    statement is executed or one more step is graded; for want of one, a function would miss what it needs.

    Args:
        statement: a top-level statement.
        postponed: whether annotations are not evaluated (`from __future__ import annotations`).
    """
    scopes = _Walk(statement, postponed=postponed).scopes
    return Reads(of_module([scope for scope in scopes if scope.at_once]), of_module(scopes))


def are_names_in_order(tree: ast.Module, *, postponed: bool) -> bool:
    """Whether the compiler would accept how a source uses `global`, `nonlocal` and `:=`."""
    walk = _Walk(tree, postponed=postponed)
    return not (
        walk.is_faulty
        or any(scope.rebound & scope.targets for scope in walk.scopes)
        or any(is_unbound(scope, name) for scope in walk.scopes for name in scope.of_outer)
    )


class _Walk:
    """A walk through a tree, in the order in which the compiler goes.

    Attributes:
        scopes: those that it has.
        is_faulty: whether a name is declared that was used before, or that cannot be bound where it is.
    """

    def __init__(self, top: ast.Module | ast.stmt, *, postponed: bool) -> None:
        self.scopes: list[Scope] = []
        self.is_faulty = False
        self._postponed = postponed
        self._dead_ends = never_ending(top)
        waiting: list[Item] = [(top, self._open("module", None, at_once=True))]
        while waiting:
            node, spot = waiting.pop()
            visit = VISITS.get(type(node).__name__, _Walk.children)
            waiting += reversed([*visit(self, node, spot)])

    def _open(self, kind: str, around: Scope | None, *, at_once: bool, owner: str = "") -> Spot:
        scope = Scope(kind, around, owner or (around.owner if around else ""), at_once)
        self.scopes.append(scope)
        return Spot(scope, live=True)

    def children(self, node: ast.AST, spot: Spot) -> Iterator[Item]:
        """What stands in a node that has no scope of its own."""
        for name, value in ast.iter_fields(node):
            if isinstance(value, list) and name in BLOCKS:
                yield from self.block(value, spot)
            elif isinstance(value, list):
                yield from ((item, spot) for item in value if isinstance(item, ast.AST))
            elif isinstance(value, ast.AST):
                yield value, spot

    def block(self, statements: list[ast.stmt], spot: Spot) -> Iterator[Item]:
        """Statements in a row: what stands behind a `return` is not reached."""
        for statement in statements:
            yield statement, spot
            if statement in self._dead_ends:
                spot = spot.unless(dead=True)

    # Names

    def name(self, node: ast.Name, spot: Spot) -> Iterable[Item]:
        """A name that is read, bound or deleted."""
        if isinstance(node.ctx, ast.Load):
            spot.use(node.id)
        else:
            spot.scope.bind(node.id)
        return ()

    def binding(self, node: Any, spot: Spot) -> Iterator[Item]:
        """`except ... as name`, and what a pattern of `match` binds."""
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        if name is not None:
            spot.scope.bind(name)
        yield from self.children(node, spot)

    def alias(self, node: ast.alias, spot: Spot) -> Iterable[Item]:
        """What is imported, which may be declared `global` thereafter."""
        if node.name != "*":
            spot.scope.bound.add(spot.scope.spelled(node.asname or node.name.split(".")[0]))
        return ()

    def declaration(self, node: ast.Global | ast.Nonlocal, spot: Spot) -> Iterable[Item]:
        """`global` and `nonlocal`, which have to come before the name is used."""
        scope, is_global = spot.scope, isinstance(node, ast.Global)
        names = {scope.spelled(name) for name in node.names}
        mine, other = (scope.of_module, scope.of_outer) if is_global else (scope.of_outer, scope.of_module)
        if names & scope.met or names & other or (not is_global and scope.kind == "module"):
            self.is_faulty = True
        mine |= names
        return ()

    def walrus(self, node: ast.NamedExpr, spot: Spot) -> Iterable[Item]:
        """`:=`, which in a comprehension binds in the function around it."""
        home = spot.scope
        while home.kind == "comprehension" and home.around is not None:
            home.rebound.add(home.spelled(node.target.id))
            home = home.around
        if home is not spot.scope and home.kind in ("class", "types"):
            self.is_faulty = True
        home.bind(node.target.id)
        return [(node.value, spot)]

    def augmented(self, node: ast.AugAssign, spot: Spot) -> Iterator[Item]:
        """`name += ...` reads the name as well."""
        if isinstance(node.target, ast.Name):
            spot.use(node.target.id)
        yield from self.children(node, spot)

    def annotated(self, node: ast.AnnAssign, spot: Spot) -> Iterator[Item]:
        """`name: annotation = value`; no function evaluates the annotation."""
        scope, lasts = spot.scope, spot.scope.kind in ("module", "class")
        if not isinstance(node.target, ast.Name):
            yield node.target, spot
        elif node.simple:
            if scope.spelled(node.target.id) in scope.of_module | scope.of_outer and scope.kind != "module":
                self.is_faulty = True
            if lasts:
                spot.use("__annotations__")
        if isinstance(node.target, ast.Name) and (node.simple or node.value):
            scope.bind(node.target.id)
        if lasts and not self._postponed:
            yield node.annotation, spot
        elif not self._postponed:  # though not evaluated, it counts for the order
            scope.met |= {scope.spelled(name) for name in _names(node.annotation)}
        if node.value:
            yield node.value, spot

    # What has two ways to go

    def choice(self, node: ast.If | ast.While | ast.IfExp, spot: Spot) -> Iterator[Item]:
        """`if` and `while`, of which a constant may rule out one part."""
        known = truth(node.test)
        yield node.test, spot
        for part, dead in ((node.body, known is False), (node.orelse, known is True)):
            inside = spot.unless(dead=dead)
            yield from self.block(part, inside) if isinstance(part, list) else [(part, inside)]

    def attempt(self, node: ast.Try, spot: Spot) -> Iterator[Item]:
        """`try`, in the order in which the compiler goes."""
        orelse = spot.unless(dead=not self._dead_ends.isdisjoint(node.body))
        handlers = [(handler, spot) for handler in node.handlers]
        yield from self.block(node.body, spot)
        yield from handlers if HANDLERS_FIRST else ()
        yield from self.block(node.orelse, orelse)
        yield from () if HANDLERS_FIRST else handlers
        yield from self.block(node.finalbody, spot)

    # Scopes

    def function(self, node: Function, spot: Spot) -> Iterator[Item]:
        """A function: its decorators, defaults and annotations are evaluated outside of it."""
        spot.scope.bind(node.name)
        yield from ((decorator, spot) for decorator in node.decorator_list)
        yield from _defaults(node.args, spot)
        outside, types = self._type_parameters(node, spot)
        yield from types
        if not self._postponed:
            annotations = (*(argument.annotation for argument in parameters(node.args)), node.returns)
            yield from ((one, outside) for one in annotations if one is not None)
        yield from self.block(node.body, self._inside(node.args, outside))

    def anonymous(self, node: ast.Lambda, spot: Spot) -> Iterator[Item]:
        """A lambda."""
        yield from _defaults(node.args, spot)
        yield node.body, self._inside(node.args, spot)

    def _inside(self, arguments: ast.arguments, outside: Spot) -> Spot:
        inside = self._open("function", outside.scope, at_once=False)
        for argument in parameters(arguments):
            inside.scope.bind(argument.arg)
        return inside

    def definition(self, node: ast.ClassDef, spot: Spot) -> Iterator[Item]:
        """A class, whose body is executed at once."""
        spot.scope.bind(node.name)
        yield from ((decorator, spot) for decorator in node.decorator_list)
        outside, types = self._type_parameters(node, spot)
        yield from types
        yield from ((base, outside) for base in (*node.bases, *node.keywords))
        inside = self._open("class", outside.scope, at_once=spot.scope.at_once, owner=node.name)
        inside.use("__name__")  # the class notes the name of its module
        yield from self.block(node.body, inside)

    def comprehension(self, node: Comprehension, spot: Spot) -> Iterator[Item]:
        """A comprehension, whose first iterable is evaluated outside of it."""
        first, *others = node.generators
        yield first.iter, spot
        at_once = spot.scope.at_once and not isinstance(node, ast.GeneratorExp)
        inside = self._open("comprehension", spot.scope, at_once=at_once)
        inside.scope.targets |= {inside.scope.spelled(name) for one in node.generators for name in _names(one.target)}
        values = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        yield from ((part, inside) for part in (first.target, *first.ifs, *others, *values))

    # Type parameters, which Python has from 3.12 on: 3.11 has no names for their nodes

    def _type_parameters(self, node: Any, spot: Spot) -> tuple[Spot, list[Item]]:
        """Where a definition's type parameters stand, and they; without them, where it stands itself."""
        parameters = getattr(node, "type_params", [])
        inside = self._open("types", spot.scope, at_once=spot.scope.at_once) if parameters else spot
        return inside, [(one, inside) for one in parameters]

    def type_parameter(self, node: Any, spot: Spot) -> Iterator[Item]:
        """A type parameter, whose bound and default are evaluated when somebody asks for them."""
        spot.scope.bind(node.name)
        for late in (getattr(node, "bound", None), getattr(node, "default_value", None)):
            if late is not None:
                yield late, self._open("types", spot.scope, at_once=False)

    def type_alias(self, node: Any, spot: Spot) -> Iterator[Item]:
        """`type Name = ...`, which is evaluated when somebody asks for it."""
        yield node.name, spot
        outside, types = self._type_parameters(node, spot)
        yield from types
        yield node.value, self._open("types", outside.scope, at_once=False)


def _defaults(arguments: ast.arguments, spot: Spot) -> Iterator[Item]:
    defaults = (*arguments.defaults, *arguments.kw_defaults)
    return ((default, spot) for default in defaults if default is not None)


def _names(node: ast.AST) -> set[str]:
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}


def parameters(arguments: ast.arguments) -> Iterator[ast.arg]:
    """All parameters of a function."""
    more = (arguments.vararg, *arguments.kwonlyargs, arguments.kwarg)
    yield from (one for one in (*arguments.posonlyargs, *arguments.args, *more) if one is not None)


VISITS: dict[str, Callable[[_Walk, Any, Spot], Iterable[Item]]] = {
    "Name": _Walk.name,
    "ExceptHandler": _Walk.binding,
    "MatchAs": _Walk.binding,
    "MatchStar": _Walk.binding,
    "MatchMapping": _Walk.binding,
    "alias": _Walk.alias,
    "Global": _Walk.declaration,
    "Nonlocal": _Walk.declaration,
    "NamedExpr": _Walk.walrus,
    "AugAssign": _Walk.augmented,
    "AnnAssign": _Walk.annotated,
    "If": _Walk.choice,
    "While": _Walk.choice,
    "IfExp": _Walk.choice,
    "Try": _Walk.attempt,
    "TryStar": _Walk.attempt,
    "FunctionDef": _Walk.function,
    "AsyncFunctionDef": _Walk.function,
    "Lambda": _Walk.anonymous,
    "ClassDef": _Walk.definition,
    "ListComp": _Walk.comprehension,
    "SetComp": _Walk.comprehension,
    "DictComp": _Walk.comprehension,
    "GeneratorExp": _Walk.comprehension,
    "TypeVar": _Walk.type_parameter,
    "ParamSpec": _Walk.type_parameter,
    "TypeVarTuple": _Walk.type_parameter,
    "TypeAlias": _Walk.type_alias,
}

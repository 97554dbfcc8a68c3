"""A student's code as symbols, without its names, texts, comments and layout. Nothing runs."""

import ast
import builtins
import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from grader.assignment import ASSIGNMENT
from grader.errors import NotPythonError
from grader.submission.parsing import parsed

CONTRACT = frozenset(name for step in ASSIGNMENT.steps for name in step.functions)
BUILTINS = frozenset(dir(builtins))
SUFFIXES = (".py", ".ipynb")  # of a notebook, the source that `notebook.source_of` gives
MOST_CHARACTERS = 200_000  # of a file: what is longer was not written by hand
MOST_SYMBOLS = 20_000  # of a submission
MOST_BROKEN = 20  # lines of one statement that are passed over
SILENT = (ast.Import, ast.ImportFrom, ast.Pass, ast.Global, ast.Nonlocal, ast.expr_context, ast.arguments)

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef | ast.Assign | ast.AnnAssign


@dataclass(frozen=True)
class Unit:
    """A function, method or top-level assignment that a submission's contract functions are made of.

    Attributes:
        name: as the student calls it.
        first, last: its lines in `file`, counted from 1.
        symbols: its code in order, without names.
        lines: the line of each symbol.
    """

    file: str
    name: str
    first: int
    last: int
    symbols: tuple[str, ...] = field(repr=False)
    lines: tuple[int, ...] = field(repr=False)


def units(files: dict[str, str], *, every: bool = False) -> list[Unit]:
    """The contract's functions of a submission and, followed by name, what they are made of.

    Of a name that a file defines twice the last definition counts. A statement that Python cannot read loses the lines
    that break it.

    Args:
        files: the sources, by name.
        every: take what else the top level defines, too.
    """
    bodies = {name: _statements(files[name]) for name in sorted(files) if name.endswith(SUFFIXES)}
    nodes = [node for body in bodies.values() for statement in body for node in ast.walk(statement)]
    aliases = dict(_aliases(nodes))
    definitions: dict[str, dict[str, Definition]] = {}
    for file, body in bodies.items():
        for name, node in _definitions(body):
            definitions.setdefault(name, {})[file] = node
    places: dict[tuple[str, int], tuple[str, Definition]] = {}
    for name in definitions if every else _reached(definitions, aliases):
        for file, node in definitions[name].items():
            places.setdefault((file, node.lineno), (name, node))
    speller = Speller(aliases, frozenset(definitions) - CONTRACT, frozenset(_own_attributes(nodes)))
    result = []
    size = 0
    for (file, _), (name, node) in sorted(places.items(), key=lambda place: place[0]):
        for unit in _units(file, name, node, speller):
            size += len(unit.symbols)
            if unit.symbols and size <= MOST_SYMBOLS:
                result.append(unit)
    return result


def lines_of(text: str) -> list[str]:
    """The lines as Python counts them."""
    return re.sub(r"\r\n?", "\n", text.removeprefix("\ufeff")).split("\n")


def _statements(text: str) -> list[ast.stmt]:
    """The statements at the top of a source; those that Python cannot read without the lines that break them."""
    if len(text) > MOST_CHARACTERS:
        return []
    lines = lines_of(text)
    with contextlib.suppress(NotPythonError):
        return parsed("\n".join(lines)).body
    starts = []
    decorated = False
    for number, line in enumerate(lines):
        if line and line[0] not in " \t#)]}":
            starts += [] if decorated else [number]
            decorated = line.startswith("@")
    body: list[ast.stmt] = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        body += [ast.increment_lineno(statement, start) for statement in _mended(lines[start:end])]
    return body


def _mended(lines: list[str]) -> list[ast.stmt]:
    """The statements of some lines, without those where Python gives up."""
    for _ in range(MOST_BROKEN):
        try:
            return parsed("\n".join(lines)).body
        except NotPythonError as error:
            if not 0 < error.line <= len(lines):
                break
            lines[error.line - 1] = ""
    return []


def _aliases(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """Pairs of an imported name and what it is called in its own module."""
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name.split(".")[0], alias.name.rpartition(".")[2]


def _definitions(body: Iterable[ast.stmt]) -> Iterator[tuple[str, Definition]]:
    """The names that a module's top level gives, also inside `if`, `try` and `with`."""
    for node in body:
        if isinstance(node, Function | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                yield from ((name.id, node) for name in ast.walk(target) if isinstance(name, ast.Name))
        elif isinstance(node, ast.If | ast.Try | ast.With):
            yield from _definitions(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt))
            for handler in node.handlers if isinstance(node, ast.Try) else []:
                yield from _definitions(handler.body)


def _reached(definitions: dict[str, dict[str, Definition]], aliases: dict[str, str]) -> list[str]:
    """The contract's functions, and the names that they need, and so on."""
    reached: dict[str, None] = {}
    waiting = sorted(CONTRACT & definitions.keys(), reverse=True)
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached[name] = None
        for node in (node for definition in definitions[name].values() for node in ast.walk(definition)):
            used = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
            used = used if used in definitions else aliases.get(used, "")
            if used in definitions:
                waiting.append(used)
    return list(reached)


def _own_attributes(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Attributes whose names the submission chose: those of its classes, and those that it assigns."""
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            yield from (name for name, _ in _definitions(node.body))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def _units(file: str, name: str, node: Definition, speller: "Speller") -> Iterator[Unit]:
    """One unit; of a class, one for each method and one for the rest."""
    rest = node
    if isinstance(node, ast.ClassDef):
        for method in node.body:
            if isinstance(method, Function):
                yield from _units(file, f"{name}.{method.name}", method, speller)
        body = [statement for statement in node.body if not isinstance(statement, Function)]
        rest = ast.ClassDef(node.name, [], [], body, [])
    try:
        spelled = speller.spell(rest)
    except RecursionError:  # nested too deeply for anything but a machine to have written
        spelled = []
    symbols, lines = tuple(symbol for symbol, _ in spelled), tuple(line for _, line in spelled)
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
    yield Unit(file, name, first, node.end_lineno or first, symbols, lines)


def _number(value: object) -> str:
    """A constant that is no text; Python writes no integer of thousands of digits in decimal."""
    return hex(value) if type(value) is int else repr(value)


class Speller:
    """Spells a tree as symbols that renaming and formatting leave alone.

    Args:
        aliases: what imported names are called where they come from.
        own: top-level names that the submission chose.
        attributes: attributes that the submission chose.
    """

    def __init__(self, aliases: dict[str, str], own: frozenset[str], attributes: frozenset[str]) -> None:
        self._aliases, self._own, self._attributes = aliases, own, attributes
        self._out: list[tuple[str, int]] = []
        self._line = 0

    def spell(self, node: ast.AST) -> list[tuple[str, int]]:
        """The symbols in order, each with its line.

        Raises:
            RecursionError: it is nested too deeply.
        """
        self._out = []
        self._any(node)
        return self._out

    def _say(self, *symbols: str) -> None:
        self._out += [(symbol, self._line) for symbol in symbols]

    def _all(self, *nodes: ast.AST | None) -> None:
        for node in nodes:
            if node is not None:
                self._any(node)

    def _any(self, node: ast.AST) -> None:
        if isinstance(node, SILENT):
            return
        self._line = getattr(node, "lineno", self._line)
        if not (self._name(node) or self._expression(node) or self._statement(node)):
            self._say(type(node).__name__)
            self._all(*ast.iter_child_nodes(node))

    def _name(self, node: ast.AST) -> bool:
        match node:
            case ast.Name(name):
                self._say(self._spelled(name))
            case ast.Attribute(value, name):
                self._all(value)
                self._say("own" if name in self._attributes else name)
            case ast.Constant(value):
                self._say("text" if isinstance(value, str | bytes) else _number(value))
            case _:
                return False
        return True

    def _spelled(self, name: str) -> str:
        if name in self._own:
            return "own"
        if name in CONTRACT or name in BUILTINS:
            return name
        return self._aliases.get(name, "own")

    def _expression(self, node: ast.AST) -> bool:
        match node:
            case ast.BinOp(left, operator, right):  # in the order of writing, so that f"{a}{b}" and a + b are alike
                self._all(left, operator, right)
            case ast.Compare(left, operators, others):
                self._all(left, *(part for pair in zip(operators, others, strict=True) for part in pair))
            case ast.JoinedStr(values):
                for number, value in enumerate(values):
                    self._say(*["Add"] if number else [])
                    self._all(value)
            case ast.FormattedValue(value) | ast.Await(value):
                self._all(value)
            case ast.Call(function, arguments, keywords):
                self._say("Call")
                keywords = sorted(keywords, key=lambda keyword: keyword.arg or "")
                self._all(function, *arguments, *keywords)
            case ast.keyword(name, value):
                self._say(name or "**")
                self._all(value)
            case ast.ListComp(element, generators) | ast.SetComp(element, generators):
                self._all(*generators)
                self._say("append")
                self._all(element)
            case ast.GeneratorExp(element, generators):
                self._all(*generators, element)
            case ast.comprehension(target, values, conditions):
                self._say("For")
                self._all(target, values)
                for condition in conditions:
                    self._say("If")
                    self._all(condition)
            case _:
                return False
        return True

    def _statement(self, node: ast.AST) -> bool:
        match node:
            case ast.Expr(ast.Constant()) | ast.Expr(ast.Call(ast.Name("print"))):
                pass
            case ast.Expr(ast.Call(ast.Attribute(_, "append"), [value])):
                self._say("append")
                self._all(value)
            case ast.Expr(value):
                self._all(value)
            case ast.Assign(targets, value):
                self._all(*targets)
                self._say("=")
                self._all(value)
            case ast.AnnAssign(target, _, value) | ast.NamedExpr(target, value):
                self._all(target)
                self._say("=")
                self._all(value)
            case ast.AugAssign(target, operator, value):
                self._all(target)
                self._say("=")
                self._all(target, operator, value)
            case ast.For(target, values, body, orelse) | ast.AsyncFor(target, values, body, orelse):
                self._say("For")
                self._all(target, values, *body, *orelse)
            case ast.FunctionDef(_, arguments) | ast.AsyncFunctionDef(_, arguments):
                self._say("def")
                self._all(*arguments.defaults, *node.body, *node.decorator_list)
            case _:
                return False
        return True

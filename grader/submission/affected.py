"""Which steps an edit touches: those whose verdicts may be others than before. Sources are parsed, and nothing more.

Of a folder a step's module is followed function by function, of what else it imports whole files; comments and layout
do not count. Where names alone do not tell what code reaches (`globals()`, files, a patched library), every byte counts
for all steps. What a call does to a library (a seed) is not followed: no verdict is to depend on it.
"""

import ast
import functools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from grader.assignment import ASSIGNMENT, Step
from grader.inside.names.statements import bound_names, future_flags, needed_statements, used_names
from grader.submission.parsing import UNREADABLE, parsed
from grader.submission.reading import Submission
from grader.submission.refusals import is_refused

# Whoever uses these may reach anything: other names, other modules, files.
OPEN_ENDED = {
    *("globals", "locals", "vars", "eval", "exec", "compile", "dir", "getattr", "setattr", "delattr", "__dict__"),
    *("__import__", "importlib", "sys", "builtins", "__builtins__", "__globals__", "inspect", "gc", "linecache"),
    *("__doc__", "__spec__", "__loader__", "runpy", "pkgutil", "attrgetter", "methodcaller", "mock"),
    *("open", "os", "io", "pathlib", "shutil", "tempfile", "pickle", "subprocess", "threading"),
}
METHODS = {"query"}  # of pandas' tables: takes a text that names what it reaches

Function = ast.FunctionDef | ast.AsyncFunctionDef
Footprint = tuple[str | bytes, ...]  # pieces of source, and the names of their files


@dataclass(frozen=True)
class Statement:
    """A top-level statement of a module.

    Attributes:
        text: its tree, without positions.
        header: the same; of a plain function without its body, which runs only where somebody calls it.
        plain: whether it is a plain function.
        state: whether what it binds may change while the module is used.
        binds: the names that it binds.
        reads: the names that it reads: of a plain function, when it is called.
        at_once: the names that it, or what it calls, may read while the module is imported.
    """

    text: str
    header: str
    plain: bool
    state: bool
    binds: frozenset[str]
    reads: frozenset[str]
    at_once: frozenset[str]


@dataclass(frozen=True)
class Source:
    """A source that Python can read.

    Attributes:
        text: the tree of all of it, without positions.
        imports: the words of the modules and names that it imports.
        vague: whether names do not tell what it reaches.
    """

    text: str
    parts: tuple[Statement, ...]
    imports: frozenset[str]
    vague: bool


def affected(old: Submission, new: Submission) -> set[str]:
    """The ids of the steps whose verdicts an edit may have changed; rather one too many than one too few."""
    return {step.id for step in ASSIGNMENT.steps if footprint(old, step) != footprint(new, step)}


def footprint(submission: Submission, step: Step) -> Footprint:
    """Everything in a submission that a step's verdicts depend on."""
    if submission.kind == "folder":
        return _in_folder(submission, step)
    others = [item for item in sorted(submission.files.items()) if item[0] != submission.main]
    return (*_in_single(submission.files[submission.main])[step.id], *(piece for item in others for piece in item))


@functools.lru_cache(maxsize=8)
def _in_single(content: bytes) -> dict[str, Footprint]:
    """The footprint of each step in a single source: the statements that its functions need, as for the child."""
    needed: dict[str, list[ast.stmt]] = {}
    try:
        tree = parsed(content)
        for step in ASSIGNMENT.steps:
            functions = (*step.functions, *step.pieces)
            needed[step.id] = [one for name in functions for one in needed_statements(tree, name)]
        together = [statement for statements in needed.values() for statement in statements]
        vague = _is_vague(together)
        features = str(future_flags(tree))  # in which all of it is compiled
        return {step: (features, *_texts(together if vague else statements)) for step, statements in needed.items()}
    except UNREADABLE:
        return {step.id: (content,) for step in ASSIGNMENT.steps}


def _texts(statements: Iterable[ast.stmt]) -> tuple[str, ...]:
    return tuple(map(ast.dump, statements))


def _in_folder(submission: Submission, step: Step) -> Footprint:
    sources = {name: source_of(content) for name, content in submission.files.items() if name.endswith(".py")}
    module = f"{step.module}.py"
    reached, named = _imported(sources, module)
    if any(source.vague for source in sources.values() if source is not None):
        return tuple(piece for item in sorted(submission.files.items()) for piece in item)
    if _is_shared(sources):
        reached, named = {*sources}, {step.module}
    pieces: list[str | bytes] = sorted(submission.files)
    for name, content in sorted(submission.files.items()):
        source = sources.get(name)
        if name in sources and name not in reached:
            continue
        if source is None:
            pieces += (name, content)
        elif name == module and step.module not in named:
            pieces += (name, *_reached(source.parts, {*step.functions, *step.pieces}))
        else:
            pieces += (name, source.text)
    return tuple(pieces)


def _is_shared(sources: dict[str, Source | None]) -> bool:
    """Whether several steps may change what a module holds that they import."""
    read = {name: source for name, source in sources.items() if source is not None}
    named = {word for source in read.values() for word in source.imports}
    apart = {f"{name}.py" for name in ASSIGNMENT.modules if name not in named}
    return any(part.state for name, source in read.items() if name not in apart for part in source.parts)


def _imported(sources: dict[str, Source | None], module: str) -> tuple[set[str], set[str]]:
    """The files that come with a module when it is imported, itself included, and all words in their imports."""
    reached: set[str] = set()
    named: set[str] = set()
    waiting = {module, "__init__.py"} & sources.keys()
    while waiting:
        name = waiting.pop()
        reached.add(name)
        source = sources[name]
        named |= source.imports if source else set()
        waiting |= {file for file in sources if named & {*PurePosixPath(file).with_suffix("").parts}} - reached
    return reached, named


def _reached(parts: tuple[Statement, ...], functions: set[str]) -> Iterator[str]:
    """What runs when a module is imported and some of its functions are called."""
    reads: dict[str, frozenset[str]] = {}
    for part in parts:
        for name in part.binds:
            reads[name] = reads.get(name, frozenset()) | part.reads
    readers: dict[str, set[str]] = {}
    for name, others in reads.items():
        for other in others:
            readers.setdefault(other, set()).add(name)
    states = {name for part in parts if part.state for name in part.binds}
    wanted = _closure(reads, {*functions, *(name for part in parts for name in part.at_once)})
    while True:
        # whoever else comes to what is kept from call to call may change it
        more = _closure(reads, _closure(readers, states & wanted))
        if more <= wanted:
            break
        wanted |= more
    for part in parts:
        if part.binds & wanted:
            yield part.text
        elif not part.plain or part.at_once:
            yield part.header


def _closure(reads: Mapping[str, Collection[str]], names: set[str]) -> set[str]:
    """Names, and what is read under them, and so on."""
    reached: set[str] = set()
    while names:
        reached |= names
        names = {other for name in names for other in reads.get(name, ())} - reached
    return reached


@functools.lru_cache(maxsize=64)
def source_of(content: bytes) -> Source | None:
    """A source as it is compared; `None` for what Python cannot read."""
    try:
        tree = parsed(content)
        flags = future_flags(tree)
        if is_refused(tree, flags):  # something cannot stand where it does: the module fails as a whole
            return None
        body = [statement for statement in tree.body if not _is_idle(statement)]
        text = str(_texts(body))
        imports = frozenset(word for node in ast.walk(tree) for word in _import_words(node))
        vague = _is_vague(body) or any(map(_acts, body))
        parts = tuple(_statement(statement, flags) for statement in body)
    except UNREADABLE:
        return None
    return Source(text, parts, imports, vague)


def _statement(statement: ast.stmt, flags: int) -> Statement:
    binds = frozenset(bound_names(statement))
    deep = used_names(statement, flags)
    text = ast.dump(statement)
    if isinstance(statement, Function) and _is_plain(statement):
        at_once = used_names(statement, flags, deep=False)
        statement.body = [ast.Pass()]
        return Statement(text, ast.dump(statement), plain=True, state=False, binds=binds, reads=deep, at_once=at_once)
    fixed = isinstance(statement, ast.Import | ast.ImportFrom) or _is_constant(statement)
    return Statement(text, text, plain=False, state=not fixed, binds=binds, reads=deep, at_once=deep)


def _is_plain(function: Function) -> bool:
    """Whether it holds nothing that lasts from call to call, and nobody gets it before it is called by its name."""
    defaults = [default for default in (*function.args.defaults, *function.args.kw_defaults) if default is not None]
    return not function.decorator_list and all(map(_is_literal, defaults))


def _is_literal(value: ast.expr) -> bool:
    """Whether nobody can change it: numbers, texts, and tuples of them."""
    match value:
        case ast.Tuple(elts=elements):
            return all(map(_is_literal, elements))
        case ast.UnaryOp(operand=operand):
            return _is_literal(operand)
    return isinstance(value, ast.Constant)


def _is_constant(statement: ast.stmt) -> bool:
    match statement:
        case ast.Assign(targets=targets, value=value):
            return _is_literal(value) and all(isinstance(target, ast.Name) for target in targets)
        case ast.AnnAssign(target=ast.Name(), value=value):
            return value is None or _is_literal(value)
    return False


def _is_idle(statement: ast.stmt) -> bool:
    """Whether a statement does nothing when its module is imported: a text, `pass`, what is for running it alone."""
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
        case ast.If(
            test=ast.Compare(left=ast.Name("__name__"), ops=[ast.Eq()], comparators=[ast.Constant("__main__")])
        ):
            return not statement.orelse
    return False


def _acts(statement: ast.stmt) -> bool:
    """Whether a top-level statement is more than an import, a definition or an assignment, and may do anything."""
    harmless = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.ClassDef, *Function.__args__)
    return not isinstance(statement, harmless)


def _import_words(node: ast.AST) -> Iterator[str]:
    """The words in an import: `from .helpers import clean` has `helpers` and `clean`."""
    match node:
        case ast.Import(names=names):
            yield from (word for alias in names for word in alias.name.split("."))
        case ast.ImportFrom(module=module, names=names):
            yield from (module or "").split(".")
            yield from (alias.name for alias in names)


def _is_vague(statements: list[ast.stmt]) -> bool:
    """Whether names do not tell what statements reach."""
    return any(_is_open_ended(node) for statement in statements for node in ast.walk(statement)) or any(
        map(_patches, statements)
    )


def _is_open_ended(node: ast.AST) -> bool:
    match node:
        case ast.Global():
            return True
        case ast.Attribute(attr=name) if name in METHODS:
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
            return bool(OPEN_ENDED.intersection(name.split(".")))
        case ast.ImportFrom(module=str() as name):
            return bool(OPEN_ENDED.intersection(name.split(".")))
    return False


def _patches(statement: ast.stmt) -> bool:
    """Whether a top-level statement sets or deletes an attribute of something that it has not made itself."""
    nodes = list(ast.walk(statement))
    own = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    changed = [node for node in nodes if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)]
    return any(_root(node) not in own for node in changed)


def _root(node: ast.expr) -> str | None:
    """The name that a chain of attributes and items begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None

"""Following names through a source: which top-level statements a function needs, and no more."""

import __future__

import ast
import functools
from collections.abc import Callable, Iterable, Iterator

from grader.inside.names.reads import Reads, names_read


def needed_statements(tree: ast.Module, name: str) -> list[ast.stmt]:
    """The top-level statements that a function needs, in the order of the source.

    Followed by name, from the last definition of the function: imports, functions, classes and assignments. An `else`
    of a tried import is dropped from the tree: it is no binding, and is not to run.
    """
    bindings: dict[str, list[ast.stmt]] = {}
    needed: set[ast.stmt] = set()
    postponed = are_postponed(future_flags(tree))
    reads = functools.cache(lambda statement: names_read(statement, postponed=postponed))
    for statement in tree.body:
        if _is_star(statement):
            needed.add(statement)
        if isinstance(statement, ast.Try):
            statement.orelse = []
        for bound in bound_names(statement):
            bindings.setdefault(bound, []).append(statement)
    order = {statement: number for number, statement in enumerate(tree.body)}
    wanted = [(name, len(order))]  # a name, and where it is read: what runs at once reads what stands above it
    seen = set(wanted)
    while wanted:
        name, reader = wanted.pop()
        above = [statement for statement in bindings.get(name, []) if order[statement] < reader]
        for statement in _last_binding(name, above, reads):
            if statement in needed:
                continue
            needed.add(statement)
            used = {(name, len(order)) for name in reads(statement).ever}
            used |= {(name, order[statement]) for name in reads(statement).at_once}
            wanted.extend(used - seen)
            seen |= used
    return [statement for statement in tree.body if statement in needed]


def reachable_statements(tree: ast.Module, functions: Iterable[str]) -> list[ast.stmt]:
    """All top-level statements that some functions can need, and maybe more: for who must not compile the source."""
    binding: dict[str, list[ast.stmt]] = {}
    for statement in tree.body:
        for name in ("*",) if _is_star(statement) else bound_names(statement):
            binding.setdefault(name, []).append(statement)
    wanted, seen, reached = ["*", *functions], set[str](), set[ast.stmt]()
    while wanted:
        name = wanted.pop()
        if name not in seen:
            seen.add(name)
            new = [statement for statement in binding.get(name, []) if statement not in reached]
            reached.update(new)
            wanted += [node.id for statement in new for node in ast.walk(statement) if isinstance(node, ast.Name)]
    return [statement for statement in tree.body if statement in reached]


def _is_star(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*"


def future_flags(tree: ast.Module) -> int:
    """The compiler flags of the source's `from __future__` imports."""
    flags = 0
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and (statement.module, statement.level) == ("__future__", 0):
            for alias in statement.names:
                flags |= getattr(getattr(__future__, alias.name, None), "compiler_flag", 0)
    return flags


def are_postponed(flags: int) -> bool:
    """Whether annotations are not evaluated (`from __future__ import annotations`)."""
    return bool(flags & __future__.annotations.compiler_flag)


def used_names(statement: ast.stmt, flags: int, *, deep: bool = True) -> frozenset[str]:
    """The module-level names that a statement reads: no parameter, no local variable (see `names_read`).

    Args:
        statement: a top-level statement.
        flags: see `future_flags`.
        deep: whether to count what is read inside functions, too, when they are called.
    """
    reads = names_read(statement, postponed=are_postponed(flags))
    return reads.ever if deep else reads.at_once


def _last_binding(name: str, statements: list[ast.stmt], reads: Callable[[ast.stmt], Reads]) -> list[ast.stmt]:
    """The last statement that binds a name anew, and what changes it after that.

    `x += 1`, `x["a"] = 1` and `f = wrap(f)` read what they bind: the statement before them is needed as well, and so
    are `import a.b` and `import a.c` together.
    """
    taken: list[ast.stmt] = []
    for statement in reversed(statements):
        if taken and isinstance(taken[-1], ast.Import) and not isinstance(statement, ast.Import):
            break
        taken.append(statement)
        if not isinstance(statement, ast.Import) and name not in reads(statement).at_once:
            break
    return taken


def bound_names(statement: ast.stmt) -> Iterator[str]:
    """The names that a top-level import, definition or assignment binds; none for what would run something else."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=names):
            yield from (alias.asname or alias.name.split(".")[0] for alias in names)
        case ast.ImportFrom(names=names):
            yield from (alias.asname or alias.name for alias in names)
        case ast.Assign(targets=targets):
            yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)):
            yield name
        case ast.Try(body=body, handlers=handlers) if not statement.finalbody:
            parts = [*body, *(inner for handler in handlers for inner in handler.body)]
            if all(isinstance(part, ast.Import | ast.ImportFrom | ast.Assign | ast.Pass) for part in parts):
                for part in parts:
                    yield from bound_names(part)

"""Which statements control never leaves at their end, told from the syntax tree: what stands behind them is dead."""

import ast
from collections.abc import Iterator

LOOPS = ast.For | ast.AsyncFor | ast.While
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def truth(test: ast.expr) -> bool | None:
    """Whether a condition always holds, or never does; `None` where it depends."""
    turned = False
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, turned = test.operand, not turned
    if isinstance(test, ast.Constant):
        return bool(test.value) is not turned
    if isinstance(test, ast.Name) and test.id == "__debug__":
        return __debug__ is not turned
    return None


def never_ending(top: ast.Module | ast.stmt) -> set[ast.stmt]:
    """The statements in a tree behind which nothing is reached, such as `return`, or an `if` of two of them.

    What a `while True` runs into is found as well; of other conditions and exceptions, everything may happen.
    """
    nodes: list[ast.AST] = [top]
    for node in nodes:  # which grows: whoever stands inside comes later
        nodes += (statement for block in _blocks(node) for statement in block)
    dead_ends: set[ast.stmt] = set()
    breaking: set[ast.stmt] = set()  # those in which a `break` ends the loop around
    for node in reversed(nodes):
        if not isinstance(node, ast.stmt):
            continue
        inner = [node.orelse] if isinstance(node, LOOPS) else [] if isinstance(node, DEFINITIONS) else [*_blocks(node)]
        if isinstance(node, ast.Break) or not all(map(breaking.isdisjoint, inner)):
            breaking.add(node)
        if _is_dead_end(node, dead_ends, breaking):
            dead_ends.add(node)
    return dead_ends


def _is_dead_end(node: ast.stmt, dead_ends: set[ast.stmt], breaking: set[ast.stmt]) -> bool:
    """Whether control never comes out at the end of a statement; those inside it have been looked at."""

    def stops(block: list[ast.stmt]) -> bool:
        return not dead_ends.isdisjoint(block)

    match node:
        case ast.Return() | ast.Raise() | ast.Break() | ast.Continue():
            return True
        case ast.Assert(test=test):
            return truth(test) is False
        case ast.If(test=test, body=body, orelse=orelse):
            return (truth(test) is False or stops(body)) and (truth(test) is True or stops(orelse))
        case ast.While(test=test, body=body, orelse=orelse):
            return breaking.isdisjoint(body) and (truth(test) is True or stops(orelse))
        case ast.For(body=body, orelse=orelse) | ast.AsyncFor(body=body, orelse=orelse):
            return breaking.isdisjoint(body) and stops(orelse)
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
            done = (stops(body) or stops(orelse)) and all(stops(handler.body) for handler in handlers)
            return done or stops(finalbody)
        case ast.TryStar(finalbody=finalbody):
            return stops(finalbody)
        case ast.Match(cases=[*_, ast.match_case(pattern=ast.MatchAs(pattern=None), guard=None)] as cases):
            return all(stops(case.body) for case in cases)
    return False


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The rows of statements in a statement."""
    for part in (node, *getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        for name in ("body", "orelse", "finalbody"):
            yield getattr(part, name, [])

"""Finding equal programs: the code behind a step, where it is plain enough to do the same in every submission.

In a class, many have the same few lines for a step. A plain program is made of nothing but what the lab itself is made
of: it cannot read a file, look at the clock, draw a number, or change what another function sees. So what it did once
it does again, and one that has passed need not be run anew.
"""

import ast
import builtins
import hashlib
import tomllib
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from grader.assignment import ASSIGNMENT, Step
from grader.inside.names.statements import future_flags, reachable_statements
from grader.submission.folders import MODULES
from grader.submission.parsing import UNREADABLE, parsed
from grader.submission.reading import Submission

WORDS_FILE = Path(__file__).with_name("plain.toml")
MAX_SOURCE = 2**17  # bytes: nobody writes that much for these functions
INITIAL = "__init__.py"

_PLAIN = {name: frozenset(text.split()) for name, text in tomllib.loads(WORDS_FILE.read_text(encoding="utf-8")).items()}
LIBRARIES, BUILTINS, WORDS = _PLAIN["libraries"], _PLAIN["builtins"], _PLAIN["words"]
NODES = (
    *(
        ast.AugAssign,
        ast.Assign,
        ast.AnnAssign,
        ast.Assert,
        ast.Break,
        ast.Continue,
        ast.ExceptHandler,
        ast.Expr,
        ast.For,
    ),
    *(
        ast.FunctionDef,
        ast.If,
        ast.Import,
        ast.ImportFrom,
        ast.Pass,
        ast.Raise,
        ast.Return,
        ast.Try,
        ast.While,
        ast.With,
    ),
    *(ast.Attribute, ast.BinOp, ast.BoolOp, ast.Call, ast.Compare, ast.Constant, ast.Dict, ast.DictComp),
    *(ast.FormattedValue, ast.GeneratorExp, ast.IfExp, ast.JoinedStr, ast.Lambda, ast.List, ast.ListComp, ast.Name),
    *(ast.NamedExpr, ast.Slice, ast.Starred, ast.Subscript, ast.Tuple, ast.UnaryOp, ast.Yield),
    *(ast.alias, ast.arg, ast.arguments, ast.boolop, ast.cmpop, ast.comprehension, ast.expr_context, ast.keyword),
    *(ast.operator, ast.unaryop, ast.withitem),
)


class PlainCode(NamedTuple):
    """The plain programs of a submission.

    Attributes:
        digests: by step, of those whose program is plain; the same for programs that do the same.
        all_plain: whether nothing in the submission is otherwise: none of its code can have made another's result.
    """

    digests: dict[str, str]
    all_plain: bool


NONE = PlainCode({}, all_plain=False)


def plain_code(submission: Submission) -> PlainCode:
    """The plain programs of a submission, by step."""
    if sum(map(len, submission.files.values())) > MAX_SOURCE:
        return NONE
    try:
        return _of_folder(submission) if submission.kind == "folder" else _of_source(submission)
    except UNREADABLE:
        return NONE


def _of_folder(submission: Submission) -> PlainCode:
    """A step's program is its whole module, which is imported as a whole."""
    trees = {name: parsed(content) for name, content in submission.files.items() if name.endswith(".py")}
    initial = trees.pop(INITIAL, None)
    if len(trees) < len(submission.files) - (initial is not None) or not trees.keys() <= MODULES:
        return NONE  # helpers, or data that may be read
    if initial is not None and not all(map(_says_nothing, initial.body)):
        return NONE
    plain = {PurePosixPath(name).stem: tree.body for name, tree in trees.items() if is_plain(tree.body)}
    steps = {step.id: plain[step.module] for step in ASSIGNMENT.steps if step.module in plain}
    return PlainCode({step: _digest("folder", body) for step, body in steps.items()}, len(plain) == len(trees))


def _of_source(submission: Submission) -> PlainCode:
    """A step's program is what its functions can need: nothing else of a single source runs."""
    tree, digests = parsed(submission.files[submission.main]), {}
    for step in ASSIGNMENT.steps:
        part = reachable_statements(tree, (*step.functions, *step.pieces))
        if is_plain(part):
            digests[step.id] = _digest(f"source {future_flags(tree)}", part)  # in which all of it is compiled
    return PlainCode(digests, len(digests) == len(ASSIGNMENT.steps))


def names_tensorflow(submission: Submission, step: Step) -> bool:
    """Whether the code that a step runs mentions TensorFlow, and so needs a fork server that has imported it.

    That is its module, and helpers that it may import; of a single source, what the step's functions need.
    """
    others = MODULES - {f"{step.module}.py"}
    if submission.kind == "source":
        if _needs_tensorflow(submission.files[submission.main], step):
            return True
        others = {submission.main}
    return any(
        _speaks_of_tensorflow(content)
        for name, content in submission.files.items()
        if name.endswith(".py") and name not in others
    )


def _needs_tensorflow(content: bytes, step: Step) -> bool:
    """Whether what a step's functions need of a single source mentions TensorFlow."""
    if not _speaks_of_tensorflow(content):
        return False
    if len(content) > MAX_SOURCE:
        return True
    try:
        needed = reachable_statements(parsed(content), (*step.functions, *step.pieces))
        return any(_speaks_of_tensorflow(ast.unparse(statement).encode("utf-8", "replace")) for statement in needed)
    except UNREADABLE:  # the child will say what is wrong with it
        return False


def _speaks_of_tensorflow(source: bytes) -> bool:
    return any(word in source for word in (b"tensorflow", b"keras", b"TFGPT2", b"TFAuto"))


def is_plain(statements: list[ast.stmt]) -> bool:
    """Whether top-level statements are nothing but imports, functions and constants, and those of plain parts."""
    return all(map(_is_plain_at_top, statements)) and all(
        _is_plain_node(node) for statement in statements for node in ast.walk(statement)
    )


def _is_plain_at_top(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.FunctionDef():
            return True
        case ast.Assign(targets=[ast.Name()], value=value):
            return _is_constant(value)
    return _says_nothing(statement)


def _is_plain_node(node: ast.AST) -> bool:
    match node:
        case ast.Import(names=names):
            return all(_are_words(alias.name) for alias in names)
        case ast.ImportFrom(module=str() as module, names=names, level=0):
            return _are_words(module) and all(alias.name in WORDS for alias in names)
        case ast.ImportFrom():
            return False
        case ast.Attribute(attr=attr, ctx=context):
            return attr in WORDS and isinstance(context, ast.Load)
        case ast.Subscript(value=value, ctx=context):
            return isinstance(context, ast.Load) or isinstance(value, ast.Name)
        case ast.Name(id=name):
            return not name.startswith("__") and (name in BUILTINS or not hasattr(builtins, name))
        case ast.arguments(defaults=defaults, kw_defaults=more):  # what else they hold would last from call to call
            return all(value is None or _is_constant(value) for value in (*defaults, *more))
        case ast.FunctionDef(decorator_list=decorators):
            return not decorators
    return isinstance(node, NODES)


def _are_words(dotted: str) -> bool:
    first, *rest = dotted.split(".")
    return first in LIBRARIES and WORDS.issuperset(rest)


def _is_constant(value: ast.expr) -> bool:
    match value:
        case ast.Constant() | ast.UnaryOp(operand=ast.Constant()):
            return True
        case ast.Tuple(elts=elements):
            return all(map(_is_constant, elements))
    return False


def _says_nothing(statement: ast.stmt) -> bool:
    """Whether a statement is a docstring, or any other constant that stands alone."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _digest(kind: str, statements: list[ast.stmt]) -> str:
    """A digest of a program as Python understands it: comments, docstrings and layout do not count."""
    bare = [statement for statement in statements if not _says_nothing(statement)]
    text = ast.dump(_WithoutDocstrings().visit(ast.Module(bare, [])))
    return hashlib.sha256(f"{kind}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


class _WithoutDocstrings(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Another node without the docstring, which nothing in a plain program can read."""
        body = [statement for statement in node.body if not _says_nothing(statement)] or [ast.Pass()]
        return ast.FunctionDef(**{**dict(ast.iter_fields(node)), "body": body})

"""Copies of a submission as somebody would disguise them: renamed, reordered, in another layout, split across files."""

import ast
import random
from pathlib import Path

from grader.gradebook.similarity.symbols import CONTRACT
from grader.submission.encoding import decodes
from grader.submission.reading import read

NOISE = ("print('지금 여기')", "debug = 0", "count = len('abc')", "import os", "'''메모'''")
DEFINED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def texts(path: Path) -> dict[str, str]:
    """A submission's sources, decoded."""
    return {name: decoded(content) for name, content in read(path).files.items() if name.endswith(".py")}


def decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        assert decodes(content)
        return content.decode("euc-kr")


class Rename(ast.NodeTransformer):
    """Other names for what the student named; no annotations and docstrings; other texts."""

    def __init__(self, names: dict[str, str], own: set[str]) -> None:
        self.names, self.own = names, own

    def visit_Name(self, node):
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node):
        node.arg, node.annotation = self.names.get(node.arg, node.arg), None
        return node

    def visit_Attribute(self, node):
        self.generic_visit(node)
        if node.attr in self.own:
            node.attr = self.names.get(node.attr, node.attr)
        return node

    def visit_Constant(self, node):
        if isinstance(node.value, str) and not node.value.isascii():
            node.value = "다른 글"
        return node

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.name, node.returns = self.names.get(node.name, node.name), None
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return node

    def visit_AsyncFunctionDef(self, node):
        return self.visit_FunctionDef(node)

    def visit_ClassDef(self, node):
        self.generic_visit(node)
        node.name = self.names.get(node.name, node.name)
        return node


def disguised(files: dict[str, str], seed: int) -> dict[str, str]:
    """A copy with everything at once: renamed, shuffled, noisy, in two other files, in the layout of `ast.unparse`."""
    chance = random.Random(seed)
    body = [statement for name in sorted(files) for statement in ast.parse(files[name].removeprefix("\ufeff")).body]
    imports = [statement for statement in body if isinstance(statement, ast.Import | ast.ImportFrom)]
    functions = [statement for statement in body if isinstance(statement, DEFINED)]
    others = [statement for statement in body if statement not in imports and statement not in functions]
    if len({function.name for function in functions}) == len(functions):  # else the last definition counts
        chance.shuffle(functions)
    rename = Rename(*_names(body, chance))
    functions = [rename.visit(function) for function in functions]
    for function in functions:
        if isinstance(function, ast.FunctionDef) and chance.random() < 0.5:
            function.body.insert(chance.randrange(len(function.body)), ast.parse(chance.choice(NOISE)).body[0])
    half = len(functions) // 2
    parts = [[*map(rename.visit, others), *functions[:half]], functions[half:]]
    return {
        name: ast.unparse(ast.fix_missing_locations(ast.Module(imports + part, [])))
        for name, part in zip(("main.py", "helpers.py"), parts, strict=True)
    }


def _names(body: list[ast.stmt], chance: random.Random) -> tuple[dict[str, str], set[str]]:
    nodes = [node for statement in body for node in ast.walk(statement)]
    own = {node.name for node in nodes if isinstance(node, DEFINED)}
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    stored |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    kept = {node.arg for node in nodes if isinstance(node, ast.keyword)} | CONTRACT
    kept |= {node.asname or node.name.split(".")[0] for node in nodes if isinstance(node, ast.alias)}
    names = sorted(name for name in own | stored if name not in kept and not name.startswith("__"))
    return {name: f"v{chance.randrange(10**6)}" for name in names}, own

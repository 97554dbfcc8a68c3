"""Mutants that a tool makes: mutmut's operators on every node between START and END of the solution."""

from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

from grader.paths import SOLUTION
from lab.handout.blocks import END, START


@dataclass(frozen=True)
class Generated:
    """One mutant.

    Attributes:
        file: the module's file.
        function: the contract's function that was changed.
        line: the changed line as it is now, which names the mutant.
        source: the whole module.
    """

    file: str
    function: str
    line: str
    source: str


class Blocks(cst.CSTVisitor):
    """Collects the nodes between START and END, with the function that they stand in."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, lines: list[str]) -> None:
        self.inside = [False]
        for line in lines:
            self.inside.append(START in line or (self.inside[-1] and END not in line))
        self.function = ""
        self.nodes: list[tuple[str, cst.CSTNode]] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: N802 -- libcst's name
        self.function = node.name.value

    def on_visit(self, node: cst.CSTNode) -> bool:
        position = self.get_metadata(PositionProvider, node, None)
        if position is not None and self.inside[position.start.line] and self.inside[position.end.line]:
            self.nodes.append((self.function, node))
        return super().on_visit(node)


def mutants_of(path: Path) -> list[Generated]:
    """The mutants of a module."""
    code = path.read_text(encoding="utf-8")
    wrapper = MetadataWrapper(cst.parse_module(code), unsafe_skip_copy=True)
    blocks = Blocks(code.splitlines())
    wrapper.visit(blocks)
    mutants = []
    for function, node in blocks.nodes:
        for kind, operator in mutation_operators:
            for mutated in operator(node) if isinstance(node, kind) else ():
                source = wrapper.module.deep_replace(node, mutated).code
                line = next(new for old, new in zip(code.splitlines(), source.splitlines(), strict=False) if old != new)
                mutants.append(Generated(path.name, function, line.partition("  #")[0].strip(), source))
    return mutants


def generated() -> list[Generated]:
    """The mutants of all modules."""
    return [mutant for path in sorted(SOLUTION.glob("[a-z]*.py")) for mutant in mutants_of(path)]

"""Stubs: the lines that the skeleton has in place of the blocks to write, and which of them are still there."""

from pathlib import Path

from grader.assignment import ASSIGNMENT, Step


def stub_of(function: str) -> str:
    """The line that stands in an emptied block."""
    return f'raise NotImplementedError("{ASSIGNMENT.step_of(function).id}: {function}")'


def unwritten_steps(folder: Path) -> list[Step]:
    """The steps whose stub is still there or whose module is missing. Nothing runs, so broken code is no obstacle."""
    lines = {name: _lines(folder / f"{name}.py") for name in ASSIGNMENT.modules}
    return [
        step
        for step in ASSIGNMENT.steps
        if not lines[step.module] or any(stub_of(function) in lines[step.module] for function in step.functions)
    ]


def _lines(path: Path) -> set[str]:
    """The lines of a file, stripped; none where it cannot be read."""
    try:
        return {line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()}
    except OSError:
        return set()

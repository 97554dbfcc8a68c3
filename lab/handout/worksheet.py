"""The lab as one notebook: made of the solution's functions, the assignment and the pages of the docs."""

import ast
import posixpath
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.assignment import ASSIGNMENT
from grader.paths import PROJECT
from kit.messages import Bilingual, Language
from lab.errors import LabError
from lab.handout.blocks import SECTION, empty_blocks

NAMES: dict[Language, str] = {"ko": "lab.ipynb", "en": "lab.en.ipynb"}
TEMPLATES = Path(__file__).with_name("templates")
OWN_IMPORTS = """
import numpy as np
import pandas as pd
import tensorflow as tf
from kit import learning_rate_for, plot_losses, read_dialogs
from kit.checkpoints import prepared
"""  # what the cells around the lab's functions need
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
    "accelerator": "GPU",  # what Colab asks for
    "colab": {"provenance": []},
}


def worksheets(solution: Path) -> dict[str, str]:
    """The notebooks of the skeleton, by the name of their file."""
    return {name: worksheet(solution, language) for language, name in NAMES.items()}


def worksheet(solution: Path, language: Language, *, filled: bool = False) -> str:
    """The lab as a notebook.

    Args:
        solution: the folder of the modules whose functions it has.
        language: of its texts.
        filled: whether the marked blocks keep their code.

    Returns:
        JSON, the same for the same input to the byte.

    Raises:
        LabError: a module lacks one of the lab's functions.
        MarkerError: see `lab.handout.blocks.find_blocks`.
    """
    import jupytext  # type: ignore[import-untyped]
    import nbformat

    made: Any = jupytext.reads(_script(solution, language, filled=filled), fmt="py:percent")
    made.metadata = METADATA
    for cell in made.cells:
        cell.id = cell.metadata["title"]
        cell.metadata = {name: value for name, value in cell.metadata.items() if name == "tags"}
    nbformat.validate(made)
    text: str = nbformat.writes(made)  # type: ignore[no-untyped-call]
    return text.removesuffix("\n") + "\n"


def _script(solution: Path, language: Language, *, filled: bool) -> str:
    """The notebook in jupytext's percent format."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    sources = [(solution / f"{name}.py").read_text(encoding="utf-8") for name in ASSIGNMENT.modules]

    def code(name: str) -> str:
        found = section("".join(sources), name)
        return (found if filled else empty_blocks(found, name)).rstrip("\n")

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 -- Python and Markdown, of this project's own
    )
    environment.filters["text"] = _commented
    return environment.get_template("lab.py.j2").render(
        language=language,
        code=code,
        page=lambda step: _page(step, language),
        functions={step.id: step.functions for step in ASSIGNMENT.steps}.__getitem__,
        imports=imports([OWN_IMPORTS, *sources]),
    )


def section(source: str, name: str) -> str:
    """The lines between the docs' marks of a section.

    Raises:
        LabError: there are none.
    """
    match = re.search(
        rf"^{SECTION} \[start:{name}\]\n(.*?)^{SECTION} \[end:{name}\]$", source, re.DOTALL | re.MULTILINE
    )
    if match is None:
        raise LabError(
            Bilingual(
                f"정답 코드에 {name} 함수의 표시({SECTION} [start:{name}])가 없습니다. 표시를 넣어 주세요.",
                f"The solution has no section {name} ({SECTION} [start:{name}]): mark it.",
            ),
        )
    return match[1]


def _page(step: str, language: Language) -> str:
    """The beginning of a step's page, with its picture, and a link to the rest."""
    number, found = next((number, one) for number, one in enumerate(ASSIGNMENT.steps, 1) if one.id == step)
    page = f"docs/{language}/{found.docs}index.md"
    _, beginning, picture, *_ = re.split(r"^##? .*\n", (PROJECT / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    text = f"## {number}. {found.title[language]}\n{beginning.rstrip()}\n{picture.rstrip()}"
    rest = "더 읽기" if language == "ko" else "Read on"
    return re.sub(
        r"\]\((?!#)(.*?)\)", lambda link: f"]({_from_skeleton(page, link[1])})", f"{text}\n\n[{rest}](index.md)"
    )


def _from_skeleton(page: str, link: str) -> str:
    """A link of a page, as one that leads from the skeleton's folder to the same place."""
    return posixpath.normpath(posixpath.join("..", posixpath.dirname(page), link))


def _commented(text: str) -> str:
    """Text as the lines of a comment, which is what a text cell is in the percent format."""
    return "\n".join(f"# {line}".rstrip() for line in text.strip("\n").split("\n"))


def imports(sources: list[str]) -> str:
    """The imports of several modules as those of one: each once, the standard library first, this project last.

    TensorFlow's classes get a line of their own, so that steps that need none of them are graded without TensorFlow.
    """
    lines: set[str] = set()
    names: dict[tuple[str, bool], set[str]] = {}
    for statement in _imports_in(sources):
        written = [ast.unparse(alias) for alias in statement.names]
        if isinstance(statement, ast.Import):
            lines |= {f"import {one}" for one in written}
            continue
        for one in written:
            names.setdefault((str(statement.module), one.startswith("TF")), set()).add(one)
    lines |= {f"from {module} import {', '.join(sorted(found))}" for (module, _), found in names.items()}
    groups: list[list[str]] = [[], [], []]
    for line in sorted(lines, key=lambda line: (line.startswith("from"), line)):
        package = line.split()[1].split(".")[0]
        groups[0 if package in sys.stdlib_module_names else 2 if package == "kit" else 1].append(line)
    return "\n\n".join("\n".join(group) for group in groups if group)


def _imports_in(sources: list[str]) -> Iterator[ast.Import | ast.ImportFrom]:
    for source in sources:
        yield from (one for one in ast.parse(source).body if isinstance(one, ast.Import | ast.ImportFrom))

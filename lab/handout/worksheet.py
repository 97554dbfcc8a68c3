"""Generating the lab's notebook from the solution's functions, the assignment and the pages of the docs."""

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
"""  # for the cells between the lab's functions
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
    "accelerator": "GPU",  # read by Colab
    "colab": {"provenance": []},
}


def worksheets(solution: Path) -> dict[str, str]:
    """Make the notebooks of the skeleton, by file name."""
    return {name: worksheet(solution, language) for language, name in NAMES.items()}


def worksheet(solution: Path, language: Language, *, filled: bool = False) -> str:
    """Make the lab's notebook.

    Args:
        solution: folder of the modules that hold the lab's functions.
        language: of its texts.
        filled: whether the blocks keep their code.

    Returns:
        The notebook as JSON; equal input gives equal bytes.

    Raises:
        LabError: a module lacks one of the lab's functions.
        MarkerError: see `lab.handout.blocks.find_blocks`.
    """
    import jupytext  # type: ignore[import-untyped]
    import nbformat

    notebook: Any = jupytext.reads(_script(solution, language, filled=filled), fmt="py:percent")
    notebook.metadata = METADATA
    for cell in notebook.cells:
        cell.id = cell.metadata["title"]
        cell.metadata = {name: value for name, value in cell.metadata.items() if name == "tags"}
    nbformat.validate(notebook)
    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    return text.removesuffix("\n") + "\n"


def _script(solution: Path, language: Language, *, filled: bool) -> str:
    """Render the notebook in jupytext's percent format."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    sources = [(solution / f"{name}.py").read_text(encoding="utf-8") for name in ASSIGNMENT.modules]

    def code(name: str) -> str:
        function = section("".join(sources), name)
        return (function if filled else empty_blocks(function, name)).rstrip("\n")

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
    """Return the lines between the docs' markers of a section.

    Args:
        source: text of a module.
        name: of the section, which is a function's name.

    Raises:
        LabError: the section is not marked.
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
    """Return the beginning of a step's page, with its picture and a link to the rest."""
    number, chosen = next((number, one) for number, one in enumerate(ASSIGNMENT.steps, 1) if one.id == step)
    page = f"docs/{language}/{chosen.docs}index.md"
    _, beginning, picture, *_ = re.split(r"^##? .*\n", (PROJECT / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    text = f"## {number}. {chosen.title[language]}\n{beginning.rstrip()}\n{picture.rstrip()}"
    rest = Bilingual("더 읽기", "Read on")[language]
    return re.sub(
        r"\]\((?!#)(.*?)\)", lambda link: f"]({_from_skeleton(page, link[1])})", f"{text}\n\n[{rest}](index.md)"
    )


def _from_skeleton(page: str, link: str) -> str:
    """Rewrite a relative link of a page so that it works from the skeleton's folder."""
    return posixpath.normpath(posixpath.join("..", posixpath.dirname(page), link))


def _commented(text: str) -> str:
    """Turn text into comment lines, the form of a text cell in the percent format."""
    return "\n".join(f"# {line}".rstrip() for line in text.strip("\n").split("\n"))


def imports(sources: list[str]) -> str:
    """Merge the imports of several modules: each name once, the standard library first, this project last.

    TensorFlow classes are imported in lines of their own, so that steps that need none of them can be graded without
    importing TensorFlow.

    Args:
        sources: texts of modules.
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
    lines |= {f"from {module} import {', '.join(sorted(imported))}" for (module, _), imported in names.items()}
    groups: list[list[str]] = [[], [], []]
    for line in sorted(lines, key=lambda line: (line.startswith("from"), line)):
        package = line.split()[1].split(".")[0]
        groups[0 if package in sys.stdlib_module_names else 2 if package == "kit" else 1].append(line)
    return "\n\n".join("\n".join(group) for group in groups if group)


def _imports_in(sources: list[str]) -> Iterator[ast.Import | ast.ImportFrom]:
    for source in sources:
        yield from (one for one in ast.parse(source).body if isinstance(one, ast.Import | ast.ImportFrom))

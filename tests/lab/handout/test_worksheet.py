"""The lab's notebooks are made of the solution, the assignment and the pages, and are like the modules."""

import ast
import json
import re

import nbformat
import pytest

from grader.assignment import ASSIGNMENT
from grader.paths import PROJECT, SKELETON, SOLUTION
from grader.submission.equivalent import names_tensorflow
from grader.submission.reading import read
from lab.errors import LabError
from lab.handout.blocks import END, START
from lab.handout.worksheet import NAMES, imports, section, worksheet

FUNCTIONS = [name for step in ASSIGNMENT.steps for name in step.functions]
LANGUAGES = pytest.mark.parametrize("language", NAMES)


def book(language="ko"):
    return nbformat.reads(worksheet(SOLUTION, language), as_version=4)


def cells_of(made, kind="code"):
    return {cell.id: cell.source for cell in made.cells if cell.cell_type == kind}


@LANGUAGES
def test_a_notebook_is_the_same_to_the_byte_and_as_git_likes_it(language):
    text = worksheet(SOLUTION, language)
    assert text == worksheet(SOLUTION, language) == (SKELETON / NAMES[language]).read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


@LANGUAGES
def test_a_notebook_is_valid_and_holds_no_output(language):
    made = book(language)
    nbformat.validate(made)
    assert all(cell.outputs == [] and cell.execution_count is None for cell in made.cells if cell.cell_type == "code")
    assert made.metadata.kernelspec.name == "python3"


def test_both_languages_have_the_same_cells_and_the_same_code():
    korean, english = (book(language) for language in NAMES)
    assert [cell.id for cell in korean.cells] == [cell.id for cell in english.cells]

    def code(language):
        text = ast.unparse(ast.parse(next(iter(read(SKELETON / NAMES[language]).files.values()))))
        return text.replace(f"set_up('{language}')", "set_up(language)")

    assert code("ko") == code("en")


def test_the_steps_come_in_order_and_each_is_checked_right_behind_its_functions():
    ids = [cell.id for cell in book().cells]
    places = [ids.index(f"{step.id}-check") for step in ASSIGNMENT.steps]
    assert places == sorted(places)
    for step in ASSIGNMENT.steps:
        place = ids.index(f"{step.id}-text")
        assert ids[place : place + len(step.functions) + 2] == [f"{step.id}-text", *step.functions, f"{step.id}-check"]
        assert cells_of(book())[f"{step.id}-check"] == f'check("{step.id}")'


@pytest.mark.parametrize("name", [*FUNCTIONS, "make_optimizer", "train_step", "fine_tune"])
def test_a_function_is_the_modules_to_the_letter(name):
    modules = "\n".join(path.read_text(encoding="utf-8") for path in sorted(SKELETON.glob("[a-z]*.py")))
    cell = cells_of(book())[name]
    assert cell in modules
    assert (START in cell, END in cell) == (name in FUNCTIONS, name in FUNCTIONS)
    assert ast.parse(cell).body[0].name == name


@pytest.mark.parametrize("step", ASSIGNMENT.steps, ids=lambda step: step.id)
@LANGUAGES
def test_a_step_is_introduced_by_its_page(step, language):
    text = cells_of(book(language), "markdown")[f"{step.id}-text"]
    page = (PROJECT / "docs" / language / step.docs / "index.md").read_text(encoding="utf-8")
    assert step.title[language] in text.split("\n")[0]
    paragraphs = [part for part in text.split("\n\n")[1:-1] if "](" not in part]
    assert len(paragraphs) >= 3
    assert [part for part in paragraphs if part.strip() not in page] == []


@LANGUAGES
def test_a_text_holds_nothing_that_only_the_site_understands_and_its_links_lead_to_files(language):
    texts = "\n\n".join(cells_of(book(language), "markdown").values())
    assert not re.search(r"--8<--|\{ #|\{#|^!!!|^\?\?\?", texts, re.MULTILINE)
    links = re.findall(r"\]\((.*?)\)", texts)
    assert len(links) >= len(ASSIGNMENT.steps)
    assert [link for link in links if not (SKELETON / link).is_file()] == []


def test_imports_of_several_modules_become_one():
    first = "import re\nimport numpy as np\nfrom kit import progress\n"
    second = (
        "from kit import progress, resolve\nimport numpy as np\nfrom re import sub as s\nfrom transformers import B"
    )
    assert imports([first, second, "from transformers import A\nx = 1"]) == (
        "import re\nfrom re import sub as s\n\nimport numpy as np\nfrom transformers import A, B\n\n"
        "from kit import progress, resolve"
    )


@LANGUAGES
def test_steps_without_tensorflow_are_graded_without_it(language):
    submission = read(SKELETON / NAMES[language])
    assert [step.id for step in ASSIGNMENT.steps if names_tensorflow(submission, step) and not step.tensorflow] == []


def test_a_function_that_the_solution_does_not_mark_is_named():
    with pytest.raises(LabError) as told:
        section("def encode_dialog():\n    pass\n", "encode_dialog")
    assert "encode_dialog" in told.value.text.ko
    assert "encode_dialog" in told.value.text.en

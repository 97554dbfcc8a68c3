"""The skeleton is the solution with its marked blocks emptied, and wrong marks are named with file and line."""

import ast
import re
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.assignment import ASSIGNMENT
from grader.paths import PROJECT, SKELETON, SOLUTION
from kit.messages import Bilingual
from lab.errors import MarkerError
from lab.handout.blocks import END, SECTION, START, empty_blocks, find_blocks, skeleton_of
from lab.handout.worksheet import worksheets

UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
GIVEN = ["make_optimizer", "train_step", "fine_tune"]
EMPTIED = [(step, function) for step in ASSIGNMENT.steps for function in step.functions]
FUNCTIONS = [function for _, function in EMPTIED]


def source_of(folder, module):
    return (PROJECT / folder / f"{module}.py").read_text(encoding="utf-8")


def function_in(source, name):
    [function] = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == name]
    return function


def text_of(source, name):
    return ast.get_source_segment(source, function_in(source, name))


def block_of(source, name):
    """The lines between the markers of a function."""
    return text_of(source, name).partition(START)[2].partition(END)[0].strip().splitlines()


def leading_comment(lines):
    """The lines before the first line of code."""
    comment = []
    for line in lines:
        if not line.strip().startswith("#"):
            break
        comment.append(line.strip())
    return comment


# The skeleton as it is


def test_the_skeleton_is_up_to_date():
    files = skeleton_of(SOLUTION) | worksheets(SOLUTION)
    made = {name: text.encode() for name, text in files.items()}
    assert made == {path.name: path.read_bytes() for path in SKELETON.iterdir() if path.is_file()}


def test_the_skeleton_has_all_modules_and_no_other():
    assert set(skeleton_of(SOLUTION)) == {"__init__.py", *(f"{name}.py" for name in ASSIGNMENT.modules)}


@pytest.mark.parametrize("path", sorted(SKELETON.glob("*.py")), ids=lambda path: path.name)
def test_a_skeleton_file_compiles_and_shows_no_docs_mark(path):
    source = path.read_text(encoding="utf-8")
    compile(source, str(path), "exec")
    assert SECTION not in source
    assert "--8<--" not in source


@pytest.mark.parametrize(("step", "function"), EMPTIED, ids=FUNCTIONS)
def test_an_emptied_function_keeps_signature_and_docstring(step, function):
    full = function_in(source_of("solution", step.module), function)
    emptied = function_in(source_of("skeleton", step.module), function)
    assert ast.unparse(emptied.args) == ast.unparse(full.args)
    assert ast.unparse(emptied.returns) == ast.unparse(full.returns)
    assert ast.get_docstring(emptied, clean=False) == ast.get_docstring(full, clean=False)
    assert ast.get_docstring(emptied)


@pytest.mark.parametrize(("step", "function"), EMPTIED, ids=FUNCTIONS)
def test_an_emptied_block_keeps_its_comment_and_nothing_else(step, function):
    comment = leading_comment(block_of(source_of("solution", step.module), function))
    *kept, stub = [line.strip() for line in block_of(source_of("skeleton", step.module), function)]
    assert kept == comment
    assert len(comment) >= 2
    assert re.search("[가-힣]", comment[0])
    assert stub.startswith("raise NotImplementedError(")


@pytest.mark.parametrize(("step", "function"), EMPTIED, ids=FUNCTIONS)
def test_an_emptied_function_raises_with_step_and_function(step, function):
    emptied = function_in(source_of("skeleton", step.module), function)
    arguments = [None] * len(emptied.args.args)
    emptied.returns = None
    for argument in emptied.args.args:
        argument.annotation = None
    namespace = {}
    exec(compile(ast.Module([emptied], []), function, "exec"), namespace)
    with pytest.raises(NotImplementedError) as raised:
        namespace[function](*arguments)
    assert step.id in str(raised.value)
    assert function in str(raised.value)


@pytest.mark.parametrize("function", GIVEN)
def test_given_code_is_unchanged(function):
    full = text_of(source_of("solution", "training"), function)
    assert text_of(source_of("skeleton", "training"), function) == full
    assert START not in full


def test_all_code_outside_blocks_is_unchanged():
    for module in ASSIGNMENT.modules:
        outside = [
            re.sub(f"{START}.*?{END}", "", source_of(folder, module), flags=re.DOTALL).splitlines()
            for folder in ("solution", "skeleton")
        ]
        assert [line for line in outside[0] if not line.startswith(SECTION)] == outside[1]


def test_every_function_of_the_assignment_has_one_block_and_no_other_has():
    functions = [
        block.function
        for module in ASSIGNMENT.modules
        for block in find_blocks(source_of("solution", module), f"{module}.py")
    ]
    assert sorted(functions) == sorted(FUNCTIONS)


def test_emptying_the_skeleton_again_changes_nothing():
    for module in ASSIGNMENT.modules:
        source = source_of("skeleton", module)
        assert empty_blocks(source, f"{module}.py") == source


# Wrong marks

WRONG = {
    "start without end": (["def f():", START, "    return 1"], 2),
    "start without end behind a whole block": (["def f():", START, "    return 1", END, "", START, "    x = 1"], 6),
    "end without start": (["def f():", "    return 1", END], 3),
    "second end": (["def f():", START, "    return 1", END, END], 5),
    "end before start": (["def f():", END, "    return 1", START], 2),
    "nested start": (["def f():", START, "    x = 1", START, "    return x", END, END], 4),
    "start twice": (["def f():", START, START, "    return 1", END], 3),
    "nothing inside": (["def f():", "    pass", START, END], 3),
    "blank lines only": (["def f():", START, "", "   ", END], 2),
    "comments only": (["def f():", START, "    # 무엇을 할까요?", "    # What to do?", END], 2),
    "empty behind a whole block": (["def f():", START, "    return 1", END, START, END], 5),
}


@pytest.mark.parametrize("indent", ["", "    "])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_mark_is_named_with_file_and_line(name, indent):
    lines, line = WRONG[name]
    source = "\n".join(indent + text if text in (START, END) else text for text in lines) + "\n"
    for work in (find_blocks, empty_blocks):
        with pytest.raises(MarkerError) as raised:
            work(source, "lab/dialogs.py")
        assert raised.value.text.ko.startswith(f"lab/dialogs.py:{line}: ")
        assert raised.value.text.en.startswith(f"lab/dialogs.py:{line}: ")
        assert re.search("[가-힣]", raised.value.text.ko)
        assert not re.search("[가-힣]", raised.value.text.en)


def test_the_error_speaks_the_chosen_language(monkeypatch):
    error = MarkerError("dialogs.py", 3, Bilingual("한국어", "English"))
    assert str(error) == "dialogs.py:3: 한국어"
    monkeypatch.setenv("KOGPT2_LAB_LANG", "en")
    assert str(error) == "dialogs.py:3: English"


def test_a_wrong_mark_in_a_folder_is_named_with_its_file(tmp_path):
    shutil.copytree(SOLUTION, tmp_path / "solution")
    file = tmp_path / "solution" / "batches.py"
    source = file.read_text(encoding="utf-8")
    file.write_text(source.replace(END, "", 1), encoding="utf-8")
    nested = source.splitlines().index(f"    {START}", source[: source.index(END)].count("\n")) + 1
    with pytest.raises(MarkerError) as raised:
        skeleton_of(tmp_path / "solution")
    assert str(raised.value).startswith(f"{file}:{nested}: ")


# Any source

PRINTABLE = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"))


def is_ordinary(line):
    text = line.strip()
    return text not in (START, END) and not text.startswith(("def ", SECTION))


LINES = st.lists(st.text(PRINTABLE).filter(is_ordinary), max_size=5)
CODE = st.text("abc =()1", min_size=1).filter(str.strip).map(lambda text: f"    {text}  # 정답")
COMMENTS = st.lists(st.text(PRINTABLE).map("    # {}".format).filter(is_ordinary), max_size=3)
BLOCKS = st.tuples(st.sampled_from(FUNCTIONS), LINES, COMMENTS, CODE, LINES, LINES)


def outside(lines):
    """The lines that stand in no block."""
    kept, inside = [], False
    for line in lines:
        inside = line.strip() != END if inside else line.strip() == START
        kept += [line] * (not inside)
    return kept


@given(LINES, st.lists(BLOCKS, min_size=1, max_size=4))
@UNTIMED
def test_lines_outside_blocks_stay(first, blocks):
    lines, expected = [*first], [*first]
    for function, before, comments, code, rest, behind in blocks:
        head = [f"def {function}():", *before, f"    {START}"]
        lines += [*head, *comments, code, *rest, f"    {END}", *behind]
        stub = f'    raise NotImplementedError("{ASSIGNMENT.step_of(function).id}: {function}")'
        expected += [*head, *comments, stub, f"    {END}", *behind]
    made = empty_blocks("\n".join(lines) + "\n", "any.py").removesuffix("\n").split("\n")
    assert outside(made) == outside(lines)
    assert made == expected


@given(LINES.filter(bool))
@UNTIMED
def test_a_source_without_blocks_stays(lines):
    source = "\n".join(lines) + "\n"
    assert empty_blocks(source, "any.py") == source


@pytest.mark.parametrize("sign", ["\f", "\v", "\x1c", "\x85", "\u2028"], ids=ascii)
def test_a_sign_that_ends_no_line_of_python_stays(sign):
    source = f"x = '안녕{sign}하세요'\n{sign}\n"
    assert empty_blocks(source, "any.py") == source
    with pytest.raises(MarkerError) as raised:
        find_blocks(f"{source}{END}\n", "any.py")
    assert raised.value.text.en.startswith("any.py:3: ")


@pytest.mark.parametrize("indent", ["", "    "])
def test_docs_marks_go_wherever_they_stand(indent):
    source = f"def f():\n{indent}{SECTION} [start:part]\n    return 1\n{indent}{SECTION} [end:part]\n"
    assert empty_blocks(source, "any.py") == "def f():\n    return 1\n"

"""`lab hint`: three levels, each more concrete, never the code; it remembers how far one went."""

import json
import re
import shutil
import stat

import platformdirs
import pytest
from typer.testing import CliRunner

from grader.assignment import ASSIGNMENT
from grader.paths import PROJECT, SKELETON, SOLUTION
from grader.submission.stubs import stub_of, unwritten_steps
from lab.__main__ import app_for
from lab.commands.student.hint import page
from lab.handout.blocks import find_blocks
from lab.hint_levels import HintMemory

runner = CliRunner()
STEPS = pytest.mark.parametrize("step", ASSIGNMENT.steps, ids=[step.id for step in ASSIGNMENT.steps])


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    """The user's state folder, empty."""
    folder = tmp_path / "state"
    monkeypatch.setattr(platformdirs, "user_state_dir", lambda *_, **__: str(folder))
    return folder


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a skeleton of its own, and the shell in it."""
    shutil.copytree(SKELETON, tmp_path / "skeleton")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def hint(*arguments):
    """What the command prints, white space apart."""
    result = runner.invoke(app_for(["hint"]), ["hint", *arguments])
    assert result.exit_code == 0, result.exception
    return squeezed(result.output)


def squeezed(text):
    """A text without the white space and frames that a terminal of any width puts into it."""
    return re.sub(r"[\s│╭╮╰╯─]", "", text)


def fill(project, *functions):
    for path in (project / "skeleton").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        for function in functions:
            source = source.replace(stub_of(function), "return 0")
        path.write_text(source, encoding="utf-8")


# The texts


def solution_lines(step):
    """The lines of code of a step's blocks, without white space."""
    source = (SOLUTION / f"{step.module}.py").read_text(encoding="utf-8")
    lines = source.split("\n")
    blocks = [block for block in find_blocks(source, step.module) if block.function in step.functions]
    assert len(blocks) == len(step.functions)
    code = [line.strip() for block in blocks for line in lines[block.start + 1 : block.end]]
    return [normalised(line) for line in code if line and not line.startswith("#") and len(line) > 1]


def normalised(text):
    return re.sub(r"[\s'\"]", "", text).removeprefix("return")


@STEPS
def test_no_hint_holds_a_line_of_the_solution(step):
    lines = solution_lines(step)
    assert lines
    for text in (words for each in step.hints for words in (each.ko, each.en)):
        assert [line for line in lines if line in normalised(text)] == []


def test_a_line_of_the_solution_would_be_seen():
    [line] = solution_lines(ASSIGNMENT.steps[2])
    assert line in normalised(
        '쓰세요: [token_id if token_id < vocab_size else unk_id for token_id in token_ids] "뿐입니다".'
    )


@STEPS
def test_hints_of_a_step_are_three_and_differ(step):
    assert len({each.ko for each in step.hints}) == len({each.en for each in step.hints}) == 3


@STEPS
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_last_hint_leads_to_a_page_that_is_there(step, language, monkeypatch):
    monkeypatch.setenv("KOGPT2_LAB_LANG", language)
    assert (PROJECT / page(step)).is_file()


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("replace_overshooting([0, 9, 10, 11], 10, 5)", "[0, 9, 5, 5]"),
        ("pad_dialogs([[7, 8, 9], [7]], 3)", "[[7, 8, 9], [7, 3, 3]]"),
        ("encode_dialog('', '', load_tokenizer('mini'))", "[0, 2, 4, 1]"),
        ("encode_question('', load_tokenizer('mini'))", "[[0, 2, 4]]"),
        ("make_dataset(np.zeros((100, 3), int), 32).cardinality()", "3"),
    ],
)
def test_the_examples_in_the_hints_are_true(call, result):
    import numpy as np

    from solution import answering, batches, dialogs, pretrained

    names = {"np": np} | vars(answering) | vars(batches) | vars(dialogs) | vars(pretrained)
    value = eval(call, names)
    value = value.numpy() if hasattr(value, "numpy") else value
    assert np.array_equal(value, eval(result))
    function = call.split("(")[0]
    told = " ".join(words for each in ASSIGNMENT.step_of(function).hints for words in (each.ko, each.en))
    assert told.count(result) >= 2


# How far one went


@STEPS
def test_each_call_goes_one_further_and_the_fourth_says_where_to_read_on(step, project):
    for number in range(3):
        assert squeezed(step.hints[number].ko) in hint(step.id)
    for _ in range(2):
        last = hint(step.id)
        assert squeezed(page(step)) in last
        assert "모두보았습니다" in last


def test_a_number_is_as_good_as_a_name(project):
    for number, step in enumerate(ASSIGNMENT.steps, 1):
        assert squeezed(step.hints[0].ko) in hint(str(number))
        assert squeezed(step.hints[1].ko) in hint(step.id)


def test_again_begins_with_the_first_and_goes_on_from_there(project):
    step = ASSIGNMENT.steps[3]
    hint(step.id)
    hint(step.id)

    assert squeezed(step.hints[0].ko) in hint(step.id, "--again")
    assert squeezed(step.hints[1].ko) in hint(step.id)


def test_a_look_back_at_an_early_hint_forgets_nothing(project):
    step = ASSIGNMENT.steps[2]
    for _ in range(2):
        hint(step.id)

    assert squeezed(step.hints[0].ko) in hint(step.id, "--level", "1")
    assert squeezed(step.hints[2].ko) in hint(step.id)


def test_a_level_can_be_asked_for(project):
    assert squeezed(ASSIGNMENT.steps[6].hints[1].en) in squeezed(
        runner.invoke(app_for(["hint"]), ["--lang", "en", "hint", "loss", "--level", "2"]).output
    )


@pytest.mark.parametrize("name", ["x", "0", "10", "FRAMING", ""])
def test_a_step_that_is_not_there_gets_a_sentence_with_those_that_are(name, project):
    result = runner.invoke(app_for(["hint"]), ["hint", name])

    assert result.exit_code != 0
    assert all(step.id in str(result.exception) for step in ASSIGNMENT.steps)


def test_each_project_folder_has_a_memory_of_its_own(project, tmp_path, monkeypatch):
    step = ASSIGNMENT.steps[0]
    hint(step.id)
    other = tmp_path / "other"
    shutil.copytree(SKELETON, other / "skeleton")
    monkeypatch.chdir(other)
    assert squeezed(step.hints[0].ko) in hint(step.id)
    monkeypatch.chdir(project)
    assert squeezed(step.hints[1].ko) in hint(step.id)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"x": 1}', b"\xff\xfe", b'{"x": {"y": "z"}}'])
def test_a_broken_memory_counts_as_empty_and_is_mended(content, project, state):
    state.mkdir()
    (state / "hints.json").write_bytes(content)

    assert squeezed(ASSIGNMENT.steps[0].hints[0].ko) in hint()
    assert json.loads((state / "hints.json").read_bytes()) == {str(project / "skeleton"): {"pretrained": 1}}


@pytest.mark.parametrize("level", [-5, 0, 2, 99])
def test_a_level_of_any_number_is_taken(level, project, state):
    state.mkdir()
    (state / "hints.json").write_text(json.dumps({str(project / "skeleton"): {"unk": level}}))
    shown = hint("unk")
    wanted = {-5: 0, 0: 0, 2: 2}.get(level)

    assert "모두보았습니다" in shown if wanted is None else squeezed(ASSIGNMENT.steps[2].hints[wanted].ko) in shown


def test_a_memory_that_cannot_be_written_is_no_obstacle(project, state):
    state.write_text("a file where the folder should be", encoding="utf-8")

    shown = hint("unk")
    assert squeezed(ASSIGNMENT.steps[2].hints[0].ko) in shown
    assert "--level2" in shown
    assert squeezed(ASSIGNMENT.steps[2].hints[2].ko) in hint("unk", "--level", "3")
    assert stat.S_ISREG(state.stat().st_mode)


def test_the_memory_says_whether_it_could_be_written(project, state):
    memory = HintMemory(project)
    assert memory.keep("unk", 2)
    assert HintMemory(project).level("unk") == 2
    assert HintMemory(project / "skeleton").level("unk") == 0


# Without a step: the first that is not written yet


def test_without_a_step_it_is_the_first_unwritten(project):
    assert squeezed(ASSIGNMENT.steps[0].hints[0].ko) in hint()
    fill(project, "load_tokenizer")
    assert squeezed(ASSIGNMENT.steps[0].hints[1].ko) in hint()
    fill(project, "load_model", "encode_dialog")
    assert squeezed(ASSIGNMENT.steps[2].hints[0].ko) in hint()


def test_where_all_is_written_it_says_so(project):
    fill(project, *(function for step in ASSIGNMENT.steps for function in step.functions))

    assert unwritten_steps(project / "skeleton") == []
    assert "모든블록이작성되어있습니다" in hint()


def test_code_that_does_not_even_parse_is_no_obstacle(project):
    path = project / "skeleton" / "pretrained.py"
    path.write_bytes(b"\xff def load_tokenizer(:\n")
    (project / "skeleton" / "dialogs.py").unlink()

    assert [step.id for step in unwritten_steps(project / "skeleton")][:2] == ["framing", "unk"]
    assert squeezed(ASSIGNMENT.steps[1].hints[0].ko) in hint()


def test_as_shipped_nothing_is_written_in_the_skeleton_and_all_in_the_solution():
    assert unwritten_steps(SKELETON) == ASSIGNMENT.steps
    assert unwritten_steps(SOLUTION) == []

"""The lab's notebook is read and graded like the modules, and runs from top to bottom in one kernel."""

import contextlib
import json
import os
import re
import sys
import tomllib
import types
from importlib.metadata import version

import msgspec
import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient

from grader.assignment import ASSIGNMENT
from grader.grading import examine, grade
from grader.paths import PROJECT, SKELETON, SOLUTION
from grader.reports.html import notebook_part
from grader.submission.notebook import source_of
from grader.submission.reading import from_cells, read
from lab import notebook
from lab.errors import LabError
from lab.handout.worksheet import NAMES, worksheet
from lab.protection import protected
from tests.helpers.gradebook.entries import report as made_report
from tests.submissions import MUTANTS

LANGUAGES = pytest.mark.parametrize("language", NAMES)


# How it is read


def test_the_skeletons_folder_is_still_a_folder_of_modules():
    submission = read(SKELETON)
    assert submission.kind == "folder"
    assert set(submission.files) == {path.name for path in SKELETON.glob("*.py")}


@pytest.mark.parametrize("name", ["skeleton", *(f"skeleton/{name}" for name in NAMES.values())])
def test_the_empty_skeleton_gets_nothing_in_either_form(pool, name):
    report = grade(PROJECT / name, pool)
    assert (report.score, report.max_score) == (0, 100)
    assert {check.status for step in report.steps for check in step.checks} == {"not_implemented"}


@LANGUAGES
def test_without_a_sandbox_the_projects_own_notebook_runs(monkeypatch, tmp_path, language):
    monkeypatch.setattr("lab.protection.missing_protection", lambda: "Landlock")
    assert not protected(SKELETON / NAMES[language])
    with pytest.raises(LabError):
        protected(tmp_path / NAMES[language])


# The same answers, the same report


PLACE = re.compile(r"(\w+\.(?:py|ipynb))(?: \[(\d+)\])? (\d+)번째 줄|in (\w+\.(?:py|ipynb))(?: \[(\d+)\])?, line (\d+)")


def with_code_for_places(text, submission):
    """A report's text with the line of code itself where a place is told, so that two forms can be compared."""

    def code(match):
        file, cell, line = (match[1] or match[4]), (match[2] or match[5]), int(match[3] or match[6])
        before = submission.cells[int(cell) - 1] if cell else 0
        return submission.files[file].decode().split("\n")[before + line - 1].strip()

    return PLACE.sub(code, text)


def told(path, pool, steps):
    """What the report says of some steps, places apart."""
    submission = read(path)
    reports = examine(submission, pool, steps=steps)
    return with_code_for_places(msgspec.json.encode(reports).decode(), submission)


CHOSEN = {"full_stop_that_an_empty_answer_breaks", "one_answer_for_each_question", "earlier_dialogs_kept"}
MUTANTS = [
    pytest.param(data["file"], mutant["old"], mutant["new"], id=f"{file.stem}-{mutant['name']}")
    for file in sorted(MUTANTS.glob("*.toml"))
    if file.stem != "unchanged"
    for data in [tomllib.loads(file.read_text(encoding="utf-8"))]
    for number, mutant in enumerate(data["mutants"])
    if number == 0 or mutant["name"] in CHOSEN
]


@pytest.mark.parametrize("filled", [True, False], ids=["solution", "skeleton"])
def test_the_same_answers_in_modules_and_notebook_give_the_same_report(filled, tmp_path, pool):
    sheet = tmp_path / "lab.ipynb"
    sheet.write_text(worksheet(SOLUTION, "ko", filled=filled), encoding="utf-8")
    folder = SOLUTION if filled else SKELETON
    as_modules, as_notebook = (told(path, pool, [step.id for step in ASSIGNMENT.steps]) for path in (folder, sheet))
    assert as_notebook == as_modules
    assert ('"passed"' in as_modules) == filled


@pytest.mark.parametrize(("file", "old", "new"), MUTANTS)
def test_the_same_mistake_in_modules_and_notebook_gives_the_same_report(file, old, new, solution_with, tmp_path, pool):
    steps = [step.id for step in ASSIGNMENT.steps if f"{step.module}.py" == file]
    folder = solution_with(file, old, new)
    sheet = tmp_path / "lab.ipynb"
    sheet.write_text(worksheet(folder, "ko", filled=True), encoding="utf-8")
    as_modules, as_notebook = (told(path, pool, steps) for path in (folder, sheet))
    assert as_notebook == as_modules
    assert '"points":0' in as_modules


# What was run in a kernel


def source(*cells):
    [text] = from_cells("lab.ipynb", cells).files.values()
    names = {"__file__": "lab.ipynb"}
    exec(compile(text, "lab.ipynb", "exec"), names)
    return names


@given(st.lists(st.sampled_from(["x = 1", "%pip install x", "def f():\n    return 1", "", "%%bash\nls"]), max_size=6))
@settings(deadline=None)
def test_cells_run_once_from_the_top_are_what_the_file_is(cells):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    assert (
        from_cells("lab.ipynb", cells).files["lab.ipynb"] == source_of(nbformat.writes(made).encode(), "lab.ipynb")[0]
    )


@pytest.mark.parametrize(
    "cells", [["def f():\n    return 1", "def f():\n    return 2"], ["def f(:", "def f(): return 2"]]
)
def test_what_was_run_last_counts(cells):
    assert source(*cells)["f"]() == 2


def test_a_broken_cell_that_was_run_last_counts_too():
    with pytest.raises(SyntaxError) as raised:
        source("def f():\n    return 1", "def f(:\n    return 2")["f"]()
    assert (raised.value.filename, raised.value.lineno) == ("lab.ipynb [2]", 1)


def test_a_place_is_told_by_the_number_beside_the_cell():
    submission = from_cells("lab.ipynb", ["x = 1", "", "y = 1\nz = 2"])
    line = submission.files["lab.ipynb"].decode().split("\n").index("z = 2") + 1
    assert submission.place("lab.ipynb", line) == ("lab.ipynb [3]", 2)


def test_outside_of_a_notebook_check_says_where_it_works():
    with pytest.raises(LabError) as told:
        notebook.check("framing")
    assert "lab check" in told.value.text.ko
    assert "lab check" in told.value.text.en


def test_an_interrupted_check_says_so_and_stops_what_comes_behind(monkeypatch):
    shown = []
    history = types.SimpleNamespace(input_hist_raw=["", "def encode_dialog(*_):\n    pass"])
    place = types.SimpleNamespace(update=lambda output, raw: shown.append(output["text/plain"]))
    monkeypatch.setattr(notebook, "_shell", lambda: types.SimpleNamespace(history_manager=history))
    monkeypatch.setattr("IPython.display.display", lambda *_, **__: place)

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(notebook, "_pool", interrupted)
    with pytest.raises(KeyboardInterrupt):
        notebook.check("framing")
    assert shown == ["중단했습니다.\n"]


# Getting ready


@pytest.fixture
def machine(monkeypatch):
    """A TensorFlow with so many GPUs; gives those whose memory grows."""

    def build(*gpus, busy=False):
        grown = []

        def grow(gpu, wanted):
            if busy:
                raise RuntimeError("initialized")
            grown.append((gpu, wanted))

        config = types.SimpleNamespace(
            list_physical_devices=lambda kind: list(gpus) if kind == "GPU" else [],
            experimental=types.SimpleNamespace(set_memory_growth=grow),
        )
        monkeypatch.setitem(sys.modules, "tensorflow", types.SimpleNamespace(config=config, __version__=TF_VERSION))
        monkeypatch.setattr(notebook, "tensorflow_imported", contextlib.nullcontext)
        monkeypatch.setattr(notebook, "_pool", lambda: types.SimpleNamespace(warm_up=lambda: None))
        return grown

    return build


TF_VERSION = version("tensorflow")


def test_a_gpu_is_used_with_the_memory_that_it_needs(machine, capsys):
    grown = machine("gpu0", "gpu1")
    notebook.set_up("ko")
    assert grown == [("gpu0", True), ("gpu1", True)]
    assert "GPU: 2" in capsys.readouterr().out


def test_a_gpu_in_use_stays_as_it_is(machine, capsys):
    machine("gpu0", busy=True)
    notebook.set_up("en")
    assert "Ready" in capsys.readouterr().out


def test_without_a_gpu_the_cpu_is_named(machine, capsys):
    machine()
    notebook.set_up("ko")
    assert "CPU" in capsys.readouterr().out


def test_a_library_that_was_imported_before_it_was_replaced_asks_for_a_new_kernel(machine, monkeypatch, capsys):
    machine()
    monkeypatch.setattr("numpy.__version__", "1.0")
    notebook.set_up("ko")
    out = capsys.readouterr().out
    assert "다시 시작" in out
    assert "numpy" in out
    assert "CPU" not in out


# What a cell shows


def test_a_report_in_a_notebook_speaks_one_language_and_keeps_its_style_to_itself():
    steps = made_report(lost=["framing.eos", "unk.boundary"], got="<b>[0]</b>").steps
    korean, english = (notebook_part(steps, language) for language in NAMES)
    assert "대화를 틀에 끼우기" in korean
    assert "Framing a dialog" not in korean
    assert "Framing a dialog" in english
    assert not re.search("[가-힣]", re.sub(r"<style>.*?</style>", "", english, flags=re.DOTALL))
    assert "<b>[0]" not in korean
    style = re.search(r"<style>(.*?)</style>", korean, re.DOTALL)[1]
    assert style.startswith(".kogpt2-lab {")
    assert ":root" not in style
    assert style.count("{") == style.count("}")
    assert '<span class="score">90</span> / 100' in korean


def test_notes_alone_are_shown_and_escaped():
    shown = notebook_part([], "ko", ["<script>"])
    assert "&lt;script&gt;" in shown
    assert "<table>" not in shown


# In a kernel


EMPTY = "empty-"  # how the ids of the cells start that are run first


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """One kernel: cells of the empty notebook, then, once all is forgotten, the whole notebook of the solution.

    Gives the kernel's folder, each cell's outputs by the cell's id, and the numbers beside the cells.
    """
    folder = tmp_path_factory.mktemp("kernel")
    made = nbformat.reads(worksheet(SOLUTION, "ko", filled=True), as_version=4)
    made.cells = [*cells_with_mistakes(), code_cell("reset", "%reset -f"), *cells_to_the_end(made)]
    client = NotebookClient(made, timeout=300, resources={"metadata": {"path": str(folder)}}, allow_errors=True)
    client.execute(env=os.environ | {"TMPDIR": str(folder), "PYTHONPATH": str(PROJECT)})
    code = [cell for cell in made.cells if cell.cell_type == "code"]
    return folder, {cell.id: cell.outputs for cell in code}, {cell.id: cell.execution_count for cell in code}


def cells_with_mistakes():
    cells = nbformat.reads(worksheet(SOLUTION, "ko"), as_version=4).cells
    cells = cells[: [cell.id for cell in cells].index("pretrained-check") + 1]
    cells += [
        code_cell("not-run", 'check("framing")'),
        code_cell("no-step", 'check("no such step")'),
        code_cell("sound", "def encode_dialog(question, answer, tokenizer):\n    return []"),
        code_cell("broken", "def encode_dialog(question, answer, tokenizer:\n    return []"),
        code_cell("broken-check", 'check("framing")'),
        code_cell("all", 'check_all("no/such/folder.json")'),
    ]
    for cell in cells:
        cell.id = EMPTY + cell.id
    return cells


def cells_to_the_end(made):
    [parameters] = [cell for cell in made.cells if "parameters" in cell.metadata.get("tags", [])]
    parameters.source += "\nDIALOGS, QUESTIONS = 96, QUESTIONS[:2]"
    return made.cells


def shown(outputs, kind="text/plain"):
    """The texts of a cell's outputs."""
    return "".join(output.get("data", {}).get(kind, output.get("text", "")) for output in outputs)


def errors(outputs):
    """What went wrong in any cell: an exception, or a traceback on standard error."""
    flat = [output for one in outputs.values() for output in one]
    raised = [output.ename for output in flat if output.output_type == "error"]
    return raised + [output.text for output in flat if output.get("name") == "stderr" and "Traceback" in output.text]


def code_cell(name, text):
    return nbformat.v4.new_code_cell(text, id=name)


def test_the_whole_notebook_runs_and_gets_the_full_score(kernel):
    folder, outputs, _ = kernel
    outputs = {name: one for name, one in outputs.items() if not name.startswith(EMPTY)}

    assert errors(outputs) == []
    for step in ASSIGNMENT.steps:
        points = f"{step.points} / {step.points}"
        assert points in shown(outputs[f"{step.id}-check"])
        assert f'class="full-marks">{step.points}</span> / {step.points}' in shown(
            outputs[f"{step.id}-check"], "text/html"
        )
    assert "총점 100 / 100" in shown(outputs["all-check"])
    costs = [float(cost) for cost in re.findall(r"cost = ([\d.]+)", shown(outputs["training"]))]
    assert len(costs) == 3
    assert costs == sorted(costs, reverse=True)
    assert costs[0] > costs[-1] > 0
    assert "image/png" in outputs["costs"][0].data
    assert "<|endoftext|>" in shown(outputs["special-tokens"])
    assert "vocab_size" in shown(outputs["config"])
    assert "<s><usr>" in shown(outputs["one-batch"])
    assert shown(outputs["answers"]).count("→") == 2
    assert "top_k=10" in shown(outputs["top-k"])
    assert list(folder.glob("kogpt2-lab-server-*")) == []
    written = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert (written["submission"], written["score"]) == ("lab", 100)


def test_an_empty_block_a_wrong_name_and_a_cell_that_was_not_run_are_told(kernel):
    _, outputs, counts = kernel
    outputs = {name.removeprefix(EMPTY): one for name, one in outputs.items() if name.startswith(EMPTY)}
    count = counts[f"{EMPTY}broken"]

    assert errors({name: one for name, one in outputs.items() if name != "broken"}) == []
    assert re.fullmatch(r"\s*· ·\s+사전 훈련된 모델\s+0 / 10\s*", shown(outputs["pretrained-check"]))
    assert "아직 작성하지 않은 블록" in shown(outputs["pretrained-check"], "text/html")
    assert "encode_dialog" in shown(outputs["not-run"])
    assert "실행" in shown(outputs["not-run"])
    assert "pretrained, framing, unk" in shown(outputs["no-step"]).replace("\n", "")
    assert errors({"broken": outputs["broken"]}) == ["SyntaxError"]
    assert "SyntaxError" in shown(outputs["broken-check"])
    assert f"lab.ipynb [{count}] 1번째 줄" in shown(outputs["broken-check"])
    assert "no/such/folder.json" in shown(outputs["all"])
    assert "get_chat_data" in shown(outputs["all"])

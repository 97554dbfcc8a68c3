"""The report of whole submissions: the solution, the skeleton, the first submission, and submissions that go wrong."""

import json
import os
import shutil
import time

import msgspec
import pytest

from grader.assignment import ASSIGNMENT
from grader.grading import examine, grade
from grader.paths import PROJECT, SKELETON, SOLUTION
from grader.reports.report import to_json
from grader.sandbox.limits import Limits
from grader.submission.reading import Submission, read
from tests.conftest import lost
from tests.submissions import VARIANTS

LIGHT = ["framing", "unk", "corpus"]


def source(text, name="dialogs.py"):
    return Submission("submission", "folder", {name: text.encode()})


def framing(text, pool):
    [report] = examine(source(text), pool, steps=["framing"])
    return report


def test_the_solution_gets_full_marks(solution_report):
    assert solution_report.full
    assert lost(solution_report) == {}
    assert (solution_report.score, solution_report.max_score) == (100, 100)


def test_the_skeleton_gets_nothing_and_is_told_that_nothing_is_written(pool):
    report = grade(SKELETON, pool)

    assert report.score == 0
    assert lost(report) == dict.fromkeys(ASSIGNMENT.checks, "not_implemented")


def test_the_first_submission_gets_full_marks(pool):
    report = grade(VARIANTS / "first_handin.py", pool)

    assert lost(report) == {}
    assert report.score == 100


def test_the_report_follows_the_contract(solution_report):
    data = json.loads(to_json(solution_report))

    assert data["schema"] == "kogpt2-lab/report/v1"
    assert {"submission", "status", "score", "max_score", "seconds", "seed", "versions", "steps"} < set(data)
    assert data["submission"] == "solution"
    for step, known in zip(data["steps"], ASSIGNMENT.steps, strict=True):
        assert step["id"] == known.id
        assert step["title"] == {"ko": known.title.ko, "en": known.title.en}
        assert step["points"] == sum(check["points"] for check in step["checks"])
        assert [check["max_points"] for check in step["checks"]] == [check.points for check in known.checks]


def test_a_failed_check_shows_the_smallest_call_and_where_to_read_on(solution_with, pool):
    path = solution_with("dialogs.py", "*token_ids, tokenizer.eos_token_id]", "*token_ids]")
    data = json.loads(to_json(grade(path, pool)))
    check = next(c for s in data["steps"] for c in s["checks"] if c["id"] == "framing.eos")

    assert check["counterexample"] == {
        "call": "encode_dialog('', '', tokenizer)",
        "expected": "[0 <s>, 2 <usr>, 4 <sys>, «1 </s>»]",
        "got": "[0 <s>, 2 <usr>, 4 <sys>, «»]",
    }
    assert check["diagnosis"] == "missing_eos"
    assert check["docs"] == "steps/framing/"
    assert set(check["hint"]) == set(check["message"]) == {"ko", "en"}


@pytest.mark.parametrize("variable", ["PYTEST_ADDOPTS", "PYTEST_PLUGINS"])
def test_what_the_user_tells_their_own_pytest_changes_no_mark(variable, pool, monkeypatch):
    monkeypatch.setenv(variable, "--durations=0 no_such_plugin")

    assert framing((SOLUTION / "dialogs.py").read_text(encoding="utf-8"), pool).points == 15
    assert os.environ[variable] == "--durations=0 no_such_plugin"


def test_two_gradings_of_a_half_right_submission_give_one_report(solution_with, pool):
    path = solution_with("dialogs.py", "token_id < vocab_size", "token_id <= vocab_size")
    first, second = (msgspec.structs.replace(grade(path, pool), seconds=0) for _ in range(2))

    assert 0 < first.score < 100
    assert to_json(first) == to_json(second)


def test_each_step_is_shown_as_soon_as_it_is_graded_those_without_tensorflow_first(pool):
    shown = []
    grade(SKELETON, pool, lambda report: shown.append(report.id))

    assert shown[:3] == LIGHT
    assert sorted(shown) == sorted(step.id for step in ASSIGNMENT.steps)


def test_an_exception_is_shown_with_its_line(pool):
    report = framing("def encode_dialog(question, answer, tokenizer):\n    return 1 / 0\n", pool)

    assert {check.status for check in report.checks} == {"error"}
    assert report.checks[0].message.ko == (
        "dialogs.py 2번째 줄, `return 1 / 0` 에서 ZeroDivisionError 오류가 났습니다: division by zero"
    )


def test_a_syntax_error_is_shown_with_its_line(pool):
    report = framing("import os\n\ndef encode_dialog(:\n    pass\n", pool)

    assert {check.status for check in report.checks} == {"error"}
    assert "dialogs.py 3번째 줄, `def encode_dialog(:` 에서 SyntaxError" in report.checks[0].message.ko


def test_a_missing_function_is_missing(pool):
    report = framing("x = 1\n", pool)

    assert {check.status for check in report.checks} == {"missing"}
    assert "encode_dialog" in report.checks[0].message.ko


def test_a_missing_module_costs_its_own_steps_only(tmp_path, pool):
    shutil.copy(SOLUTION / "dialogs.py", tmp_path)
    steps = examine(Submission("x", "folder", {"dialogs.py": (tmp_path / "dialogs.py").read_bytes()}), pool)

    assert {step.id: step.points for step in steps if step.points} == {"framing": 15, "unk": 15, "corpus": 5}
    assert {check.status for step in steps for check in step.checks} == {"passed", "missing"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("import os; os._exit(0)", "error"),
        ("import sys; sys.exit(0)", "error"),
        ("import ctypes; ctypes.string_at(0)", "error"),
        ("return encode_dialog(question, answer, tokenizer)", "error"),
        ("raise KeyboardInterrupt", "error"),
        ("return 'x' * 10**8", "failed"),
        ("return [[[[[[[[[[[[]]]]]]]]]]]]", "failed"),
        ("return [10**30]", "failed"),
        ("return [0.0, 2.0, 4.0, 1.0]", "failed"),
        ("return None", "failed"),
    ],
)
def test_a_step_that_goes_wrong_costs_that_step_only(body, status, pool):
    text = (SOLUTION / "dialogs.py").read_text(encoding="utf-8")
    old = "token_ids = tokenizer.encode("
    reports = examine(source(text.replace(old, f"{body}\n    {old}")), pool, steps=LIGHT)

    assert [report.points for report in reports] == [0, 15, 5]
    assert {check.status for check in reports[0].checks} == {status}


def test_an_endless_loop_runs_out_of_time_and_costs_that_step_only(pool):
    text = (SOLUTION / "dialogs.py").read_text(encoding="utf-8")
    text = text.replace("token_ids = tokenizer.encode(", "while True: pass\n    token_ids = tokenizer.encode(")
    reports = examine(source(text), pool, steps=LIGHT, limits=Limits(light_call_seconds=1.5))

    assert [report.points for report in reports] == [0, 15, 5]
    assert {check.status for check in reports[0].checks} == {"timeout"}
    assert "2초" in reports[0].checks[0].message.ko


@pytest.mark.parametrize(
    ("file", "old", "spoiling", "step", "others"),
    [
        (
            "dialogs.py",
            "return [tokenizer.bos_token_id, ",
            "import builtins; builtins.sum = builtins.list = builtins.len = None; return [",
            "framing",
            ["unk", "corpus"],
        ),
        (
            "pretrained.py",
            "return TFGPT2LMHeadModel.from_pretrained(resolve(name))",
            "import tensorflow as tf; tf.GradientTape = tf.data = tf.reduce_mean = None",
            "pretrained",
            ["batching", "loss"],
        ),
    ],
)
def test_what_a_step_spoils_in_its_process_costs_no_other_step(file, old, spoiling, step, others, solution_with, pool):
    submission = read(solution_with(file, old, spoiling))
    reports = {report.id: report for report in examine(submission, pool, steps=[step, *others])}

    assert reports[step].points < reports[step].max_points
    assert [reports[other].points for other in others] == [reports[other].max_points for other in others]


def test_a_child_made_ready_beforehand_finds_the_same(pool, solution_with):
    submission = read(solution_with("training.py", "labels=batch, training=True", "labels=batch, training=False"))
    steps = ["batching", "loss"]
    cold = examine(submission, pool, steps=steps)
    pool.warm_up()
    spare = pool._spare

    assert examine(submission, pool, steps=steps) == cold
    assert spare is not pool._spare


def test_a_spare_child_that_died_is_nobodys_fault(pool):
    pool.warm_up()
    pool._spare.end()

    [report] = examine(read(SOLUTION), pool, steps=["batching"])

    assert report.points == report.max_points


def test_what_cannot_be_read_is_reported_and_no_crash(tmp_path, pool):
    path = tmp_path / "lab.docx"
    path.write_bytes(b"PK")
    report = grade(path, pool)

    assert (report.status, report.score, report.steps) == ("unreadable", 0, [])
    assert "lab.docx" in report.reason.ko
    assert json.loads(to_json(report))["reason"]["en"]


def test_examples_do_not_depend_on_what_else_is_loaded(tmp_path):
    """Hypothesis draws constants from loaded modules; the grader must not, or reports differ by who calls it."""
    import os
    import subprocess
    import sys

    (tmp_path / "constants.py").write_text("NUMBERS = [4242, 31337, 777]\nWORD = '상수'\n", encoding="utf-8")
    script = (
        "{extra}\nfrom grader.checks.strategies import texts, vocab_sizes\nfrom grader.checks.properties import "
        "for_examples\ndef judge(examinee, text, size): pass\nclass Examinee:\n    def first_failure(self, judge, "
        "inputs): print(*inputs, sep='\\n')\nfor_examples(200, text=texts(), size=vocab_sizes())(judge)(Examinee())\n"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", script.format(extra=extra)],
            capture_output=True,
            check=True,
            cwd=PROJECT,
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
        ).stdout
        for extra in ("", "import constants")
    ]

    assert outputs[0] == outputs[1]
    assert outputs[0].count(b"\n") == 200


def test_no_file_of_a_submission_is_left_behind(pool):
    scratch = pool.server(tensorflow=False).folder / "scratch"
    framing("def encode_dialog(question, answer, tokenizer): return []\n", pool)
    deadline = time.monotonic() + 30
    while any(scratch.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert list(scratch.iterdir()) == []

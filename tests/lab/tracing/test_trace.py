"""`lab trace`: one dialog through the whole lab, with the student's own functions where they can be used."""

import json
import re
import shutil
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from grader.assignment import ASSIGNMENT
from grader.paths import SOLUTION
from kit.errors import KitError
from lab.__main__ import app_for
from lab.package import MAX_LENGTH, MODULES, FallbackFunctions, Use, reason_of
from lab.tracing import requirements, words
from lab.tracing.journey import collect
from lab.tracing.page import page
from tests.helpers.gradebook.page_parts import Page
from tests.helpers.tiny import tiny_for_mini
from tests.helpers.tracing import DIALOG, ids, in_terminal, own_package, stage, trace_of_dialog, trace_of_odd_texts

runner = CliRunner()
TITLES = ["글", "토큰과 id", "틀에 끼우기", "행이 없는 id 바꾸기", "길이 맞추기", "배치", "손실"]
TITLES += ["프롬프트", "이어서 생성한 토큰", "디코딩한 글", "답변"]
FUNCTIONS = [function for step in ASSIGNMENT.steps for function in step.functions]

tiny = pytest.fixture(tiny_for_mini, scope="module", autouse=True)
traced = pytest.fixture(trace_of_dialog, scope="module")
odd = pytest.fixture(trace_of_odd_texts, scope="module")
package = pytest.fixture(own_package)


# The stages


def test_a_trace_has_all_stages_in_order(traced):
    assert [stage.title.ko for stage in traced.stages] == TITLES
    assert traced.stopped is None


def test_the_dialog_is_tokenized_and_framed_as_the_docs_say(traced):
    tokens, framed = stage(traced, "토큰과 id"), stage(traced, "틀에 끼우기")
    question, answer = map(ids, tokens.rows)

    assert [token.text for token in tokens.rows[0].tokens] == ["▁꽃", "다", "발", "▁받았어"]
    assert ids(framed.rows[0]) == [0, 2, *question, 4, *answer, 1]
    assert [token.role for token in framed.rows[0].tokens if token.role != "text"] == ["bos", "usr", "sys", "eos"]


def test_where_no_id_lacks_a_row_the_edge_of_the_vocabulary_is_shown(traced):
    before, after = stage(traced, "행이 없는 id 바꾸기").rows

    assert [(token.id, token.role) for token in before.tokens] == [(5999, "text"), (6000, "rowless")]
    assert before.tokens[1].text == "<|endoftext|>"
    assert [(token.id, token.role) for token in after.tokens] == [(5999, "text"), (5, "unk")]


def test_an_id_without_a_row_that_occurs_is_shown_where_it_occurs(odd):
    before, after = stage(odd, "행이 없는 id 바꾸기").rows
    places = [place for place, token in enumerate(before.tokens) if token.role == "rowless"]

    assert len(places) == 1
    assert [after.tokens[place].id for place in places] == [5]
    assert [a for i, a in enumerate(ids(after)) if i not in places] == [
        b for i, b in enumerate(ids(before)) if i not in places
    ]


def test_the_dialog_stands_beside_three_others_padded_to_the_longest(traced):
    padded = stage(traced, "길이 맞추기")
    own, *others = padded.rows
    [width] = {len(row.tokens) for row in padded.rows}

    assert len(others) == 3
    assert own.own
    assert not any(row.own for row in others)
    assert ids(own)[:11] == ids(stage(traced, "틀에 끼우기").rows[0])
    assert {token.role for token in own.tokens[11:]} == {"pad"}
    assert f"(4, {width})" in padded.note.ko
    assert any(row.tokens[-1].role == "eos" for row in padded.rows)


def test_the_batch_holds_the_same_rows_in_another_order(traced):
    padded, batch = stage(traced, "길이 맞추기"), stage(traced, "배치")

    assert sorted(map(ids, padded.rows)) == sorted(map(ids, batch.rows))
    assert [ids(row) for row in batch.rows if row.own] == [ids(padded.rows[0])]


def test_the_loss_falls_by_one_step_and_each_token_has_its_share(traced):
    before, after, guessed, better = stage(traced, "손실").rows
    first, second = (float(row.text.split()[0]) for row in (before, after))

    assert 0 < second < first
    assert ids(guessed) == ids(better) == ids(stage(traced, "틀에 끼우기").rows[0])[1:]
    assert all(token.loss >= 0 for token in guessed.tokens)
    assert sum(token.loss for token in better.tokens) < sum(token.loss for token in guessed.tokens)


def test_the_answer_is_what_stands_between_sys_and_the_end_of_what_was_generated(traced):
    decoded, [answer] = stage(traced, "디코딩한 글").rows[0].text, stage(traced, "답변").rows
    generated = stage(traced, "이어서 생성한 토큰").rows[0]

    assert decoded.startswith("<s><usr> 꽃다발 받았어<sys>")
    assert answer.text == decoded.split("<sys>")[1].split("</s>")[0].strip()
    assert len(generated.tokens) + len(stage(traced, "프롬프트").rows[0].tokens) <= MAX_LENGTH
    assert ids(generated)


def test_a_prompt_that_the_model_cannot_read_is_shown_and_generation_goes_on(odd):
    prompt = stage(odd, "프롬프트")

    assert "rowless" in [token.role for token in prompt.rows[0].tokens]
    assert "<unk>" in prompt.note.ko
    assert stage(odd, "답변").functions == ("extract_answer",)
    assert odd.stopped is None


def test_the_same_seed_gives_the_same_trace_and_another_other_dialogs(traced):
    assert collect(*DIALOG, package="solution") == traced
    other = collect(*DIALOG, package="solution", seed=7)
    assert stage(other, "길이 맞추기").rows[1:] != stage(traced, "길이 맞추기").rows[1:]


@pytest.mark.parametrize("dialog", [("", ""), ("", "네"), ("안녕", ""), ("안녕 " * 20, "반가워요 " * 20)])
def test_empty_and_long_texts_go_all_the_way(dialog):
    trace = collect(*dialog, package="solution")

    assert [stage.title.ko for stage in trace.stages] == TITLES
    assert trace.stopped is None


def test_a_text_that_the_model_cannot_read_stops_there_with_a_sentence():
    trace = collect("가나다라 " * 60, "네", package="solution")

    assert [stage.title.ko for stage in trace.stages] == TITLES[:6]
    assert "128" in trace.stopped.ko
    assert "128" in trace.stopped.en
    assert trace.stopped.ko in re.sub(r"\n", "", in_terminal(trace, width=500))
    assert trace.stopped.ko in Page(page(trace, "ko")).read("ko")


def test_a_question_longer_than_the_labs_limit_still_gets_an_answer():
    trace = collect("안녕 " * 60, "", package="solution")
    note = stage(trace, "이어서 생성한 토큰").note.ko

    assert int(re.search(r"max_length (\d+)", note)[1]) > MAX_LENGTH


def test_a_model_that_is_not_there_gets_a_sentence(tmp_path):
    with pytest.raises(KitError, match="no-such-model"):
        collect(*DIALOG, model=str(tmp_path / "no-such-model"), package="solution")


# Whose functions


def test_functions_of_ones_own_are_used_and_give_the_same_trace(package, traced):
    trace = collect(*DIALOG, package=package())

    assert trace.stages == traced.stages
    assert set(FUNCTIONS) <= set(trace.uses)
    assert all(use == Use(own=True) for use in trace.uses.values())
    assert words.filled_in(trace) == []


def test_what_is_not_written_is_filled_in_and_said(traced):
    trace = collect(*DIALOG, package="skeleton")

    assert trace.stages == traced.stages
    [(reason, names)] = words.filled_in(trace)
    assert reason == ASSIGNMENT.outcomes["not_implemented"]
    assert sorted(names) == sorted(FUNCTIONS)


def test_the_solutions_own_functions_stand_in_for_nobody(traced):
    assert words.filled_in(traced) == []
    assert not any(use.own for use in traced.uses.values())


def test_a_value_that_is_merely_wrong_is_shown(package):
    mine = package(
        ("dialogs.py", "*token_ids, tokenizer.eos_token_id]", "*token_ids]"),
        (
            "batches.py",
            "dialog + [pad_id] * (longest - len(dialog)) for",
            "[pad_id] * (longest - len(dialog)) + dialog for",
        ),
        ("answering.py", '.split("</s>", 1)[0].strip()', ""),
    )
    trace = collect(*DIALOG, package=mine)

    assert stage(trace, "틀에 끼우기").rows[0].tokens[-1].role == "text"
    assert stage(trace, "길이 맞추기").rows[0].tokens[0].role == "pad"
    assert stage(trace, "답변").rows[0].text.endswith("</s>") == stage(trace, "디코딩한 글").rows[0].text.endswith(
        "</s>"
    )
    assert words.filled_in(trace) == []


ENCODE = ("dialogs.py", "    token_ids = tokenizer")
# Edits of the solution that leave a function unusable, each with a word of the reason: four submissions.
BROKEN = [
    {
        "encode_dialog": (*ENCODE, "    nothing\n    token_ids = tokenizer", "NameError"),
        "replace_overshooting": ("dialogs.py", "token_id < vocab_size", "token_id <= vocab_size", "6000"),
        "pad_dialogs": ("batches.py", "[pad_id] *", "[-1] *", "-1"),
        "make_dataset": ("batches.py", ".batch(batch_size, ", ".batch(batch_size + 1, ", "NoneType"),
        "compute_loss": ("training.py", "return tf.reduce_mean(model(", "return str(model(", "str"),
        "encode_question": (
            "answering.py",
            "constant([[tokenizer.bos_token_id, *token_ids]])",
            "constant(token_ids)",
            "Tensor",
        ),
        "load_tokenizer": ("pretrained.py", '        pad_token="<pad>",\n', "", "None"),
    },
    {
        "encode_dialog": (*ENCODE, "    1 / 0\n    token_ids = tokenizer", "`1 / 0`"),
        "pad_dialogs": ("batches.py", "[pad_id] *", "[] *", "ValueError"),
        "make_dataset": ("batches.py", "def make_dataset", "def make_data", "make_dataset"),
        "compute_loss": (
            "training.py",
            "training=True).loss)  #",
            "training=True).loss) * float('nan')  #",
            "EagerTensor",
        ),
        "extract_answer": ("answering.py", "return decoded.split", "decoded.split", "NoneType"),
        "load_model": ("pretrained.py", "TFGPT2LMHeadModel.from_pretrained(resolve(name))", "7", "int"),
    },
    {
        "encode_dialog": (*ENCODE, "    raise SystemExit\n    token_ids = tokenizer", "SystemExit"),
        "pad_dialogs": ("batches.py", "for dialog in dialogs])  #", "for dialog in dialogs], float)  #", "ndarray"),
        "train_step": ("training.py", "training=True).loss)  #", "training=True).loss).numpy()  #", "ValueError"),
        "extract_answer": ("answering.py", "def extract_answer(", "def extract_answer((", "SyntaxError"),
    },
    {
        "encode_dialog": ("dialogs.py", "return [tokenizer.bos_token_id", "[tokenizer.bos_token_id", "NoneType"),
        "load_model": (
            "pretrained.py",
            "def load_model(",
            "raise RuntimeError('import')\ndef load_model(",
            "RuntimeError",
        ),
    },
]


@pytest.mark.parametrize("broken", BROKEN)
def test_the_solution_stands_in_for_what_cannot_be_used_and_the_reason_is_said(broken, package):
    trace = collect(*DIALOG, package=package(*(edit[:3] for edit in broken.values())))
    reasons = {one: reason for reason, names in words.filled_in(trace) for one in names}

    for function, (*_, said) in broken.items():
        assert said in reasons[function].ko
        assert said in reasons[function].en
        assert "\n" not in reasons[function].ko
    assert trace.stopped is None
    assert [stage.title.ko for stage in trace.stages] == TITLES
    assert any(use.own for use in trace.uses.values())


def test_a_module_that_cannot_be_imported_costs_its_own_functions_only(package):
    mine = package(("dialogs.py", "def encode_dialog(", "def encode_dialog(("))
    trace = collect(*DIALOG, package=mine)

    assert {name for name, use in trace.uses.items() if not use.own} == {
        name for name, module in MODULES.items() if module == "dialogs"
    }


def test_an_argument_that_a_function_changes_is_a_copy(package):
    mine = package(
        (
            "dialogs.py",
            "    return [token_id if",
            "    token_ids.clear()\n    raise ValueError\n    return [token_id if",
        )
    )
    lab, given = FallbackFunctions(mine), [1, 2, 9]

    assert lab.call("replace_overshooting", given, 5, 0) == [1, 2, 0]
    assert given == [1, 2, 9]
    assert not lab.uses["replace_overshooting"].own


def test_an_array_that_a_function_changes_is_a_copy(package):
    import numpy as np

    mine = package(("batches.py", "    rows = tf.data", "    padded[:] = 0\n    rows = tf.data"))
    lab, given = FallbackFunctions(mine), np.arange(8).reshape(4, 2)
    lab.call("make_dataset", given, 2)

    assert given.tolist() == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert lab.uses["make_dataset"].own


@pytest.mark.parametrize("marked", [True, False], ids=["package", "bare folder"])
def test_the_skeleton_is_the_one_in_this_folder(marked, tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "skeleton"]:
        monkeypatch.delitem(sys.modules, name)
    shutil.copytree(SOLUTION, tmp_path / "skeleton", ignore=shutil.ignore_patterns("__pycache__"))
    if not marked:
        (tmp_path / "skeleton" / "__init__.py").unlink()
    monkeypatch.chdir(tmp_path)
    lab = FallbackFunctions("skeleton")
    try:
        assert lab.call("replace_overshooting", [1, 9], 9, 5) == [1, 5]
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == "skeleton"]:
            del sys.modules[name]

    assert lab.uses == {"replace_overshooting": Use(own=True)}


def test_once_filled_in_it_stays_said(package):
    mine = package(("dialogs.py", "    return [token_id if", "    assert len(token_ids) < 3\n    return [token_id if"))
    lab = FallbackFunctions(mine)
    lab.call("replace_overshooting", [1, 2, 3, 4], 5, 0)
    lab.call("replace_overshooting", [1], 5, 0)

    assert lab.uses["replace_overshooting"].reason is not None


def test_a_reason_is_one_printable_line():
    reason = reason_of(ValueError("first \x1b[31m\nsecond"))

    assert "first \\x1b[31m" in reason.ko
    assert "second" not in reason.en


# What is read from a value


@given(st.lists(st.integers(0, 99), min_size=1))
def test_any_kind_of_integers_is_read_alike(values):
    import numpy as np

    for kind in (list, tuple, np.array, lambda v: np.array(v, "int32"), lambda v: list(np.array(v))):
        assert requirements.token_ids(kind(values), 100) == values
    with pytest.raises(KitError):
        requirements.token_ids(values, max(values))


@pytest.mark.parametrize("value", [None, [], "글", 3, [1.5], [[1], [1, 2]], [[1, 2]], [None], [-1], object()])
def test_what_is_no_list_of_ids_is_refused(value):
    with pytest.raises(KitError):
        requirements.token_ids(value)


# The command


def test_the_command_prints_and_saves(tmp_path):
    out = tmp_path / "report" / "trace.html"
    result = runner.invoke(app_for(["trace"]), ["trace", *DIALOG, "--html", str(out)])

    assert result.exit_code == 0, result.exception
    assert "encode_dialog" in result.output
    assert str(out) in result.output.replace("\n", "")
    assert "꽃다발 받았어" in Page(out.read_text(encoding="utf-8")).read("ko")


def test_a_page_that_cannot_be_written_gets_a_sentence_and_the_trace_is_shown(traced, tmp_path, monkeypatch):
    monkeypatch.setattr("lab.tracing.journey.collect", lambda *_: traced)
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = runner.invoke(app_for(["trace"]), ["trace", *DIALOG, "--html", str(tmp_path / "file" / "trace.html")])

    assert isinstance(result.exception, KitError)
    assert "encode_dialog" in result.output


def test_a_seed_out_of_range_is_explained():
    result = runner.invoke(app_for(["trace"]), ["trace", *DIALOG, "--seed", "-1"])

    assert result.exit_code == 2


def test_a_trained_checkpoint_is_followed_as_well(tiny, tmp_path, traced):
    folder = shutil.copytree(tiny, tmp_path / "run")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"attn_pdrop": 0.0}))
    trace = collect(*DIALOG, model=str(folder), package="solution")

    assert trace.stages[:6] == traced.stages[:6]
    assert "3e-05" in stage(trace, "손실").note.ko

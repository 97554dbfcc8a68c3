"""`lab show`: the model, its tokens, the data, a batch and sampling, as they are."""

import re
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

import kit
from kit.corpus import SONGYS_FILE
from kit.errors import KitError
from lab import topics
from lab.__main__ import app_for
from lab.commands.student.show import TOPICS
from lab.package import LabFunctions, check_question
from tests.helpers.tiny import tiny_for_mini

runner = CliRunner()
tiny = pytest.fixture(tiny_for_mini)


def show(*arguments):
    return runner.invoke(app_for(["show"]), ["show", *arguments], env={"COLUMNS": "160"})


def output(*arguments):
    result = show(*arguments)
    assert result.exit_code == 0, result.exception
    return result.output


def message(*arguments):
    result = show(*arguments)
    assert isinstance(result.exception, KitError), result.output
    return str(result.exception)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """No runs here, and nothing downloaded."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KOGPT2_LAB_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture(scope="module")
def loaded():
    lab = LabFunctions("solution")
    return lab, lab.load_model("mini"), lab.load_tokenizer("mini")


def test_alone_it_lists_the_topics():
    listed = output()

    assert re.findall(r"lab show (\w+)", listed) == list(TOPICS) == ["model", "tokens", "data", "batch", "sampling"]
    assert all(meaning.ko in listed for meaning in TOPICS.values())


def test_another_topic_gets_a_sentence_with_those_that_there_are():
    assert all(name in message("weights") for name in TOPICS)
    assert "sampling" in message("data", "안녕")


# The model


def test_the_parameters_by_layer_add_up_to_what_keras_says(loaded, capsys):
    _, model, _ = loaded
    layers = topics.parameters(model)
    shown = output("model")
    model.summary()
    total = int(re.search(r"Total params: (\d+)", capsys.readouterr().out)[1])

    assert sum(int(np.prod(weight.shape)) for weights in layers.values() for weight in weights) == total
    assert list(layers)[:2] == ["wte", "wpe"]
    assert [name for name in layers if re.fullmatch(r"h\.\d", name)] == ["h.1", "h.2", "h.3"]
    assert f"{total:,}" in shown
    assert all(name in shown for name in layers)
    assert "(6000, 160)" in shown


def test_the_config_is_shown_as_it_is(loaded):
    _, model, _ = loaded
    rows = dict(re.findall(r"│ (\w+) +│ (\S+) ", output("model")))

    for key in topics.CONFIG:
        assert rows[key] == str(getattr(model.config, key))


# Tokens


def test_the_special_tokens_and_the_end_of_the_vocabulary_are_decoded(loaded):
    _, _, tokenizer = loaded
    rows = re.findall(r"│ +(\d+) │ (\S+) +│ ('.*?') +│ (.*?) +│", output("tokens"))

    assert [int(row[0]) for row in rows] == [*range(10), 5999, 6000, 6001]
    assert all(row[2] == repr(tokenizer.decode(int(row[0]))) for row in rows)
    assert [row[1] for row in rows[:7]] == ["<s>", "</s>", "<usr>", "<pad>", "<sys>", "<unk>", "<mask>"]
    assert [row[1] for row in rows[-2:]] == ["<|endoftext|>", "∅"]
    assert [row[3] for row in rows if row[3].endswith("_token")] == [
        f"{name}_token" for name in ("bos", "eos", "pad", "unk", "mask")
    ]


# Data


def test_the_bundled_dialogs_are_shown_with_their_labels():
    table, shown = kit.read_dialogs(), output("data")

    assert all(question in shown for question in table["Q"][:5])
    assert table["Q"][5] not in shown
    for value, name in enumerate(("일상", "이별", "사랑")):
        assert f"{value} {name} {(table['label'] == value).sum():,}" in shown
    assert "songys" not in shown


def test_a_downloaded_corpus_is_shown_as_well(elsewhere, monkeypatch):
    (elsewhere / "cache").mkdir()
    (elsewhere / "cache" / SONGYS_FILE).write_text("", encoding="utf-8")
    read = kit.read_dialogs
    monkeypatch.setattr(kit, "read_dialogs", lambda source: read("bundled").assign(Q=f"{source}!"))

    assert {"bundled!", "songys!"} <= set(re.findall(r"\w+!", output("data")))


def test_a_csv_of_ones_own_is_shown_as_it_is(elsewhere):
    (elsewhere / "own.csv").write_text('Q,A,label,[bold]\n[red]안녕[/],"<b>네\x1b[31m</b>",7,😀\n', encoding="utf-8")
    shown = output("data", "--data", "own.csv")

    for piece in ("[red]안녕[/]", "<b>네\\x1b[31m</b>", "[bold]", "😀", "label: 7 1"):
        assert piece in shown


def test_a_corpus_that_is_not_there_gets_a_sentence():
    assert "nowhere.csv" in message("data", "--data", "nowhere.csv")
    assert "nowhere.csv" in message("batch", "--data", "nowhere.csv")


# A batch


def test_a_batch_is_printed_and_decoded():
    shown = output("batch")
    rows = re.findall(r"^ *(\d+) (<s><usr>.*)", shown, re.MULTILINE)

    assert re.search(r"모양 \(32, \d+\) · int64", shown)
    assert [int(number) for number, _ in rows] == list(range(32))
    assert all("<sys>" in text for _, text in rows)
    assert "<pad>×" in shown
    assert "[[" in shown


def test_a_row_is_decoded_whole(loaded):
    lab, _, tokenizer = loaded
    ids = lab.encode_dialog("안녕", "반가워요", tokenizer)

    assert topics.decoded([*ids, 3, 3, 3], tokenizer).plain == f"{tokenizer.decode(ids)}<pad>×3"
    assert topics.decoded(ids, tokenizer).plain == tokenizer.decode(ids)


def test_too_few_dialogs_for_a_batch_get_a_sentence(elsewhere):
    (elsewhere / "small.csv").write_text("Q,A\n안녕,네\n", encoding="utf-8")

    assert "small.csv" in message("batch", "--data", "small.csv")


# Sampling


def test_the_same_questions_are_answered_twice_from_the_same_seed(loaded, tiny):
    import tensorflow as tf

    lab, _, tokenizer = loaded
    model = lab.load_model(str(tiny))
    shown = output("sampling", "안녕", "주말에 뭐 할까?", "--seed", "3")

    for question in ("안녕", "주말에 뭐 할까?"):
        [row] = re.findall(rf"│ {re.escape(question)} +│ (.*?) +│ (.*?) +│", shown)
        for top_k, said in zip((10, 20), row, strict=True):
            tf.keras.utils.set_random_seed(3)
            answer = lab.return_answer_by_chatbot(question, model, tokenizer, 50, top_k)
            assert said == (answer or "(빈 글)")


def test_it_samples_from_the_newest_run(elsewhere, tiny):
    assert "미세 조정하지 않은 mini" in output("sampling", "안녕")
    shutil.copytree(tiny, elsewhere / "runs" / "first")
    assert "runs/first" in output("sampling", "안녕")


@pytest.mark.usefixtures("tiny")
def test_without_questions_the_usual_ones_are_asked():
    shown = output("sampling", "--model", "mini")

    assert all(question in shown for question in topics.QUESTIONS)


@pytest.mark.parametrize(("question", "said"), [("가나다라 " * 40, "너무 깁니다"), ("끝<|endoftext|>", "6000")])
def test_a_question_that_cannot_be_answered_gets_a_sentence(question, said, loaded):
    assert said in message("sampling", question)
    lab, model, tokenizer = loaded
    with pytest.raises(KitError, match=said):
        check_question(lab.encode_question(question, tokenizer), model.config.vocab_size, 50)


def test_a_model_that_is_not_there_and_a_block_that_is_not_written_get_a_sentence(elsewhere):
    assert "no-such-model" in message("tokens", "--model", str(elsewhere / "no-such-model"))
    assert "pretrained: load_tokenizer" in message("tokens", "--package", "skeleton")

"""`lab train` and `lab chat` from end to end, on a small corpus, in this process."""

import csv

import pytest
from typer.testing import CliRunner

from lab.__main__ import app_for

runner = CliRunner()


def run(*arguments, input=None):  # noqa: A002 -- typer's word
    return runner.invoke(app_for(arguments), list(arguments), input=input)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Fifty dialogs in a CSV of one's own."""
    path = tmp_path_factory.mktemp("corpus") / "dialogs.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Q", "A"])
        writer.writerows([f"{i}번 질문이에요", f"{i}번 답변이에요."] for i in range(50))
    return path


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory):
    """A model trained for two epochs, and what training printed."""
    out = tmp_path_factory.mktemp("runs") / "first"
    result = run("train", "--data", str(corpus), "--epochs", "2", "--batch-size", "10", "--out", str(out))
    assert result.exit_code == 0, result.output
    return out, result.output


def test_training_says_what_it_trains_on(trained):
    _, output = trained

    assert "대화 50개" in output
    assert "배치 5개" in output
    assert "(50, " in output
    assert output.count("cost = ") == 2


def test_the_cost_falls_and_is_written_down(trained):
    out, _ = trained
    with (out / "loss.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[1]["cost"]) < float(rows[0]["cost"])
    assert (out / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_the_checkpoint_can_be_loaded_and_has_changed(trained):
    import numpy as np

    from kit import resolve
    from solution.pretrained import load_model, load_tokenizer

    out, _ = trained
    new, old = load_model(str(out)), load_model(resolve("mini"))
    sentence = "<usr>오늘도 좋은 하루!<sys>"

    assert load_tokenizer(str(out)).encode(sentence) == load_tokenizer("mini").encode(sentence)
    assert not np.array_equal(new.get_weights()[0], old.get_weights()[0])


def test_one_question_greedily_gives_the_same_answer_twice(trained):
    out, _ = trained
    first, second = (run("chat", "3번 질문이에요", "--greedy", "--checkpoint", str(out)) for _ in range(2))

    assert first.exit_code == 0
    assert first.output == second.output
    assert first.output.strip()


def test_a_seed_makes_sampling_repeatable(trained):
    out, _ = trained
    answers = {run("chat", "안녕", "--seed", "7", "--checkpoint", str(out)).output for _ in range(2)}

    assert len(answers) == 1


def test_a_conversation_ends_with_end_of_input(trained):
    out, _ = trained
    result = run("chat", "--greedy", "--checkpoint", str(out), input="안녕\n\n반가워\n")

    assert result.exit_code == 0
    assert result.output.count("> ") >= 3


def test_the_same_seed_trains_the_same_model(corpus, tmp_path):
    curves = []
    for name in ("a", "b"):
        run("train", "--data", str(corpus), "--epochs", "1", "--batch-size", "25", "--out", str(tmp_path / name))
        curves.append((tmp_path / name / "loss.csv").read_text(encoding="utf-8"))

    assert curves[0] == curves[1]


def message(*arguments):
    """The sentence that a command ends with."""
    result = run(*arguments)
    assert result.exit_code != 0
    return str(result.exception)


def test_an_unwritten_block_gets_a_sentence(tmp_path):
    sentence = message("train", "--package", "skeleton", "--out", str(tmp_path / "x"))

    assert "pretrained: load_tokenizer" in sentence
    assert "lab check skeleton" in sentence


def test_a_model_that_is_not_there_gets_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    assert "no/such-model" in message("train", "--model", "no/such-model", "--out", str(tmp_path / "x"))
    assert "no-such-folder" in message("chat", "안녕", "--checkpoint", str(tmp_path / "no-such-folder"))


def test_a_corpus_that_is_not_there_gets_a_sentence(tmp_path):
    assert "nowhere.csv" in message("train", "--data", str(tmp_path / "nowhere.csv"))


def test_too_few_dialogs_get_a_sentence(corpus, tmp_path):
    sentence = message("train", "--data", str(corpus), "--batch-size", "64", "--out", str(tmp_path / "x"))

    assert "50" in sentence
    assert "64" in sentence


def test_a_question_that_is_too_long_gets_a_sentence(trained):
    out, _ = trained

    assert "너무 깁니다" in message("chat", "가나다라마바사 " * 20, "--checkpoint", str(out))


def test_a_question_with_a_token_that_the_model_does_not_know_gets_a_sentence(trained):
    out, _ = trained

    assert "6000" in message("chat", "끝<|endoftext|>", "--checkpoint", str(out))


def test_without_a_training_chat_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert "lab train" in message("chat", "안녕")

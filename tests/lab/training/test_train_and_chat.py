"""`lab train` and `lab chat` from end to end, on a small corpus, in this process."""

import csv
import math

import pytest
from typer.testing import CliRunner

from lab.__main__ import app_for
from lab.training.run import absolute
from lab.training.samples import QUESTIONS, sample_answers
from tests.helpers.tiny import tiny_for_mini

runner = CliRunner()
tiny = pytest.fixture(tiny_for_mini, scope="module", autouse=True)


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
def trained(tiny, corpus, tmp_path_factory):
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


def test_one_can_talk_with_a_model_of_the_hub(hub, tiny):
    hub.add("somebody/mini-gpt2", tiny)
    result = run("chat", "안녕", "--greedy", "--checkpoint", "somebody/mini-gpt2")

    assert result.exit_code == 0, result.output


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


@pytest.fixture(scope="module")
def validated(tiny, corpus, tmp_path_factory):
    """A model trained with dialogs held out, and what training printed."""
    out = tmp_path_factory.mktemp("runs") / "validated"
    options = ("--data", str(corpus), "--epochs", "2", "--batch-size", "20", "--validation", "0.2")
    result = run("train", *options, "--out", str(out))
    assert result.exit_code == 0, result.output
    return out, result.output


def test_the_held_out_loss_and_perplexity_are_told_and_written_before_and_after_each_epoch(validated):
    out, output = validated
    with (out / "loss.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert output.count("검증 손실") == 3
    assert "패딩 제외" in output
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert [bool(row["cost"]) for row in rows] == [False, True, True]
    losses = [float(row["held_out_loss"]) for row in rows]
    assert losses[2] < losses[0]
    assert [float(row["perplexity"]) for row in rows] == [pytest.approx(math.exp(loss)) for loss in losses]
    assert "대화 40개" in output
    assert "배치 2개" in output


def test_every_steps_loss_is_written(validated):
    with (validated[0] / "steps.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert [row["step"] for row in rows] == ["1", "2", "3", "4"]
    with (validated[0] / "loss.csv").open(encoding="utf-8") as file:
        costs = [row["cost"] for row in csv.DictReader(file)]
    assert float(costs[1]) == pytest.approx((float(rows[0]["loss"]) + float(rows[1]["loss"])) / 2)


def test_the_same_questions_are_answered_before_and_after(validated):
    out, output = validated
    with (out / "answers.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert [row["question"] for row in rows] == list(QUESTIONS)
    assert any(row["before"] != row["after"] for row in rows)
    assert "훈련 전" in output
    assert all(question in output for question in QUESTIONS)


def test_unwritten_answering_costs_the_table_alone(capsys):
    class Unwritten:
        def return_answer_by_chatbot(self, *_):
            raise NotImplementedError("answer: return_answer_by_chatbot")

    assert sample_answers(Unwritten(), None, None) == []
    assert "건너뜁니다" in capsys.readouterr().out


def test_too_small_or_large_a_share_is_refused(corpus, tmp_path):
    options = ("--data", str(corpus), "--out", str(tmp_path / "x"), "--validation")

    assert "더 큰 비율" in message("train", *options, "0.001")
    assert run("train", *options, "0.9").exit_code != 0


def test_a_dataset_of_other_batches_gets_a_sentence(corpus, tmp_path, monkeypatch):
    import solution.batches

    right = solution.batches.make_dataset
    monkeypatch.setattr(solution.batches, "make_dataset", lambda *arguments: right(*arguments).take(1))

    sentence = message("train", "--data", str(corpus), "--batch-size", "10", "--out", str(tmp_path / "x"))
    assert "make_dataset" in sentence


def test_what_is_bundled_keeps_its_name_beside_paths_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("mini", "songys", "own"):
        (tmp_path / name).mkdir()

    for name in ("mini", "songys", "skt/kogpt2-base-v2"):
        assert absolute(name) == name
    assert absolute("own") == str(tmp_path / "own")


def message(*arguments):
    """The sentence that a command ends with."""
    result = run(*arguments)
    assert result.exit_code != 0
    return str(result.exception)


def test_an_unwritten_block_gets_a_sentence(tmp_path):
    sentence = message("train", "--package", "skeleton", "--out", str(tmp_path / "x"))

    assert "pretrained: load_tokenizer" in sentence
    assert "lab check skeleton" in sentence


def test_a_model_that_is_not_there_gets_a_sentence(hub, tmp_path):
    assert "no/such-model" in message("train", "--model", "no/such-model", "--out", str(tmp_path / "x"))
    assert "no-such-folder" in message("chat", "안녕", "--checkpoint", str(tmp_path / "no-such-folder"))


def test_a_corpus_that_is_not_there_gets_a_sentence(tmp_path):
    assert "nowhere.csv" in message("train", "--data", str(tmp_path / "nowhere.csv"))


def test_too_few_dialogs_get_a_sentence(corpus, tmp_path):
    sentence = message("train", "--data", str(corpus), "--batch-size", "64", "--out", str(tmp_path / "x"))

    assert "50" in sentence
    assert "64" in sentence


@pytest.mark.parametrize("validation", ["0", "0.5"])
def test_a_dialog_longer_than_the_model_reads_gets_a_sentence(validation, corpus, tmp_path):
    long = tmp_path / "long.csv"
    long.write_text(corpus.read_text(encoding="utf-8") + f"길다,{'아주 ' * 200}\n", encoding="utf-8")
    options = ("--data", str(long), "--batch-size", "10", "--validation", validation)

    assert "토큰을 128개까지" in message("train", *options, "--out", str(tmp_path / "x"))


@pytest.mark.parametrize("rate", ["nan", "inf", "0", "-1"])
def test_a_learning_rate_that_is_none_gets_a_sentence(rate, tmp_path):
    assert "--learning-rate" in message("train", "--learning-rate", rate, "--out", str(tmp_path / "x"))


@pytest.mark.parametrize("seed", ["-1", str(2**32)])
@pytest.mark.parametrize("command", ["train", "chat"])
def test_a_seed_out_of_range_is_refused(command, seed):
    result = run(command, "--seed", seed)

    assert result.exit_code == 2
    assert "--seed" in result.output


def test_a_question_that_is_no_text_gets_a_sentence(trained):
    out, _ = trained

    assert "UTF-8이 아닙니다" in message("chat", "안녕\udcff", "--checkpoint", str(out))


def test_a_limit_beyond_what_the_model_takes_gets_a_sentence(trained):
    out, _ = trained

    assert "128개까지" in message("chat", "안녕", "--max-length", "129", "--checkpoint", str(out))


def test_a_question_that_is_too_long_gets_a_sentence(trained):
    out, _ = trained

    assert "너무 깁니다" in message("chat", "가나다라마바사 " * 20, "--checkpoint", str(out))


def test_a_question_with_a_token_that_the_model_does_not_know_gets_a_sentence(trained):
    out, _ = trained

    assert "6000" in message("chat", "끝<|endoftext|>", "--checkpoint", str(out))


def test_without_a_training_chat_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert "lab train" in message("chat", "안녕")

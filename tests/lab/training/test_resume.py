"""A training that is killed, interrupted and resumed ends as the one that was left alone, to the last bit."""

import csv
import filecmp
import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kit import KitError
from lab.__main__ import app_for, normalized_arguments
from lab.errors import LabError
from tests.helpers.tiny import tiny_for_mini
from tests.helpers.trainings import LabProcess

EPOCH = 5  # batches
OPTIONS = ("--data", "dialogs.csv", "--epochs", "2", "--batch-size", "4", "--seed", "7")
tiny = pytest.fixture(tiny_for_mini, scope="module", autouse=True)


@pytest.fixture(scope="module")
def home(tiny, tmp_path_factory):
    """A folder with a small corpus, in which one training has been left alone."""
    folder = tmp_path_factory.mktemp("home")
    rows = "".join(f"{i}번 질문이에요,{i}번 답변이에요.\n" for i in range(4 * EPOCH + 1))
    (folder / "dialogs.csv").write_text(f"Q,A\n{rows}", encoding="utf-8")
    here = Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(here)


@pytest.fixture(scope="module")
def alone(home):
    run("train", *OPTIONS, "--out", "runs/alone")
    return home / "runs" / "alone"


def run(*arguments):
    """Run `lab` in this process and return what it printed."""
    result = CliRunner().invoke(app_for(arguments), normalized_arguments(list(arguments)), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def started(tiny, tmp_path_factory):
    """Starts `lab` in a process of its own."""
    return lambda *arguments: LabProcess(tiny, tmp_path_factory.mktemp("printed") / "text", *arguments)


def steps_saved(folder):
    path = folder / "steps.csv"
    return len(path.read_text(encoding="utf-8").splitlines()) - 1 if path.exists() else 0


def when_saved(process, folder, steps, number):
    """Send a signal once so many steps are saved; returns the exit code."""
    end = time.monotonic() + 300
    while steps_saved(folder) < steps:
        assert process.running, process.text()
        assert time.monotonic() < end
        time.sleep(0.02)
    return process.end_by(number)


@pytest.fixture(scope="module")
def resumed(alone, started):
    """A training killed within its first epoch, resumed, interrupted within the second, and resumed to its end."""
    folder = alone.parent / "resumed"
    killed = started("train", *OPTIONS, "--out", "runs/resumed")
    assert when_saved(killed, folder, 2, signal.SIGKILL) == -signal.SIGKILL
    assert 2 <= steps_saved(folder) < EPOCH
    again = started("train", "--resume", "runs/resumed")
    assert when_saved(again, folder, EPOCH + 1, signal.SIGINT) == 130
    interrupted_at = steps_saved(folder)
    assert EPOCH < interrupted_at < 2 * EPOCH
    return folder, again.text(), interrupted_at, run("train", "--resume")


def test_the_loss_curves_are_equal(alone, resumed):
    for name in ("steps.csv", "loss.csv"):
        assert (resumed[0] / name).read_bytes() == (alone / name).read_bytes()
    with (alone / "steps.csv").open(encoding="utf-8") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert len(losses) == 2 * EPOCH == len(set(losses))


def test_the_weights_are_equal(alone, resumed):
    assert filecmp.cmp(resumed[0] / "model.safetensors", alone / "model.safetensors", shallow=False)


def test_an_interrupted_training_says_how_to_go_on_and_a_resumed_one_where(resumed):
    _, said, at, output = resumed
    assert f"after {at} steps" in said
    assert "lab train --resume runs/resumed" in said
    assert f"에포크 2의 배치 {at - EPOCH + 1}부터" in output


def test_a_training_that_has_ended_leaves_no_state(alone, resumed):
    for folder in (alone, resumed[0]):
        assert not [path.name for path in folder.iterdir() if "state" in path.name or path.name.endswith(".new")]


# What is refused


@pytest.fixture
def unfinished(alone, tmp_path):
    """A run that was noted and not finished."""
    folder = alone.parent / tmp_path.name
    folder.mkdir()
    shutil.copy(alone / "run.json", folder)
    yield folder
    shutil.rmtree(folder)


def refused(*arguments):
    with pytest.raises(LabError) as caught:
        run("train", *arguments)
    return caught.value.text.en


def test_a_finished_one_does_not_go_on(alone):
    assert "has ended" in refused("--resume", str(alone))


def test_without_an_unfinished_one_there_is_none_to_go_on_with(alone, resumed):
    assert "no training to go on with" in refused("--resume")


def test_a_folder_that_is_no_run_does_not_go_on(alone, tmp_path):
    assert "no training to go on with" in refused("--resume", str(tmp_path))
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    assert "no training to go on with" in refused("--resume", str(tmp_path))


def test_a_fast_training_that_is_killed_and_resumed_ends_the_same(home, started):
    run("train", *OPTIONS, "--fast", "--out", "runs/fast_alone")
    alone, killed = home / "runs" / "fast_alone", home / "runs" / "fast"
    process = started("train", *OPTIONS, "--fast", "--out", "runs/fast")
    assert when_saved(process, killed, 7, signal.SIGKILL) == -signal.SIGKILL
    begun = json.loads((killed / "run.json").read_bytes())
    run("train", "--resume", "runs/fast")

    assert begun["matrix_type"] in ("bfloat16", "float32")
    assert json.loads((killed / "run.json").read_bytes()) == begun
    for name in ("steps.csv", "loss.csv", "model.safetensors"):
        assert filecmp.cmp(killed / name, alone / name, shallow=False), name


@pytest.mark.parametrize(
    ("option", "value"), [("--epochs", "3"), ("--seed", "8"), ("--data", "bundled"), ("--package", "skeleton")]
)
def test_another_option_does_not_go_on(unfinished, option, value):
    sentence = refused("--resume", str(unfinished), option, value)

    assert f"was started with {option}" in sentence
    assert value in sentence


def test_the_folder_cannot_be_another(unfinished):
    assert "--out" in refused("--resume", str(unfinished), "--out", "elsewhere")


def test_other_data_do_not_go_on(unfinished, home):
    path = home / "dialogs.csv"
    before = path.read_text(encoding="utf-8")
    path.write_text(before + "하나 더,네\n", encoding="utf-8")
    try:
        assert "dialogs.csv changed" in refused("--resume", str(unfinished))
    finally:
        path.write_text(before, encoding="utf-8")


@pytest.mark.parametrize(("fact", "named"), [("code", "solution"), ("model", "mini")])
def test_other_code_or_another_checkpoint_does_not_go_on(fact, named, unfinished):
    facts = unfinished / "run.json"
    facts.write_text(json.dumps(json.loads(facts.read_bytes()) | {fact: "0" * 64}))

    assert f"{named} changed" in refused("--resume", str(unfinished))


def test_a_damaged_state_does_not_go_on(unfinished):
    (unfinished / "state.safetensors").write_bytes(b"\0" * 100)

    with pytest.raises(KitError) as caught:
        run("train", "--resume", str(unfinished))
    assert "cannot be read" in caught.value.text.en


def test_a_new_training_does_not_take_the_folder_of_another(alone):
    assert "holds a training already" in refused(*OPTIONS, "--out", str(alone))


def test_a_new_training_does_not_take_the_folder_of_a_model(tmp_path):
    (tmp_path / "model.safetensors").touch()

    assert "holds a model already" in refused(*OPTIONS, "--out", str(tmp_path))


def test_two_do_not_train_in_one_folder(unfinished):
    from filelock import FileLock

    with FileLock(unfinished / ".lock"):
        assert "Another training" in refused("--resume", str(unfinished))

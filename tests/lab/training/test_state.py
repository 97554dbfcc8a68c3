"""Saving a training's state as a whole, when to save, stopping between steps, and the loop that goes on."""

import errno
import os
import signal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import SafetensorError

import kit.files
import lab.training.loop
import lab.training.state
from kit import KitError
from kit.files import replaced
from lab.training.interrupts import Interrupts
from lab.training.loop import Plan, SaveTimer, seed_everything, train
from lab.training.state import History, restore, save

# Putting in place


def test_a_file_takes_the_place_of_the_old_one(tmp_path):
    path = tmp_path / "state"
    path.write_text("old")
    with replaced(path) as new:
        new.write_text("new")
        assert path.read_text() == "old"

    assert path.read_text() == "new"
    assert [file.name for file in tmp_path.iterdir()] == ["state"]


def test_a_folder_appears_with_all_it_holds(tmp_path):
    with replaced(tmp_path / "folder") as new:
        (new / "deep").mkdir(parents=True)
        (new / "deep" / "file").write_text("here")
        assert not (tmp_path / "folder").exists()

    assert (tmp_path / "folder" / "deep" / "file").read_text() == "here"


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_what_fails_leaves_the_old_one_and_nothing_else(tmp_path, monkeypatch, failing):
    path = tmp_path / "state"
    path.write_text("old")

    def fail(*_):
        raise OSError(errno.EIO, "failed")

    monkeypatch.setattr(*((os, "fsync", fail) if failing == "fsync" else (kit.files.Path, "replace", fail)))
    with pytest.raises(OSError, match="failed"), replaced(path) as new:
        new.write_text("new")
    monkeypatch.undo()

    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["state"]


def test_what_a_killed_one_left_is_removed_by_the_next(tmp_path):
    (tmp_path / ".state.new").mkdir()
    with replaced(tmp_path / "state") as new:
        new.write_text("new")

    assert [file.name for file in tmp_path.iterdir()] == ["state"]


# A training's state


@pytest.fixture(scope="module")
def keras():
    import tf_keras

    return tf_keras


@pytest.fixture
def network(keras):
    """A small model that draws random numbers, and the optimizer of the lab."""
    from solution.training import make_optimizer

    def build():
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.layers.Dense(3, input_shape=(2,)), keras.layers.Dropout(0.5)])
        return model, make_optimizer(0.1)

    return build


def trained(model, optimizer, steps):
    import tensorflow as tf

    for step in range(steps):
        seed_everything(0, step)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(np.ones((4, 2)), training=True) - 1.0) ** 2)
        optimizer.apply_gradients(
            zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables, strict=True)
        )


def test_a_restored_state_goes_on_as_the_saved_one(network, tmp_path):
    model, optimizer = network()
    trained(model, optimizer, 3)
    save(tmp_path / "state", model, optimizer, History([1.5, 0.1 + 0.2], [2.5], ["네", ""]))
    trained(model, optimizer, 3)
    other, its_optimizer = network()
    history = restore(tmp_path / "state", other, its_optimizer)
    trained(other, its_optimizer, 3)

    assert history == History([1.5, 0.1 + 0.2], [2.5], ["네", ""])
    assert all(np.array_equal(*pair) for pair in zip(model.get_weights(), other.get_weights(), strict=True))
    assert int(its_optimizer.iterations) == 6


def test_a_state_before_the_first_step_can_be_saved_and_restored(network, tmp_path):
    save(tmp_path / "state", *network(), History())
    model, optimizer = network()

    assert restore(tmp_path / "state", model, optimizer) == History()


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), SafetensorError("I/O error")])
def test_a_state_that_cannot_be_written_leaves_the_one_before(network, tmp_path, monkeypatch, error):
    import safetensors.numpy

    save(tmp_path / "state", *network(), History([1.0]))

    def half(_, path, **__):
        path.write_bytes(b"half")
        raise error

    monkeypatch.setattr(safetensors.numpy, "save_file", half)
    with pytest.raises(KitError, match="앞서 저장한 상태"):
        save(tmp_path / "state", *network(), History([1.0, 2.0]))

    assert restore(tmp_path / "state", *network()) == History([1.0])
    assert [file.name for file in tmp_path.iterdir()] == ["state"]


def test_a_state_of_another_model_or_optimizer_is_refused(network, keras, tmp_path):
    model, optimizer = network()
    trained(model, optimizer, 1)
    save(tmp_path / "state", model, optimizer, History())
    wider = keras.Sequential([keras.layers.Dense(4, input_shape=(2,))])

    for pair in ((wider, network()[1]), (network()[0], keras.optimizers.SGD(0.1))):
        with pytest.raises(KitError, match="읽을 수 없습니다"):
            restore(tmp_path / "state", *pair)


# When to save


@given(st.lists(st.floats(0.1, 90.0), min_size=1, max_size=60))
def test_no_more_than_a_minute_of_work_is_unsaved_unless_a_step_is_longer_than_the_one_before(durations):
    now = 0.0
    alarm = SaveTimer(60.0, lambda: now)
    unsaved = before = 0.0
    for duration in durations:
        if alarm.due():
            unsaved = 0.0
            now += 5.0  # saving takes time, too
            alarm.reset()
        now += duration
        unsaved += duration
        assert unsaved <= 60.0 + max(duration - before, 0.0) + 1e-6 or duration > 60.0
        before = duration


def test_quick_steps_are_not_saved_each():
    now = 0.0
    alarm = SaveTimer(60.0, lambda: now)
    saves = 0
    for _ in range(600):
        if alarm.due():
            saves += 1
            alarm.reset()
        now += 1.0

    assert 9 <= saves <= 11


# Stopping between steps


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_for_the_end_of_what_must_not_be_cut(number, capfd):
    done = []

    def step():
        os.kill(os.getpid(), number)
        done.append("whole")

    with Interrupts() as interrupts, pytest.raises(KeyboardInterrupt), interrupts.deferred():
        step()
    assert done == ["whole"]
    assert "저장합니다" in capfd.readouterr().err


def test_elsewhere_a_signal_is_heard_at_once_and_later_as_before():
    former = signal.getsignal(signal.SIGINT)
    with Interrupts(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)

    assert signal.getsignal(signal.SIGINT) is former


def test_an_error_in_between_is_not_replaced():
    with Interrupts() as interrupts, pytest.raises(ValueError, match="mine"), interrupts.deferred():
        raise ValueError("mine")


# The loop, on numbers: a "weight" that each step changes by a random number


class Toy:
    """What a training changes, its history, and what was saved last."""

    def __init__(self, epochs=3, steps=4, evaluate=True, fail_at=None, error=KeyboardInterrupt):
        self.weight, self.history, self.fail_at, self.error = 0.0, History(), fail_at, error
        self.saved, self.ended, self.events = (0.0, History()), [], 0
        self.plan = Plan(epochs, steps, 5, self.batches, self.step, self.evaluate if evaluate else None)

    def event(self):
        self.events += 1
        if self.events - 1 == self.fail_at:
            raise self.error

    def batches(self, _epoch):
        return np.random.permutation(self.plan.steps)  # noqa: NPY002 -- the global state is what is seeded

    def step(self, batch):
        self.event()
        self.weight += batch * np.random.random()  # noqa: NPY002
        return self.weight

    def evaluate(self):
        self.event()
        return self.weight * 2

    def save(self):
        self.saved = (self.weight, History(list(self.history.losses), list(self.history.held_out)))

    def go(self):
        train(self.plan, self.history, self.save, self.ended.append)

    def resume(self):
        self.weight, history = self.saved
        self.history = History(list(history.losses), list(history.held_out))
        self.fail_at = None
        self.go()


@pytest.fixture(scope="module")
def left_alone():
    toy = Toy()
    toy.go()
    return toy


def test_everything_is_done_and_evaluated_before_and_after_each_epoch(left_alone):
    assert len(left_alone.history.losses) == 12
    assert len(left_alone.history.held_out) == 4
    assert left_alone.ended == [1, 2, 3]
    assert left_alone.saved == (left_alone.weight, left_alone.history)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("fail_at", range(16))
def test_wherever_it_stops_it_ends_the_same(left_alone, fail_at, error):
    toy = Toy(fail_at=fail_at, error=error)
    with pytest.raises(error):
        toy.go()
    if error is KeyboardInterrupt:  # saves; anything else leaves the state before
        assert toy.saved[1] == toy.history
    toy.resume()

    assert toy.history == left_alone.history
    assert toy.weight == left_alone.weight


def test_what_is_measured_before_training_is_saved_at_once():
    toy = Toy(fail_at=1, error=RuntimeError)
    with pytest.raises(RuntimeError):
        toy.go()

    assert toy.saved[1].held_out == [0.0]


@pytest.mark.parametrize("draws", [True, False])
def test_a_step_finds_the_global_state_set_unless_it_does_not_draw_from_it(draws):
    def drawn(again):
        numbers = []
        plan = Plan(1, 3, 5, lambda _: range(3), lambda _: numbers.append(np.random.random()) or 0.0, draws=draws)  # noqa: NPY002
        if again:  # resumed behind the first step
            train(plan, History([0.0]), lambda: None, lambda _: None)
        else:
            train(plan, History(), lambda: None, lambda _: None)
        return numbers

    assert (drawn(again=False)[1:] == drawn(again=True)) == draws


def test_it_saves_in_between_when_the_alarm_says_so(monkeypatch):
    monkeypatch.setattr(lab.training.loop, "SAVED_EVERY", 0.0)
    toy = Toy(epochs=1, steps=3, evaluate=False, fail_at=2, error=RuntimeError)
    with pytest.raises(RuntimeError):
        toy.go()

    assert len(toy.saved[1].losses) == 2


def test_epochs_differ_and_seeds_differ(left_alone):
    other = Toy()
    other.plan = Plan(3, 4, 6, other.batches, other.step)
    other.go()

    assert left_alone.history.losses[:4] != [b - left_alone.history.losses[3] for b in left_alone.history.losses[4:8]]
    assert other.history.losses != left_alone.history.losses
    assert other.history.held_out == []

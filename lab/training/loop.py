"""A training loop that can be stopped, killed and resumed, and then ends with the same numbers."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kit.progress import progress
from lab.training.interrupts import Interrupts
from lab.training.state import History

SAVED_EVERY = 60.0  # seconds of work that a kill may cost


@dataclass(frozen=True)
class Plan:
    """What a training does. Nothing in it may depend on what was done before but through the model's weights.

    Attributes:
        epochs: how often to go over the data.
        steps: batches an epoch.
        seed: everything random follows from it and the position.
        batches: the batches of an epoch, counted from 0, each an integer tensor (B, T); asked for anew each epoch, in
            the random state that the seed and the epoch fix, so that the order is the same after a resume.
        step: changes the weights by one batch and returns the loss before, one element. Random operations in it, such
            as dropout, draw from the global random state, which the seed and the step fix.
        evaluate: the held-out loss, in nats per token, before training and after each epoch; `None` for none.
        draws: whether the step draws from the global random state; one that does not spares the time of setting it.
    """

    epochs: int
    steps: int
    seed: int
    batches: Callable[[int], Sequence[Any]]
    step: Callable[[Any], Any]
    evaluate: Callable[[], float] | None = None
    draws: bool = True


class Alarm:
    """Tells when to save, so that no more work than `seconds` is ever unsaved.

    Args:
        seconds: the limit. A step that takes longer than the one before may pass it by the difference.
        clock: seconds since any moment.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds, self.clock = seconds, clock
        self.step = 0.0
        self.saved = self.seen = clock()

    def due(self) -> bool:
        """Ask before each step: whether another one as long as the last would pass the limit."""
        now = self.clock()
        self.step, self.seen = now - self.seen, now
        return now - self.saved + self.step > self.seconds

    def reset(self) -> None:
        """Say that all work is saved."""
        self.saved = self.seen = self.clock()


def seed_everything(seed: int, *position: int) -> None:
    """Set the global random state of Python, NumPy and TensorFlow to what a seed and a position fix.

    Reseeding before each step costs 0.1 s on 2 cores, as TensorFlow forgets its prepared kernels, and spares the state
    of its generators, which it does not give away.
    """
    import numpy as np
    import tensorflow as tf

    tf.keras.utils.set_random_seed(int(np.random.SeedSequence((seed, *position)).generate_state(1)[0]))


def train(plan: Plan, history: History, save: Callable[[], None], ended: Callable[[int], None]) -> None:
    """Go on from where the history ends to the plan's end.

    Args:
        plan: what to do.
        history: what has been done; grows in place.
        save: saves the model, the optimizer and the history. Called at least once a minute, at each epoch's end, and
            when the training is interrupted.
        ended: told the number of each epoch that has ended and is saved.

    Raises:
        KeyboardInterrupt: it was interrupted, between two steps, and saved.
    """
    with Interrupts() as interrupts:
        try:
            _evaluate_if_due(plan, history, save, interrupts)
            while len(history.losses) < plan.epochs * plan.steps:
                _rest_of_epoch(plan, history, save, interrupts)
                with interrupts.put_off():
                    save()
                _evaluate_if_due(plan, history, save, interrupts)
                ended(len(history.losses) // plan.steps)
        except KeyboardInterrupt:
            with interrupts.put_off():
                save()
            raise


def _rest_of_epoch(plan: Plan, history: History, save: Callable[[], None], interrupts: Interrupts) -> None:
    epoch, done = divmod(len(history.losses), plan.steps)
    seed_everything(plan.seed, 0, epoch)
    batches = plan.batches(epoch)[done:]
    alarm = Alarm(SAVED_EVERY)
    for batch in progress(batches, total=len(batches), description=f"epoch {epoch + 1}/{plan.epochs}"):
        with interrupts.put_off():
            if alarm.due():
                save()
                alarm.reset()
            if plan.draws:
                seed_everything(plan.seed, 1, len(history.losses))
            history.losses.append(float(plan.step(batch)))


def _evaluate_if_due(plan: Plan, history: History, save: Callable[[], None], interrupts: Interrupts) -> None:
    """Before training and after each epoch, unless a resumed history has it already; and save it."""
    if plan.evaluate is not None and len(history.held_out) <= len(history.losses) // plan.steps:
        history.held_out.append(plan.evaluate())
        with interrupts.put_off():
            save()

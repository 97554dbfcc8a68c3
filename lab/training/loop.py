"""A training loop that can be stopped or killed and resumed, with the same result as one that was not interrupted."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kit.progress import progress
from lab.training.interrupts import Interrupts
from lab.training.state import History

SAVED_EVERY = 60.0  # seconds of work that are lost at most when the process is killed


@dataclass(frozen=True)
class Plan:
    """What a training does.

    To be resumable, its functions may depend on earlier steps only through the weights of model and optimizer.

    Attributes:
        epochs: number of passes over the data.
        steps: batches in an epoch.
        seed: determines all randomness, together with the number of the epoch or step.
        batches: returns the batches of an epoch, numbered from 0, each an integer tensor (B, T). Called once an epoch,
            with the global random state set from seed and epoch, so that a resumed epoch has the same order.
        step: trains on one batch and returns the loss before the update, one element. Random operations such as
            dropout use the global random state, which is set from seed and step.
        evaluate: returns the held-out loss in nats per token; called before training and after each epoch, if given.
        draws: whether `step` uses the global random state; if not, the time to set it is saved.
    """

    epochs: int
    steps: int
    seed: int
    batches: Callable[[int], Sequence[Any]]
    step: Callable[[Any], Any]
    evaluate: Callable[[], float] | None = None
    draws: bool = True


class SaveTimer:
    """Decides when to save, so that at most `seconds` of work are unsaved.

    Args:
        seconds: the limit; exceeded only by a step that takes longer than the one before.
        clock: returns a time in seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds, self.clock = seconds, clock
        self.step = 0.0
        self.saved = self.seen = clock()

    def due(self) -> bool:
        """Whether to save before the next step, as one as long as the last would exceed the limit. Call once a step."""
        now = self.clock()
        self.step, self.seen = now - self.seen, now
        return now - self.saved + self.step > self.seconds

    def reset(self) -> None:
        """Record that everything is saved now."""
        self.saved = self.seen = self.clock()


def seed_everything(seed: int, *position: int) -> None:
    """Set the global random state of Python, NumPy and TensorFlow from a seed and a position, e.g. epoch or step.

    TensorFlow cannot save the state of its global generators, so a resumable training sets it anew before each step.
    That costs 0.1 s a step on 2 cores, as TensorFlow discards its cached kernels.
    """
    import numpy as np
    import tensorflow as tf

    tf.keras.utils.set_random_seed(int(np.random.SeedSequence((seed, *position)).generate_state(1)[0]))


def train(plan: Plan, history: History, save: Callable[[], None], ended: Callable[[int], None]) -> None:
    """Run the rest of a plan, from where the history ends.

    Args:
        plan: what to do.
        history: what has been done; extended in place.
        save: saves model, optimizer and history. Called at least once a minute, after each epoch, and when the
            training is interrupted.
        ended: called after each epoch, once it is saved, with its number counted from 1.

    Raises:
        KeyboardInterrupt: the training was interrupted between two steps; everything is saved.
    """
    with Interrupts() as interrupts:
        try:
            _evaluate_if_due(plan, history, save, interrupts)
            while len(history.losses) < plan.epochs * plan.steps:
                _rest_of_epoch(plan, history, save, interrupts)
                with interrupts.deferred():
                    save()
                _evaluate_if_due(plan, history, save, interrupts)
                ended(len(history.losses) // plan.steps)
        except KeyboardInterrupt:
            with interrupts.deferred():
                save()
            raise


def _rest_of_epoch(plan: Plan, history: History, save: Callable[[], None], interrupts: Interrupts) -> None:
    epoch, done = divmod(len(history.losses), plan.steps)
    seed_everything(plan.seed, 0, epoch)
    batches = plan.batches(epoch)[done:]
    timer = SaveTimer(SAVED_EVERY)
    for batch in progress(batches, total=len(batches), description=f"epoch {epoch + 1}/{plan.epochs}"):
        with interrupts.deferred():
            if timer.due():
                save()
                timer.reset()
            if plan.draws:
                seed_everything(plan.seed, 1, len(history.losses))
            history.losses.append(float(plan.step(batch)))


def _evaluate_if_due(plan: Plan, history: History, save: Callable[[], None], interrupts: Interrupts) -> None:
    """Evaluate and save, before training and after each epoch, unless the history of a resumed run has the value."""
    if plan.evaluate is not None and len(history.held_out) <= len(history.losses) // plan.steps:
        history.held_out.append(plan.evaluate())
        with interrupts.deferred():
            save()

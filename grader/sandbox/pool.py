"""The benches of a run."""

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Self

from grader.errors import GraderError
from grader.sandbox.forkserver import START_SECONDS, Bench, Child, ChildError

TRIES = 2


class Workshop:
    """The benches of a run: a light one for steps without TensorFlow, a full one for the rest, started together.

    A context manager: leaving it ends both.

    Args:
        confine: whether to use the sandbox.
        debug: whether to let its standard error through.
        light: whether there is a light one: sooner for who waits for a single submission, one import more for a class.
        alone: makes the other workers on this machine wait.
    """

    def __init__(
        self,
        *,
        confine: bool,
        debug: bool = False,
        light: bool = True,
        alone: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.confine = confine
        self.debug = debug
        self.light = light
        self.alone = alone
        self.known: dict[str, Any] = {}  # what the referee has computed, by the request
        self._benches: dict[bool, Bench] = {}
        self._referee: Child | None = None
        self._spare: Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for bench in self._benches.values():
            bench.close()
        self._benches.clear()
        self._referee = self._spare = None

    def bench(self, *, tensorflow: bool) -> Bench:
        """A bench that is proven clean: one that could not end all that a child had started is replaced."""
        tensorflow = tensorflow or not self.light
        bench = self._benches.get(tensorflow)
        if bench is not None and bench.usable:
            return bench
        if bench is not None:
            bench.close()
        if tensorflow:
            self._referee = None
        self._benches[tensorflow] = bench = Bench(tensorflow=tensorflow, confine=self.confine, debug=self.debug)
        return bench

    def ready_bench(self, *, tensorflow: bool) -> Bench:
        """A bench whose imports are done; one that does not come up is replaced once.

        Raises:
            GraderError: the second one does not, either.
        """
        for _ in range(TRIES):
            bench = self.bench(tensorflow=tensorflow)
            if bench.comes_up():
                return bench
            bench.clean = False
        raise GraderError(
            "채점에 쓰는 프로세스를 시작하지 못했습니다. `lab check --debug`로 까닭을 볼 수 있습니다.",
            "The process that grades could not start: `lab check --debug` shows why.",
        )

    def replace_what_does_not_answer(self) -> None:
        """Before somebody loses points because nothing came: a bench must give a child that works."""
        for bench in self._benches.values():
            if bench.ready and not bench.answers():
                bench.clean = False

    def warm_up(self, *, models: bool = True) -> None:
        """Start what is not there yet, without waiting: both benches, and a child that has run TensorFlow.

        Args:
            models: whether the child runs a model as well: sooner done for who waits, more work for a whole class.
        """
        self.bench(tensorflow=False)
        bench = self.bench(tensorflow=True)
        if self._spare is None or self._spare.bench is not bench or not self._spare.alive:
            self._spare = bench.fork()
            self._spare.warm_up(models=models)

    def child(self, submission: dict[str, Any], *, tensorflow: bool) -> Child:
        """A child with a submission loaded."""
        bench = self.ready_bench(tensorflow=tensorflow)
        child = (self._taken_spare(bench) if tensorflow else None) or bench.fork()
        child.load(submission)
        return child

    def _taken_spare(self, bench: Bench) -> Child | None:
        """The child that was made ready, if it is."""
        spare, self._spare = self._spare, None
        if spare is None or not spare.alive or spare.bench is not bench:
            return None
        with contextlib.suppress(ChildError):
            spare.wait(START_SECONDS)
        return spare if spare.alive else None

    def probe(self) -> str:
        """The directory of the second checkpoint, as children see it."""
        return self.bench(tensorflow=True).probe

    def referee(self) -> Child:
        """A child of our own, without a submission, that computes what the model says about ids and weights."""
        self.bench(tensorflow=True)  # without the referee's, there is no referee
        if self._referee is None or not self._referee.alive:
            self._referee = self.ready_bench(tensorflow=True).fork()
            self._referee.load({"kind": "none", "files": {}})
        return self._referee

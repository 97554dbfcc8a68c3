"""The fork servers of a run."""

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Self

from grader.errors import ChildError, GraderError
from grader.inside.messages import SubmittedFiles
from grader.sandbox.forkserver import Child, ForkServer
from grader.sandbox.limits import USUAL, Limits
from kit.messages import Bilingual


class Pool:
    """The fork servers of a run: a light one for steps without TensorFlow, a full one for the rest, started together.

    A context manager: leaving it ends both.

    Args:
        confine: whether to use the sandbox.
        debug: whether to let its standard error through.
        light: whether there is a light one. With it a single submission's first results come sooner; a whole class
            is graded faster without, as that saves its imports.
        alone: a context in which the other workers on this machine wait.
        limits: what submissions, their children and the fork servers may take.
    """

    def __init__(
        self,
        *,
        confine: bool,
        debug: bool = False,
        light: bool = True,
        alone: Callable[[], AbstractContextManager[None]] = nullcontext,
        limits: Limits = USUAL,
    ) -> None:
        self.confine = confine
        self.debug = debug
        self.light = light
        self.alone = alone
        self.limits = limits
        self.known: dict[bytes, Any] = {}  # what the reference child has computed, by the request
        self._servers: dict[bool, ForkServer] = {}
        self._reference_child: Child | None = None
        self._spare: Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers.values():
            server.close()
        self._servers.clear()
        self._reference_child = self._spare = None

    def server(self, *, tensorflow: bool) -> ForkServer:
        """The fork server of a kind, replaced where it is gone, or where a child's processes could not be ended."""
        tensorflow = tensorflow or not self.light
        server = self._servers.get(tensorflow)
        if server is not None and server.usable:
            return server
        if server is not None:
            server.close()
        if tensorflow:
            self._reference_child = None
        self._servers[tensorflow] = server = ForkServer(
            tensorflow=tensorflow, confine=self.confine, debug=self.debug, limits=self.limits
        )
        return server

    def ready_server(self, *, tensorflow: bool) -> ForkServer:
        """A fork server whose imports are done; one that does not come up is replaced.

        Raises:
            GraderError: none of `Limits.starts` of them does.
        """
        for _ in range(self.limits.starts):
            server = self.server(tensorflow=tensorflow)
            if server.comes_up():
                return server
            server.clean = False
        raise GraderError(
            Bilingual(
                "채점에 쓰는 프로세스를 시작하지 못했습니다. `lab check --debug`로 까닭을 볼 수 있습니다.",
                "The process that grades could not start: `lab check --debug` shows why.",
            ),
        )

    def replace_what_does_not_answer(self) -> None:
        """Have every fork server replaced whose new children do not work, so that it costs no submission points."""
        for server in self._servers.values():
            if server.ready and not server.answers():
                server.clean = False

    def warm_up(self, *, models: bool = True) -> None:
        """Start what is not there yet, without waiting: both fork servers, and a child that has run TensorFlow.

        Args:
            models: whether the child runs a model, too. That pays where somebody waits for a submission which trains
                one, and is lost work where it does not.
        """
        self.server(tensorflow=False)
        server = self.server(tensorflow=True)
        if self._spare is None or self._spare.server is not server or not self._spare.alive:
            self._spare = server.fork()
            self._spare.warm_up(models=models)

    def child(self, submission: SubmittedFiles, *, tensorflow: bool) -> Child:
        """A child with a submission loaded."""
        server = self.ready_server(tensorflow=tensorflow)
        child = (self._taken_spare(server) if tensorflow else None) or server.fork()
        child.load(submission)
        return child

    def _taken_spare(self, server: ForkServer) -> Child | None:
        """The child that was warmed up, once it is done; `None` where there is none."""
        spare, self._spare = self._spare, None
        if spare is None or not spare.alive or spare.server is not server:
            return None
        with contextlib.suppress(ChildError):
            spare.wait(self.limits.start_seconds)
        return spare if spare.alive else None

    def probe(self) -> str:
        """The directory of the second checkpoint, as children see it."""
        return self.server(tensorflow=True).probe

    def reference_child(self) -> Child:
        """A child of the grader's own, without a submission, that computes true losses and logits."""
        self.server(tensorflow=True)  # where it is to be replaced, so is this child
        if self._reference_child is None or not self._reference_child.alive:
            self._reference_child = self.ready_server(tensorflow=True).fork()
            self._reference_child.load(None)
        return self._reference_child

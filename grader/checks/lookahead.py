"""Calls that a check is sure to make, sent to the child ahead of it."""

import collections
import contextlib
from collections.abc import Callable, Iterable, Iterator

from grader.inside.messages import Ask, OperationRequest, Reply
from grader.sandbox.forkserver import Child


class Planned(Exception):  # noqa: N818 -- a way out, no error
    """The call that a check is about to make is known: there is no need to go on."""


class Lookahead:
    """The calls that were sent ahead, in their order, and their replies.

    To wait for each reply before the next call is sent takes longer than most calls. So a check is first tried up to
    its first call on every example, without a child; these calls are sent together, and then the check is tried in
    earnest.
    """

    def __init__(self) -> None:
        self._planning: list[OperationRequest] | None = None
        self._ahead: collections.deque[OperationRequest] = collections.deque()
        self._replies: Iterator[Reply | Ask] | None = None

    def plan(self, trials: Iterable[Callable[[], None]]) -> None:
        """Find out what the trials of a check ask for first; each calls `note`."""
        planned: list[OperationRequest] = []
        self._planning = planned
        for trial in trials:
            with contextlib.suppress(Planned):
                trial()
        self._planning = None
        self._ahead, self._replies = collections.deque(planned), None

    def note(self, request: OperationRequest, *, asks_back: bool) -> None:
        """Where calls are being planned, keep this one; one in whose middle the child asks back cannot be sent ahead.

        Raises:
            Planned: they are being planned.
        """
        if self._planning is None:
            return
        if not asks_back:
            self._planning.append(request)
        raise Planned

    @property
    def waiting(self) -> bool:
        """Whether there are calls that were planned and not yet made."""
        return bool(self._ahead)

    def is_next(self, request: OperationRequest) -> bool:
        """Whether this is the call that was planned next."""
        return self.waiting and self._ahead[0] == request

    def reply(self, child: Child, seconds: Callable[[], float]) -> Reply | Ask:
        """The reply to the call that was planned next; the first time, all are sent.

        Args:
            child: always the same one.
            seconds: how long to wait for the next reply.

        Raises:
            ChildError: there is none.
        """
        if self._replies is None:
            self._replies = child.ask_all(list(self._ahead), seconds)
        self._ahead.popleft()
        return next(self._replies)

    def drop(self) -> None:
        """Forget what was planned: the child that works on it is of no more use."""
        self._ahead.clear()

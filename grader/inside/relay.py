"""The fork server: a process that imports the libraries once and forks a child for each piece of work.

It runs no line of a submission itself. It relays frames between the trusted side (standard input and output)
and its children, ends them when told to, and whatever they started with them.
"""

import contextlib
import ctypes
import os
import selectors
import signal
import sys
import time
import traceback
from collections import deque
from pathlib import Path
from typing import NoReturn

from grader.inside import child, wire
from grader.inside.buffer import PrivateBuffer
from grader.inside.errors import WireError
from grader.inside.messages import (
    CONTROL,
    MAX_FRAME,
    MAX_REPLY,
    ORDERS,
    Cleared,
    End,
    Ended,
    Fork,
    Forked,
    Note,
    Ready,
    Settings,
)

PR_SET_CHILD_SUBREAPER = 36


class ChildPipes:
    """A forked child as the fork server sees it: its process, its two pipes, and the bytes on their way.

    Pipes, not a socket pair: the sandbox looks at every call on a socket, which would cost more than the call.
    """

    def __init__(self, channel: int, pid: int, replies: int, requests: int) -> None:
        self.channel = channel
        self.pid = pid
        self.replies = replies
        self.requests = requests
        self.incoming = PrivateBuffer()
        self.outgoing = PrivateBuffer()


def first_frame(buffer: PrivateBuffer, most: int = MAX_FRAME) -> tuple[int, int] | None:
    """The channel of the first frame and how many bytes its body has, as soon as all of it is there.

    Raises:
        WireError: the body is announced with more than `most` bytes.
    """
    if len(buffer) < wire.HEADER.size:
        return None
    channel, length = wire.HEADER.unpack(buffer.peek(wire.HEADER.size))
    if length > most:
        raise WireError("too large a frame")
    return (channel, length) if len(buffer) >= wire.HEADER.size + length else None


class Relay:
    """The relay.

    Args:
        settings: what the trusted side gave.
        orders: the descriptor that the trusted side's frames come from.
        replies: the descriptor that its own and its children's frames go to.
    """

    def __init__(self, settings: Settings, orders: int, replies: int) -> None:
        self.settings = settings
        self.orders = orders
        self.replies = replies
        self.incoming = PrivateBuffer()
        self.waiting: deque[Fork | End | tuple[int, int]] = deque()  # what to do: orders, and frames (channel, size)
        self.backlog = PrivateBuffer()  # the bytes of these frames
        self.uncleared = 0  # children that ended, whose leftovers the trusted side has yet to clear
        self.statuses: dict[int, int] = {}
        self.selector = selectors.DefaultSelector()
        self.children: dict[int, ChildPipes] = {}

    def run(self) -> NoReturn:
        """Relay until the trusted side closes its end, then end everything."""
        self.selector.register(self.orders, selectors.EVENT_READ)
        self.reply(Ready())
        while True:
            for key, events in self.selector.select():
                if key.fileobj == self.orders:
                    self.read_orders()
                else:
                    self.attend(key.data, events)

    def reply(self, note: Note) -> None:
        """Send a message of the fork server's own."""
        body = wire.dumps(note)
        self.write(wire.HEADER.pack(CONTROL, len(body)) + body)

    def write(self, content: bytes) -> None:
        """Write all of it to the trusted side."""
        while content:
            content = content[os.write(self.replies, content) :]

    def read_orders(self) -> None:
        """Take in what the trusted side sent and act on every complete frame."""
        if not self.incoming.read_from(self.orders):
            for pipes in list(self.children.values()):
                self.end(pipes)
            os._exit(0)
        while (frame := first_frame(self.incoming)) is not None:
            channel, length = frame
            size = wire.HEADER.size + length
            if channel != CONTROL:
                self.incoming.move_to(self.backlog, size)
                self.waiting.append((channel, size))
                continue
            order = wire.loads(self.incoming.peek(size)[wire.HEADER.size :], ORDERS)
            self.incoming.drop(size)
            if isinstance(order, Cleared):
                self.uncleared -= 1
                self.reap()
            else:
                self.waiting.append(order)
        while self.waiting and not self.uncleared:
            self.act(self.waiting.popleft())

    def act(self, work: Fork | End | tuple[int, int]) -> None:
        """Obey an order of the trusted side's, or pass the first frame of the backlog on to its child."""
        match work:
            case Fork(channel=channel):
                self.fork(channel)
            case End(channel=channel):
                if channel in self.children:
                    self.end(self.children[channel])
            case channel, size:
                if channel in self.children:
                    self.send(self.children[channel], size)
                else:
                    self.backlog.drop(size)

    def fork(self, channel: int) -> None:
        """Start a child in a scratch folder of its own."""
        scratch = self.scratch_of(channel)
        scratch.mkdir()
        (requests, ours_to_write), (ours_to_read, replies) = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                child.main(requests, replies, scratch, self.settings)
            except BaseException:
                if self.settings.debug:
                    traceback.print_exc()
            finally:
                os._exit(70)
        os.close(requests)
        os.close(replies)
        os.set_blocking(ours_to_write, False)
        pipes = ChildPipes(channel, pid, ours_to_read, ours_to_write)
        self.children[channel] = pipes
        self.reply(Forked(channel, pid))
        self.selector.register(pipes.replies, selectors.EVENT_READ, pipes)

    def scratch_of(self, channel: int) -> Path:
        """A child's own folder."""
        return Path(self.settings.scratch) / str(channel)

    def send(self, pipes: ChildPipes, size: int) -> None:
        """Queue the first frame of the backlog for a child; a child that does not read blocks nobody."""
        if not len(pipes.outgoing):
            self.selector.register(pipes.requests, selectors.EVENT_WRITE, pipes)
        self.backlog.move_to(pipes.outgoing, size)

    def attend(self, pipes: ChildPipes, events: int) -> None:
        """Move bytes to or from a child; a child that hung up or broke the format is ended."""
        if pipes.channel not in self.children:  # ended a moment ago, by the other of its pipes
            return
        try:
            if events & selectors.EVENT_WRITE:
                pipes.outgoing.write_to(pipes.requests)
                if not len(pipes.outgoing):
                    self.selector.unregister(pipes.requests)
            elif pipes.incoming.read_from(pipes.replies):
                self.pass_on(pipes)
            else:
                self.end(pipes)
        except (OSError, WireError):
            self.end(pipes)

    def pass_on(self, pipes: ChildPipes) -> None:
        """Pass the complete frames that a child sent on to the trusted side."""
        while (frame := first_frame(pipes.incoming, MAX_REPLY)) is not None:
            _, length = frame
            pipes.incoming.drop(wire.HEADER.size)
            self.write(wire.HEADER.pack(pipes.channel, length))
            while length:
                length -= pipes.incoming.write_to(self.replies, length)

    def end(self, pipes: ChildPipes) -> None:
        """End a child and tell the trusted side how it ended, which then ends and removes whatever the child left.

        Until the trusted side says that all is clear, the fork server forks nothing: a process that is no child of its
        list is then a leftover for certain.
        """
        self.selector.unregister(pipes.replies)
        if len(pipes.outgoing):
            self.selector.unregister(pipes.requests)
        pipes.incoming.close()
        pipes.outgoing.close()
        os.close(pipes.replies)
        os.close(pipes.requests)
        del self.children[pipes.channel]
        # A child that hung up of its own is usually exiting: let its status tell how, then make sure.
        status = self.wait_briefly(pipes.pid)
        if status is None:
            # With its whole group, as it may have forked thousands; alone, where it has no group yet.
            for kill in (os.killpg, os.kill):
                with contextlib.suppress(ProcessLookupError):
                    kill(pipes.pid, signal.SIGKILL)
            _, status = os.waitpid(pipes.pid, 0)
        self.statuses.pop(pipes.pid, None)
        self.reply(Ended(pipes.channel, os.waitstatus_to_exitcode(status)))
        self.uncleared += 1

    def wait_briefly(self, pid: int) -> int | None:
        """The child's exit status if it has exited, or does within a twentieth of a second."""
        for wait in (0.001, 0.001, 0.002, 0.004, 0.008, 0.016, 0.02):
            self.reap()
            if pid in self.statuses:
                return self.statuses[pid]
            time.sleep(wait)
        return None

    def reap(self) -> None:
        """Collect the exit statuses of all that has ended: children, and the orphans that the fork server inherited."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                self.statuses[pid] = status


def take_over_standard_streams(*, debug: bool) -> tuple[int, int]:
    """Keep the two pipes to the trusted side under other numbers and point 0, 1 and 2 at nothing.

    Returns:
        The descriptors for orders and replies.
    """
    orders, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1) if debug else (0, 1, 2):
        os.dup2(nothing, number)
    os.close(nothing)
    return orders, replies


def serve(settings: Settings, orders: int, replies: int) -> NoReturn:
    """Relay, as the parent of all that children leave behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    Relay(settings, orders, replies).run()

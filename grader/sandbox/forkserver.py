"""The trusted side's end of the sandbox: a fork server, and the children that it forks."""

import contextlib
import itertools
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, cast

import psutil

from grader.errors import ChildError, DiedError, OverfullError, TimedOutError, UnfitError, UnmeasuredError
from grader.inside import wire
from grader.inside.errors import WireError
from grader.inside.messages import (
    CONTROL,
    FROM_CHILD,
    MAX_REPLY,
    NOTES,
    AnyAnswer,
    Ask,
    Cleared,
    End,
    Ended,
    Fork,
    Forked,
    Load,
    Note,
    Order,
    Ready,
    Refusal,
    Reply,
    Request,
    Settings,
    SubmittedFiles,
    WarmUp,
)
from grader.sandbox import arguments, process
from grader.sandbox.limits import Limits
from grader.sandbox.scratch import make_folder, remove, too_full

Answerer = Callable[[str, list[Any]], AnyAnswer]


def nobody_asked(_: str, __: list[Any]) -> AnyAnswer:
    """The answer to a question in the middle of a call that has none to ask."""
    return Refusal("nobody asked")


class Inbox:
    """What a child sent and nobody has read yet; one that floods it is cut off.

    Args:
        most: how many bytes may wait in it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._bodies: queue.SimpleQueue[bytes | ChildError] = queue.SimpleQueue()
        self._held = 0
        self._lock = threading.Lock()

    def put(self, body: bytes | ChildError) -> bool:
        """Add a body, or the reason why there will be no more.

        A signal's handler may add a reason, even while this thread is in the middle of `get`.

        Returns:
            Whether there is room for another body.
        """
        if isinstance(body, bytes):
            with self._lock:
                self._held += len(body)
        self._bodies.put(body)
        return self._held <= self._most

    def get(self, seconds: float) -> bytes:
        """The next body.

        Raises:
            TimedOutError: none came in that many seconds.
            ChildError: none will come.
        """
        if seconds <= 0:  # a child that never stops asking always has a body waiting, and would never be late
            raise TimedOutError
        try:
            body = self._bodies.get(timeout=seconds)
        except queue.Empty:
            raise TimedOutError from None
        if isinstance(body, ChildError):
            raise body
        with self._lock:
            self._held -= len(body)
        return body


class ForkServer:
    """A sandboxed process that has imported the libraries, from which children are forked.

    Args:
        tensorflow: whether it imports TensorFlow (5 to 20 s), or only what the other steps need (2 s).
        confine: whether to use the sandbox.
        debug: whether to let its standard error through.
        limits: what it and its children may take.
    """

    def __init__(self, *, tensorflow: bool, confine: bool, debug: bool = False, limits: Limits) -> None:
        self.limits = limits
        self.tensorflow = tensorflow
        self.folder, self._lock = make_folder(limits)
        scratch = self.folder / "scratch"
        scratch.mkdir()
        runtime = process.copy_runtime(self.folder)
        settings = Settings(
            scratch=str(scratch),
            readable=process.readable(runtime),
            confine=confine,
            tensorflow=tensorflow,
            made=[arguments.tokenizer()],
            debug=debug,
        )
        self.probe = str(runtime / "grader" / "inside" / "probe")
        self.clean = True
        self._channels = itertools.count(1)
        self._inboxes: dict[int, Inbox] = {}
        self._pids: dict[int, int] = {}
        self._ready = threading.Event()
        self._gone = threading.Event()
        self._writing = threading.Lock()
        try:
            command = [str(runtime), wire.dumps(settings).decode()]
            self.process = process.start(command, runtime, scratch, limits, confine=confine, debug=debug)
        except BaseException:
            remove(self.folder)
            self._lock.release()
            raise
        self._reader = threading.Thread(target=self._read, name="fork server reader", daemon=True)
        self._reader.start()
        threading.Thread(target=self._guard_disk, name="fork server disk", daemon=True).start()

    @property
    def usable(self) -> bool:
        """Whether it still runs, and nothing is left of the children that have ended."""
        return self.clean and not self._gone.is_set()

    @property
    def ready(self) -> bool:
        """Whether its imports are done, or will never be, as it is gone."""
        return self._ready.is_set()

    def comes_up(self) -> bool:
        """Wait until its imports are done.

        Returns:
            Whether they are: `False` where the process ended, took too long (`Limits.start_seconds`) or got stuck.
        """
        deadline, spent = time.monotonic() + self.limits.start_seconds, -1.0
        while not self._ready.wait(self.limits.stuck_seconds):
            before, spent = spent, self._spent()
            if spent == before or time.monotonic() > deadline:
                return False
        return not self._gone.is_set()

    def answers(self) -> bool:
        """Whether a new child replies when it is told to load no submission, which takes no time."""
        child = self.fork()
        child.load(None)
        try:
            child.wait(self.limits.stuck_seconds)
        except ChildError:
            return False
        finally:
            child.end()
        return True

    def fork(self) -> "Child":
        """Fork a child, as soon as the fork server is ready."""
        channel = next(self._channels)
        self._inboxes[channel] = Inbox(self.limits.unread_bytes)
        self.send(CONTROL, Fork(channel))
        return Child(self, channel, self._inboxes[channel])

    def send(self, channel: int, message: Order | Request | AnyAnswer) -> None:
        """Send a message. Where the fork server is gone nothing is raised here: who waits for a reply is told."""
        body = wire.dumps(message)
        with self._writing, contextlib.suppress(OSError, ValueError):
            wire.write_frame(cast("BinaryIO", self.process.stdin), channel, body)

    def forget(self, channel: int) -> None:
        """Throw away what is still to come from a child."""
        self._inboxes.pop(channel, None)

    def close(self) -> None:
        """End the fork server and everything in it, and remove its folder."""
        with contextlib.suppress(OSError, ValueError):
            self.process.stdin.close()
        self._gone.wait(self.limits.closing_seconds)
        with contextlib.suppress(OSError, RuntimeError):
            self.process.kill()
        with contextlib.suppress(OSError, RuntimeError):
            self.process.wait()
        self._reader.join(self.limits.closing_seconds)
        self.process.stdout.close()
        remove(self.folder)
        self._lock.release()

    def _read(self) -> None:
        try:
            while True:
                header = self._read_exactly(wire.HEADER.size)
                channel, length = wire.HEADER.unpack(header)
                if length > MAX_REPLY:
                    break
                body = self._read_exactly(length)
                if channel == CONTROL:
                    self._take(wire.loads(body, NOTES))
                elif channel in self._inboxes and not self._inboxes[channel].put(body):
                    self._cut_off(channel, UnfitError("a flood of replies"))
        except (EOFError, OSError, ValueError, WireError):
            pass
        finally:
            self._gone.set()
            self._ready.set()
            for inbox in list(self._inboxes.values()):
                inbox.put(DiedError(-1))

    def _spent(self) -> float:
        """How many seconds of CPU time its process has used."""
        with contextlib.suppress(psutil.Error):
            times = psutil.Process(self.process.pid).cpu_times()
            return float(times.user + times.system)
        return 0.0

    def _guard_disk(self) -> None:
        while not self._gone.wait(self.limits.disk_look_seconds):
            with contextlib.suppress(psutil.Error, OSError):
                processes = psutil.Process(self.process.pid).children(recursive=True)
                for channel in list(self._pids):
                    try:
                        if too_full(self.folder / "scratch" / str(channel), processes, self.limits):
                            self._cut_off(channel, OverfullError(self.limits.disk_bytes))
                    except subprocess.TimeoutExpired:
                        self._cut_off(channel, UnmeasuredError(self.limits.measuring_seconds))

    def _cut_off(self, channel: int, reason: ChildError) -> None:
        """End a child for a reason, which is raised where its reply is waited for."""
        if inbox := self._inboxes.pop(channel, None):
            inbox.put(reason)
        self.send(CONTROL, End(channel))

    def _take(self, note: Note) -> None:
        """Take note of what the fork server says."""
        match note:
            case Ready():
                self._ready.set()
            case Forked(channel=channel, pid=pid):
                self._pids[channel] = pid
            case Ended(channel=channel, code=code):
                self._pids.pop(channel, None)
                self.clean = self._clear_leftovers() and self.clean
                remove(self.folder / "scratch" / str(channel))
                self.send(CONTROL, Cleared())
                inbox = self._inboxes.get(channel)
                if inbox is not None:
                    inbox.put(DiedError(code))

    def _clear_leftovers(self) -> bool:
        """Kill every process that a child left behind: the fork server inherited it, and does not know of it.

        Returns:
            Whether none is left.
        """
        deadline = time.monotonic() + self.limits.cleaning_seconds
        while time.monotonic() < deadline:
            known = set(self._pids.values())
            try:
                children = psutil.Process(self.process.pid).children()
                left = [
                    child for child in children if child.pid not in known and child.status() != psutil.STATUS_ZOMBIE
                ]
                for child in left:
                    child.kill()
            except psutil.NoSuchProcess:
                continue
            if not left:
                return True
        return False

    def _read_exactly(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            piece = self.process.stdout.read(count - len(parts))
            if not piece:
                raise EOFError
            parts += piece
        return bytes(parts)


class Child:
    """A forked child, in which one submission is loaded."""

    def __init__(self, server: ForkServer, channel: int, inbox: Inbox) -> None:
        self.server = server
        self.channel = channel
        self.inbox = inbox
        self.alive = True
        self._owed = 0  # replies that nobody waits for: of loading, of warming up

    def send(self, message: Request | AnyAnswer) -> None:
        """Send a request or an answer."""
        self.server.send(self.channel, message)

    def load(self, submission: SubmittedFiles | None) -> None:
        """Load a submission; `None` for a child that is to have none."""
        self._order(Load(submission))

    def warm_up(self, *, models: bool) -> None:
        """Have it run what takes TensorFlow long the first time, before it has a submission; with `models`, a model."""
        self._order(WarmUp(self.server.probe, models))

    def wait(self, seconds: float) -> None:
        """Wait until it has loaded its submission and warmed up, where it was told to.

        Raises:
            ChildError: as `ask`.
        """
        deadline = time.monotonic() + seconds
        with self._ended_by_errors():
            while self._owed:
                self._receive(deadline)
                self._owed -= 1

    def _order(self, request: Request) -> None:
        self.send(request)
        self._owed += 1

    def ask(self, request: Request, seconds: float, answer: Answerer = nobody_asked) -> Reply:
        """Send a request and wait for the reply; questions on the way are answered by `answer(question, contents)`.

        Raises:
            TimedOutError: no reply within that many seconds; the child has been ended.
            UnmeasuredError: what it keeps on the disk could not be measured; the child has been ended.
            DiedError: the child's process ended.
            OverfullError: it kept too much on the disk; the child has been ended.
            UnfitError: what came cannot be read; the child has been ended.
        """
        deadline = time.monotonic() + seconds
        with self._ended_by_errors():
            self.wait(seconds)
            self.send(request)
            while True:
                reply = self._receive(deadline)
                if not isinstance(reply, Ask):
                    return reply
                self.send(answer(reply.question, wire.unpack(reply.contents)))

    def ask_all(self, requests: Sequence[Request], seconds: Callable[[], float]) -> Iterator[Reply | Ask]:
        """Send many requests without waiting for each; the replies, in order.

        Args:
            requests: what to ask; none of them makes the child ask back.
            seconds: how long to wait for the next reply.

        Raises:
            ChildError: as `ask`, at the reply that did not come.
        """
        with self._ended_by_errors():
            self.wait(seconds())
            upcoming = iter(requests)
            for request in itertools.islice(upcoming, self.server.limits.requests_ahead):
                self.send(request)
            for _ in requests:
                yield self._receive(time.monotonic() + seconds())
                for request in itertools.islice(upcoming, 1):
                    self.send(request)

    def end(self) -> None:
        """End the child and whatever it started."""
        if self.alive:
            self.alive = False
            self.server.send(CONTROL, End(self.channel))
            self.server.forget(self.channel)

    def _receive(self, deadline: float) -> Reply | Ask:
        return wire.loads(self.inbox.get(deadline - time.monotonic()), FROM_CHILD)

    @contextlib.contextmanager
    def _ended_by_errors(self) -> Iterator[None]:
        """End the child where it gives no value."""
        try:
            yield
        except WireError as error:
            self.end()
            raise UnfitError(str(error)) from error
        except ChildError:
            self.end()
            raise

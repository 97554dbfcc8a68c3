"""The loop of `lab watch`: wait for a save or a key, grade what is outdated, show the result."""

import queue
import signal
import threading
import time
from typing import Literal

from grader.grading import EVERY_STEP
from grader.session import Session
from kit.messages import language
from lab import console
from lab.watching.changes import changes
from lab.watching.keys import has_keys, keys_to
from lab.watching.screen import Screen

QUIT_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
KEYS: dict[str, Literal["all", "quit"]] = {
    "\n": "all",
    "\r": "all",
    "q": "quit",
    "Q": "quit",
    "ㅂ": "quit",
}  # ㅂ: the key q in Korean layout

Event = Literal["saved", "all", "quit"]


class Watch:
    """Runs a grading session and reacts to saves and keys, each noticed by a thread of its own.

    Args:
        session: what is graded, and its latest reports.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.screen = Screen(console.out, language(), keys=has_keys())
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def run(self, *, poll: bool | None) -> None:
        """Grade, wait for an event, and grade again, until one of them asks to quit.

        Args:
            poll: see `lab.watching.changes.changes`.
        """
        stop = threading.Event()
        thread = threading.Thread(target=self._follow, args=(stop,), kwargs={"poll": poll}, name="saves", daemon=True)
        try:
            with keys_to(self._take_key):
                thread.start()
                self._run_rounds()
        finally:
            stop.set()
            thread.join()

    def post(self, event: Event) -> None:
        """Queue an event, and interrupt the grading in progress, as its result would be outdated."""
        self.events.put(event)
        self.session.pool.interrupt()

    def _follow(self, stop: threading.Event, *, poll: bool | None) -> None:
        for _ in changes(self.session.path, stop, poll=poll):
            if self.session.has_news():
                self.post("saved")

    def _take_key(self, key: str) -> None:
        if key in KEYS:
            self.post(KEYS[key])

    def _run_rounds(self) -> None:
        started = time.monotonic()
        done = False
        while self._handle_events(wait=done):
            if done:
                started = time.monotonic()
            self.session.look()
            done = self._round(started)

    def _handle_events(self, *, wait: bool) -> bool:
        """Take the events since the last round off the queue; returns False if one of them asks to quit."""
        events = [self.events.get()] if wait else []
        self.session.pool.resume()
        while not self.events.empty():
            events.append(self.events.get())
        if "all" in events:
            self.session.outdated.update(EVERY_STEP)
        return "quit" not in events

    def _round(self, started: float) -> bool:
        """Grade what is outdated and show it; returns False if an event interrupted the grading."""
        self.session.pool.warm_up()
        with self.screen.live(self.session) as listener:
            done = self.session.at_rest or self.session.check(listener)
        if done:
            self.screen.finish(self.session, started)
            self.session.pool.warm_up()
        return done


def quit_on_signals(watching: Watch) -> list[int]:
    """Treat SIGINT, SIGTERM and SIGHUP like the quit key, for the rest of the process.

    Returns:
        A list that receives the number of each signal other than SIGINT.
    """
    received: list[int] = []

    def end(number: int, _: object) -> None:
        if number != signal.SIGINT:
            received.append(number)
        watching.post("quit")

    for number in QUIT_SIGNALS:
        signal.signal(number, end)
    return received

"""The loop of `lab watch`: saves and keys come in, verdicts go out."""

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

ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
KEYS: dict[str, Literal["all", "quit"]] = {"\n": "all", "\r": "all", "q": "quit", "Q": "quit", "ㅂ": "quit"}


Event = Literal["saved", "all", "quit"]


class Watch:
    """A session that follows what happens: saves and keys, each noticed by a thread of its own."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.screen = Screen(console.out, language(), keys=has_keys())
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def run(self, *, poll: bool | None) -> None:
        """Grade until somebody quits."""
        stop = threading.Event()
        thread = threading.Thread(target=self._follow, args=(stop,), kwargs={"poll": poll}, name="saves", daemon=True)
        try:
            with keys_to(self._take_key):
                thread.start()
                self._rounds()
        finally:
            stop.set()
            thread.join()

    def post(self, event: Event) -> None:
        """Tell of something that happened: what is being graded is outdated."""
        self.events.put(event)
        self.session.pool.interrupt()

    def _follow(self, stop: threading.Event, *, poll: bool | None) -> None:
        for _ in changes(self.session.path, stop, poll=poll):
            if self.session.has_news():
                self.post("saved")

    def _take_key(self, key: str) -> None:
        if key in KEYS:
            self.post(KEYS[key])

    def _rounds(self) -> None:
        started = time.monotonic()
        done = False
        while self._obey(wait=done):
            if done:
                started = time.monotonic()
            self.session.look()
            done = self._round(started)

    def _obey(self, *, wait: bool) -> bool:
        """Do what the events since the last round ask for; whether to go on."""
        events = [self.events.get()] if wait else []
        self.session.pool.resume()
        while not self.events.empty():
            events.append(self.events.get())
        if "all" in events:
            self.session.outdated.update(EVERY_STEP)
        return "quit" not in events

    def _round(self, started: float) -> bool:
        """Grade what is outdated and show it; whether nothing came in between."""
        self.session.pool.warm_up()
        with self.screen.live(self.session) as listener:
            done = self.session.at_rest or self.session.check(listener)
        if done:
            self.screen.finish(self.session, started)
            self.session.pool.warm_up()
        return done


def signals_to(watching: Watch) -> list[int]:
    """Have what asks for the end do as the key does, also while all is put away; the list gets what was not Ctrl-C."""
    received: list[int] = []

    def end(number: int, _: object) -> None:
        if number != signal.SIGINT:
            received.append(number)
        watching.post("quit")

    for number in ENDING:
        signal.signal(number, end)
    return received

"""Stopping between two steps, never within one."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any, Self

from kit.messages import Bilingual

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Makes Ctrl-C, and the end that a system asks for, wait while something must not be cut in two.

    A context manager. Outside of `put_off` a signal raises `KeyboardInterrupt` at once, as ever. In a thread that is
    not the main one, which gets no signals, it does nothing.
    """

    def __init__(self) -> None:
        self._busy = self._asked = False
        self._former: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._former = {number: signal.signal(number, self._received) for number in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def _received(self, *_: object) -> None:
        if not self._busy:
            raise KeyboardInterrupt
        self._asked = True
        words = str(Bilingual("이번 배치를 마치고 저장합니다.", "Finishing this batch, then saving."))
        os.write(2, f"\n{words}\n".encode())  # print() may not be entered twice, and a signal may come within it

    @contextlib.contextmanager
    def put_off(self) -> Iterator[None]:
        """Let the block come to its end first.

        Raises:
            KeyboardInterrupt: at the end, if a signal came meanwhile.
        """
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
        if self._asked:
            self._asked = False
            raise KeyboardInterrupt

"""Deferring Ctrl-C and SIGTERM until the current training step or save is complete."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any, Self

from kit.messages import Bilingual

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Turns SIGINT and SIGTERM into `KeyboardInterrupt`, and defers them while a block must not be interrupted.

    A context manager, which restores the former handlers at its end. Outside of `deferred` blocks a signal raises at
    once. Outside of the main thread, where Python delivers no signals, it does nothing.
    """

    def __init__(self) -> None:
        self._deferring = self._received = False
        self._former: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._former = {number: signal.signal(number, self._handle) for number in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def _handle(self, *_: object) -> None:
        if not self._deferring:
            raise KeyboardInterrupt
        self._received = True
        notice = Bilingual("이번 배치를 마치고 저장합니다.", "Finishing this batch, then saving.")
        os.write(2, f"\n{notice}\n".encode())  # print() is not reentrant, and the signal may have interrupted one

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """Defer signals to the end of this block.

        Raises:
            KeyboardInterrupt: at the end of the block, if a signal came during it.
        """
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False
        if self._received:
            self._received = False
            raise KeyboardInterrupt

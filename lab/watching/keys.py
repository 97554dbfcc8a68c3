"""Single keys from the terminal, without Enter, and the terminal as it was before, whatever happens."""

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator


def has_keys() -> bool:
    """Whether standard input is a terminal that belongs to us: in the background it does not."""
    if sys.platform == "win32" or not sys.stdin.isatty():
        return False
    with contextlib.suppress(OSError):
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    return False


@contextlib.contextmanager
def keys_to(listener: Callable[[str], None]) -> Iterator[None]:
    """Call a listener, from a thread, with each key that is pressed; where there are none to be had, do nothing."""
    if not has_keys():
        yield
        return
    import termios
    import tty

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)

    def take(*_: object) -> None:
        if has_keys():  # a shell that stopped us and has us go on has set its own
            tty.setcbreak(terminal, termios.TCSANOW)

    told, tell = os.pipe()
    thread = threading.Thread(target=_read, args=(terminal, told, listener), name="keys", daemon=True)
    kept = signal.signal(signal.SIGCONT, take)
    try:
        take()
        thread.start()
        yield
    finally:
        signal.signal(signal.SIGCONT, kept)
        os.close(tell)
        if thread.is_alive():
            thread.join()
        os.close(told)
        with contextlib.suppress(termios.error):  # it was closed
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _read(terminal: int, told: int, listener: Callable[[str], None]) -> None:
    """Read keys until the pipe is closed or the terminal is."""
    with contextlib.suppress(OSError):
        while True:
            ready, _, _ = select.select([terminal, told], [], [])
            typed = os.read(terminal, 64) if told not in ready else b""
            if not typed:
                return
            for key in typed.decode(errors="ignore"):
                listener(key)

"""Reading single keys from the terminal, without Enter, and restoring the terminal afterwards."""

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator


def has_keys() -> bool:
    """Whether keys can be read: standard input is a terminal, and this process is in its foreground."""
    if sys.platform == "win32" or not sys.stdin.isatty():
        return False
    with contextlib.suppress(OSError):
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    return False


@contextlib.contextmanager
def keys_to(listener: Callable[[str], None]) -> Iterator[None]:
    """Within this context, call `listener` with each key that is pressed; do nothing where keys cannot be read.

    The listener is called in a thread of its own. The terminal's settings are restored at the end.
    """
    if not has_keys():
        yield
        return
    import termios
    import tty

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)

    def disable_line_buffering(*_: object) -> None:
        if has_keys():
            tty.setcbreak(terminal, termios.TCSANOW)

    closed, close = os.pipe()
    thread = threading.Thread(target=_read, args=(terminal, closed, listener), name="keys", daemon=True)
    former = signal.signal(signal.SIGCONT, disable_line_buffering)  # a shell changes the settings at Ctrl-Z and fg
    try:
        disable_line_buffering()
        thread.start()
        yield
    finally:
        signal.signal(signal.SIGCONT, former)
        os.close(close)
        if thread.is_alive():
            thread.join()
        os.close(closed)
        with contextlib.suppress(termios.error):  # the terminal was closed
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _read(terminal: int, closed: int, listener: Callable[[str], None]) -> None:
    """Read keys until the terminal is closed, or the write end of the pipe `closed`."""
    with contextlib.suppress(OSError):
        while True:
            ready, _, _ = select.select([terminal, closed], [], [])
            typed = os.read(terminal, 64) if closed not in ready else b""
            if not typed:
                return
            for key in typed.decode(errors="ignore"):
                listener(key)

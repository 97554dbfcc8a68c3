"""Output to the terminal."""

import contextlib
import io
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any, NoReturn

from rich.console import Console

from kit.environment import tensorflow_alone
from kit.messages import Bilingual


class PlainConsole(Console):
    """A console that takes no text for rich's markup (a submission's may hold square brackets).

    It leaves it to the command line what becomes of a pipe whose other end is closed.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, **options)

    def on_broken_pipe(self) -> NoReturn:
        """Rich would end the process."""
        raise BrokenPipeError


out = PlainConsole()
err = PlainConsole(stderr=True)


def say(text: Bilingual) -> None:
    """Print a text in the current language."""
    out.print(str(text))


def write(text: str) -> None:
    """Write a text to standard output as it is.

    Raises:
        OSError: the other end of a pipe is closed, or the disk is full.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise BrokenPipeError from None  # one with a number would end the process in the library of the command line


def replace_what_cannot_be_shown() -> None:
    """Have characters that the output's encoding lacks replaced, as in a pipe of Korean Windows, not raise."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextlib.contextmanager
def tensorflow_imported() -> Iterator[None]:
    """Import TensorFlow and transformers while showing a spinner, hiding what their C++ code logs to standard error.

    Importing takes seconds, so commands that need no TensorFlow do not use this context.
    """
    tensorflow_alone()
    waiting = str(Bilingual("TensorFlow를 불러오는 중입니다 …", "Importing TensorFlow …"))
    with err.status(waiting) if err.is_terminal else contextlib.nullcontext(), _silent_stderr():
        import tensorflow  # noqa: F401, ICN001
        import transformers

        transformers.logging.set_verbosity_error()
    warnings.filterwarnings("ignore", module="tf_keras|transformers")
    yield


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """Point file descriptor 2 to the null device within this context."""
    sys.stderr.flush()
    stderr, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(null)

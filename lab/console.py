"""Output to the terminal."""

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator

from rich.console import Console

from kit.environment import tensorflow_alone
from kit.messages import Bilingual

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def say(text: Bilingual) -> None:
    """Print a text in the current language; square brackets in it are not taken for rich's markup."""
    out.print(str(text), markup=False)


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

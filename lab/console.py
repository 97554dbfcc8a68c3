"""Speaking with the person at the terminal."""

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
    """Print a sentence in the language of the session."""
    out.print(str(text), markup=False)


@contextlib.contextmanager
def tensorflow_imported() -> Iterator[None]:
    """Import TensorFlow behind a spinner, without the lines that its C++ side writes to standard error."""
    tensorflow_alone()
    words = str(Bilingual("TensorFlow를 불러오는 중입니다 …", "Importing TensorFlow …"))
    with err.status(words) if err.is_terminal else contextlib.nullcontext(), _silent_stderr():
        import tensorflow  # noqa: F401, ICN001
        import transformers

        transformers.logging.set_verbosity_error()
    warnings.filterwarnings("ignore", module="tf_keras|transformers")
    yield


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """Point descriptor 2 at nothing for a while; rich's spinner keeps its own."""
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)

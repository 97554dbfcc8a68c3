"""Python sources of others as trees; nothing of them runs."""

import ast
import threading
import warnings

from grader.errors import NotPythonError

# What Python raises over a source that it cannot read, and over a tree that it cannot print or walk to its end.
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)

_filters = threading.Lock()  # Python's warning filters are one for all threads


def parsed(source: bytes | str) -> ast.Module:
    r"""The tree of a source. Python's warnings about it (of `"\d"`, say) are its author's business, and not shown.

    Args:
        source: as text, or as bytes that say their encoding as Python's do.

    Raises:
        NotPythonError: it is no Python, or nested too deeply to be read.
    """
    try:
        with _filters, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except UNREADABLE as error:
        raise NotPythonError(getattr(error, "msg", "") or str(error), getattr(error, "lineno", None) or 0) from error

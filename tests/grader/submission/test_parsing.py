"""Sources of others are parsed in one place: a tree, or one error that says what is wrong and where."""

import ast
import threading
import warnings

import pytest

from grader.errors import NotPythonError
from grader.submission.parsing import UNREADABLE, parsed


@pytest.mark.parametrize(
    "source", ["x = '안녕'\n", "x = '안녕'\n".encode(), "# coding: cp949\nx = '안녕'\n".encode("cp949")]
)
def test_a_source_is_a_tree(source):
    assert ast.unparse(parsed(source)) == "x = '안녕'"


BROKEN = {"syntax": "x = (\n", "null": "x = '\0'", "deep": "x = " + "-" * 100_000 + "1", "cookie": b"# coding: no\n"}


@pytest.mark.parametrize("source", BROKEN.values(), ids=BROKEN)
def test_what_is_no_python_is_one_error(source):
    with pytest.raises(NotPythonError) as raised:
        parsed(source)
    assert isinstance(raised.value, UNREADABLE)
    assert raised.value.line >= 0


def test_an_error_says_what_is_wrong_and_where():
    with pytest.raises(NotPythonError) as raised:
        parsed("x = 1\ny = (\n")
    assert (raised.value.message, raised.value.line) == ("'(' was never closed", 2)


def test_warnings_are_the_authors_business_and_the_filters_stay_as_they_are():
    before = list(warnings.filters)
    sources = [rf"x{number} = '\d'" for number in range(200)]
    threads = [threading.Thread(target=lambda: [parsed(source) for source in sources]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before

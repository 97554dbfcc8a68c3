"""Named hypothesis strategies: the inputs that checks are tried on.

Texts hold no special-token literal and no line break, as the contract promises.
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from grader.reference import OVERSHOOTING
from kit.build_mini import common_syllables

# Hypothesis draws now and then a constant that it found in the modules loaded from outside site-packages. Which
# those are depends on who calls the grader, and the same submission must get the same report everywhere.
providers.HypothesisProvider._local_constants = Constants()  # type: ignore[assignment]  # noqa: SLF001

SYLLABLES = ["가", *common_syllables()]
PLAIN = "abcXYZ0189.,?!~ "
UNUSUAL = "😀🎉ㅋㅠéñ中あ½①℃—·\t<>'\"&|*_"
# What means something to code, to a template, to a pattern, to a web page, or is rewritten by other programs.
MEANINGFUL = [
    "%",
    "%s",
    "{}",
    "{0}",
    "{a}",
    "{question}",
    "{answer}",
    "\\n",
    "\\1",
    "\\",
    "$1",
    ".*",
    "^",
    "  ",
    "[1]",
    "(가)",
    "&amp;",
    "&#39;",
    "<br>",
    "http://a.kr/b?c=1",
    "1,000",
    "010-1234",
    "ㅋㅋㅋㅋ",
    "ＡＢＣ",
    "ｶﾞ",
    "가\u200b",
    "#가",
    "@a",
]


def texts(max_size: int = 12) -> st.SearchStrategy[str]:
    """A question or an answer: Hangul, digits, Latin letters, spaces, emoji, what means something; may be empty."""
    characters = st.one_of(*map(st.sampled_from, (SYLLABLES, PLAIN, UNUSUAL, MEANINGFUL)))
    return st.lists(characters, max_size=max_size).map("".join)  # `st.text` would draw from one great alphabet


def overshooting_texts() -> st.SearchStrategy[str]:
    """A text with a token that the model has no row for."""
    return st.builds(lambda before, after: before + OVERSHOOTING + after, texts(4), texts(4))


def sentences() -> st.SearchStrategy[str]:
    """A non-empty text of words with single spaces between them, as a model might answer."""
    words = st.text(st.sampled_from(SYLLABLES), min_size=1, max_size=4)
    return st.lists(words, min_size=1, max_size=4).map(" ".join)


def vocab_sizes() -> st.SearchStrategy[int]:
    """How many rows a model may have."""
    return st.integers(10, 60_000)


def dialogs() -> st.SearchStrategy[list[list[int]]]:
    """Encoded dialogs of different lengths, none of them empty."""
    ids = st.integers(5, 50_000)
    return st.lists(st.lists(ids, min_size=1, max_size=8), min_size=1, max_size=6)


def tables(text: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[Any]]]:
    """Rows of a table: question, answer, label. They differ, but the first may come again."""
    row = st.builds(lambda question, answer, label: [question, answer, label], text, text, st.integers(0, 2))
    rows = st.lists(row, min_size=1, max_size=4, unique_by=lambda row: (row[0], row[1]))
    return st.builds(lambda rows, again: [*rows, *rows[:again]], rows, st.integers(0, 1))

"""A trace as one page that needs nothing else: no network, no script; it can be printed and put into a report."""

from pathlib import Path
from typing import NamedTuple

from grader.reports.html import environment, shell
from kit.messages import Language, printable
from lab.tracing import words
from lab.tracing.stages import Row, Stage, Token, Trace

TEMPLATES = Path(__file__).with_name("templates")
HEAT = (1, 4, 8, 16)  # nats: where a loss gets a darker shade; a blind guess among 6,000 tokens costs 8.7
MOST = 20_000  # characters of a text


class Cell(NamedTuple):
    """A square in the picture of a matrix."""

    x: int
    y: int
    role: str


def page(trace: Trace, language: Language) -> str:
    """The page, in both languages; it opens in the one given."""
    values = {
        "trace": trace,
        "words": words,
        "filled": words.filled_in(trace),
        "present": words.present(trace),
        "clean": clean,
        "heat": heat,
        "cells": cells,
        "picture": picture,
    }
    template = environment(TEMPLATES).get_template("trace.html")
    return template.render(shell(str(TEMPLATES / "trace.css")) | values, language=language)


def clean(text: str) -> str:
    """A text without what no page may hold."""
    return printable(text, MOST)


def heat(token: Token) -> int:
    """How dark a token's loss is shaded, from 0."""
    return sum(token.loss >= limit for limit in HEAT) if token.loss is not None else 0


def picture(stage: Stage) -> bool:
    """Whether a matrix is drawn of squares: its rows are equally long."""
    return stage.matrix and len({len(row.tokens) for row in stage.rows}) == 1


def cells(rows: tuple[Row, ...]) -> list[Cell]:
    """The squares of a matrix, one for each id."""
    return [Cell(x, y, token.role) for y, row in enumerate(rows) for x, token in enumerate(row.tokens)]

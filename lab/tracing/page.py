"""A trace as a self-contained HTML page, without network or scripts, for printing or a report."""

from pathlib import Path
from typing import NamedTuple

from grader.reports.html import environment, shell
from kit.messages import Language, printable
from lab.tracing import words
from lab.tracing.stages import Row, Stage, Token, Trace

TEMPLATES = Path(__file__).with_name("templates")
HEAT = (1, 4, 8, 16)  # nats: from each of these on a loss has a darker shade; a blind guess of 6,000 tokens costs 8.7
MAX_TEXT = 20_000  # characters shown of a text


class Cell(NamedTuple):
    """A square in the drawing of a matrix: column, row, and the role that decides its colour."""

    x: int
    y: int
    role: str


def page(trace: Trace, language: Language) -> str:
    """Render the page in both languages; it opens in the given one."""
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
    """Remove control characters from a text, and shorten it."""
    return printable(text, MAX_TEXT)


def heat(token: Token) -> int:
    """Return the shade of a token's loss, from 0 (none) to `len(HEAT)` (darkest)."""
    return sum(token.loss >= limit for limit in HEAT) if token.loss is not None else 0


def picture(stage: Stage) -> bool:
    """Whether a stage's matrix is drawn as squares: only if its rows are equally long."""
    return stage.matrix and len({len(row.tokens) for row in stage.rows}) == 1


def cells(rows: tuple[Row, ...]) -> list[Cell]:
    """Return the squares of a matrix, one for each id."""
    return [Cell(x, y, token.role) for y, row in enumerate(rows) for x, token in enumerate(row.tokens)]

"""Submissions that resemble each other more than short tasks explain. A hint for a person, never a verdict.

Fingerprints are k-grams of a function's symbols (see `symbols`), as in winnowing (Schleimer, Wilkerson & Aiken, 2003,
"Winnowing: Local Algorithms for Document Fingerprinting") with a window of one: submissions are short enough to keep
all of them. What the skeleton gave is taken away, and each fingerprint weighs the less the more submissions of the
class have it: what the task dictates, nearly everybody writes.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from statistics import median_low
from typing import NamedTuple

import msgspec
import numpy as np

from grader.gradebook.similarity.symbols import Unit, lines_of, units
from grader.reports.html import environment, shell, write_page
from kit.messages import Language

LENGTH = 6  # symbols of a fingerprint
WHOLE = 1000  # the weight of a fingerprint that at most two submissions have; whole numbers add up alike in any order
EVIDENCE = 60 * WHOLE  # a submission that holds less of its own is measured as if it held so much
LEAST = 0.6
MOST_SHOWN = 100  # pairs with their matching lines
MOST_LINES = 80  # of a function, on the page
BLOCK = 4096  # columns of the table of fingerprints that are held at once

Gram = tuple[str, ...]
TEMPLATES = Path(__file__).with_name("templates")


class Side(msgspec.Struct, frozen=True):
    """A piece of one submission.

    Attributes:
        name: of the function, `Class.method`, or assignment.
        first, last: its lines, counted from 1.
        alike: the line ranges within it that match, both ends included.
    """

    file: str
    name: str
    first: int
    last: int
    alike: tuple[tuple[int, int], ...]


class Match(msgspec.Struct, frozen=True):
    """Two pieces that match.

    Attributes:
        holders: how many submissions of the class have what matches (the median of its fingerprints).
    """

    a: Side
    b: Side
    holders: int


class Pair(msgspec.Struct, frozen=True):
    """Two submissions that resemble each other.

    Attributes:
        share_a: how much of `a` is in `b`, weighed by how rare it is in the class (0 to 1).
        share_b: how much of `b` is in `a`.
        matches: the rarest first; empty beyond the `MOST_SHOWN` likest pairs.
    """

    a: str
    b: str
    share_a: float
    share_b: float
    matches: tuple[Match, ...] = ()

    @property
    def likeness(self) -> float:
        """The harmonic mean of both shares: what is compared with `least`."""
        return 2 * self.share_a * self.share_b / ((self.share_a + self.share_b) or 1)


class Profile:
    """The fingerprints of one submission."""

    def __init__(self, files: dict[str, str], known: frozenset[Gram]) -> None:
        try:
            self.units = [(unit, [*_grams(unit)]) for unit in units(files)]
        except (RecursionError, ValueError, MemoryError):  # whatever one has written, the others' pages are made
            self.units = []
        self.grams = dict.fromkeys(gram for _, grams in self.units for gram in grams if gram not in known)

    @cached_property
    def places(self) -> dict[Gram, list[int]]:
        """The units that have a fingerprint."""
        places: dict[Gram, list[int]] = {}
        for number, (_, grams) in enumerate(self.units):
            for gram in dict.fromkeys(grams):
                places.setdefault(gram, []).append(number)
        return places


class _Class(NamedTuple):
    """The fingerprints of a whole class."""

    sheets: list[Profile]
    holders: Counter[Gram]
    weights: dict[Gram, int]


def similar(sources: dict[str, dict[str, str]], given: dict[str, str], least: float = LEAST) -> list[Pair]:
    """The pairs that resemble each other, the most alike first.

    Measured on 89 correct submissions written to differ (38 whole ones, 51 of one or a few modules): of their 3,916
    pairs 12 are told at 0.6, all among five that were written from one text and the shortest submission possible; no
    other pair is above 0.60, and none without these six above 0.39. Of copies that are renamed, shuffled, made noisy
    and split into other files at once, each put into the class of all, all 38 whole ones are found (the least alike at
    0.83) and 37 of the 51 others: a few lines are no evidence (`EVIDENCE`). Where nearly everybody writes the same,
    copies hide: of made-up classes of 100, nine in ten copies are found where seven in ten functions are the
    solution's, and one in three where nine in ten are.

    Args:
        sources: the files' texts by name, of each submission by its name.
        given: the skeleton's files; whatever stands in them counts for nothing.
        least: the likeness from which on a pair is told.
    """
    names = sorted(sources)
    if len(names) < 2:
        return []
    known = frozenset(gram for unit in units(given, every=True) for gram in _grams(unit))
    group = _weigh([Profile(sources[name], known) for name in names])
    common = _common(group)
    size = np.array([max(sum(group.weights[gram] for gram in sheet.grams), EVIDENCE) for sheet in group.sheets])
    # the harmonic mean of common / size[a] and common / size[b]
    rows, columns = np.nonzero(np.triu(2 * common / (size[:, None] + size[None, :]) >= least, 1))
    alike = [
        (a, b, float(common[a, b] / size[a]), float(common[a, b] / size[b]))
        for a, b in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    pairs = [Pair(names[a], names[b], share_a, share_b) for a, b, share_a, share_b in alike]
    order = sorted(range(len(pairs)), key=lambda i: (-pairs[i].likeness, pairs[i].a, pairs[i].b))
    shown = {i: tuple(_matches(group, *alike[i][:2])) for i in order[:MOST_SHOWN]}
    return [msgspec.structs.replace(pairs[i], matches=shown.get(i, ())) for i in order]


def _grams(unit: Unit) -> Iterator[Gram]:
    """The fingerprints of a unit, in order; a unit that is shorter is one as a whole."""
    for start in range(max(len(unit.symbols) - LENGTH, 0) + 1):
        yield unit.symbols[start : start + LENGTH]


def _weigh(sheets: list[Profile]) -> _Class:
    holders = Counter(gram for sheet in sheets for gram in sheet.grams)
    scale = WHOLE / math.log((len(sheets) + 1) / 2)
    weights = {gram: round(scale * math.log((len(sheets) + 1) / max(count, 2))) for gram, count in holders.items()}
    return _Class(sheets, holders, weights)


def _common(group: _Class) -> np.ndarray:
    """The weight of what each two submissions share."""
    shared = [gram for gram, count in group.holders.items() if count > 1]
    common = np.zeros((len(group.sheets), len(group.sheets)))
    for start in range(0, len(shared), BLOCK):
        columns = {gram: number for number, gram in enumerate(shared[start : start + BLOCK])}
        table = np.zeros((len(group.sheets), len(columns)))
        for row, sheet in enumerate(group.sheets):
            table[row, [columns[gram] for gram in sheet.grams if gram in columns]] = 1
        common += (table * [group.weights[gram] for gram in columns]) @ table.T
    return common


def _matches(group: _Class, a: int, b: int) -> list[Match]:
    """For each unit of one submission, the unit of the other that is most alike; the strongest match first."""
    first, second = group.sheets[a], group.sheets[b]
    shared = first.grams.keys() & second.grams.keys()
    matches: list[tuple[int, Match]] = []
    for unit, grams in first.units:
        weights: Counter[int] = Counter()
        for gram in dict.fromkeys(grams):
            for place in second.places[gram] if gram in shared else ():
                weights[place] += group.weights[gram]
        if not weights:
            continue
        place, weight = min(weights.items(), key=lambda item: (-item[1], item[0]))
        other, others = second.units[place]
        same = shared & set(grams) & set(others)
        holders = median_low(group.holders[gram] for gram in same)
        matches.append((weight, Match(_side(unit, grams, same), _side(other, others, same), holders)))
    return [match for _, match in sorted(matches, key=lambda item: -item[0])]


def _side(unit: Unit, grams: list[Gram], same: set[Gram]) -> Side:
    lines = sorted(set(unit.lines))
    alike = {line for start, gram in enumerate(grams) if gram in same for line in unit.lines[start : start + LENGTH]}
    ranges: list[tuple[int, int]] = []
    joined = False
    for line in lines:  # lines without symbols (comments, brackets) do not part a range
        if line in alike:
            ranges = [*ranges[:-1], (ranges[-1][0], line)] if joined else [*ranges, (line, line)]
        joined = line in alike
    return Side(unit.file, unit.name, unit.first, unit.last, tuple(ranges))


class ComparedLine(NamedTuple):
    """A line of a piece, as the page shows it."""

    number: int
    text: str
    alike: bool


def write_similarity_page(
    pairs: Sequence[Pair], sources: dict[str, dict[str, str]], out: Path, language: Language
) -> None:
    """Write `similar.html`: what the pairs are, and their pieces side by side.

    Args:
        pairs: as `similar` gives them.
        sources: what `similar` was given.
        out: the folder.
        language: the one that the page opens in; a reader may turn to the other.

    Raises:
        GraderError: it cannot be written.
    """
    write_page(out / "similar.html", similarity_page(pairs, sources, language))


def similarity_page(pairs: Sequence[Pair], sources: dict[str, dict[str, str]], language: Language) -> str:
    """The page as HTML."""

    def lines(name: str, side: Side) -> list[ComparedLine]:
        text = lines_of(sources[name][side.file])
        numbers = range(side.first, min(side.last, side.first + MOST_LINES - 1, len(text)) + 1)
        return [ComparedLine(n, text[n - 1], any(first <= n <= last for first, last in side.alike)) for n in numbers]

    template = environment(TEMPLATES).get_template("similar.html")
    return template.render(shell(str(TEMPLATES / "similar.css")), language=language, pairs=pairs, lines=lines)

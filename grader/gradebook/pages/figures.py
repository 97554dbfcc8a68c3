"""The figures of the class page: SVG drawn here, whose text stays text; colours are the page's own style's."""

from collections.abc import Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

from grader.reports.formatting import number
from kit.messages import Bilingual, Language

WIDTH = 360  # of the drawing: a phone shows it at about this size, so text is never tiny
BINS = 10  # of equal width; the full score has a bin of its own behind them
HEIGHT = 170  # of the histogram
TOP, BOTTOM = 20, 150  # between them stand its bars
ROW = 36  # height of a step's text and bar


class StepBar(NamedTuple):
    """How a step went.

    Attributes:
        full: how many have all of its points.
        partial: how many have some.
        total: how many were graded.
    """

    title: Bilingual
    full: int
    partial: int
    total: int


def spread(scores: Sequence[float], most: float) -> list[int]:
    """How many scores lie in each tenth of the range, and, last, how many are the full score."""
    counts = [0] * (BINS + 1)
    for score in scores:
        counts[BINS if score >= most else max(0, min(BINS - 1, int(score * BINS / most)))] += 1
    return counts


def histogram(scores: Sequence[float], most: float, language: Language) -> str:
    """The distribution of scores from 0 to `most`, as an SVG element."""
    counts = spread(scores, most)
    names = [_bin_name(place, most)[language] for place in range(BINS + 1)]
    title = Bilingual("점수의 분포", "Distribution of scores")[language]
    svg = _figure("histogram", language, HEIGHT, title, "; ".join(map(_counted, names, counts)))
    slot = WIDTH / (BINS + 1)
    for place, (name, count) in enumerate(zip(names, counts, strict=True)):
        left, middle = place * slot, (place + 0.5) * slot
        height = (BOTTOM - TOP) * count / max(1, *counts)
        group = SubElement(svg, "g")
        SubElement(group, "title").text = _counted(name, count)
        _box(group, "full" if place == BINS else "bar", (left + 2, BOTTOM - height, slot - 4, height))
        if count:
            _label(group, "count", (middle, BOTTOM - height - 5), str(count), "middle")
        _label(group, "axis", (middle, BOTTOM + 15), number(most * place / BINS), "middle")
    _box(svg, "line", (0, BOTTOM, WIDTH, 1))
    return tostring(svg, encoding="unicode")


def step_bars(steps: Sequence[StepBar], language: Language) -> str:
    """For each step the share that has all of its points, and behind it the share that has some, as an SVG element."""
    title = Bilingual("단계별 통과율", "Pass rate of each step")[language]
    texts = [_share_text(step)[language] for step in steps]
    described = "; ".join(f"{step.title[language]}: {text}" for step, text in zip(steps, texts, strict=True))
    svg = _figure("steps", language, ROW * max(1, len(steps)), title, described)
    for row, (step, text) in enumerate(zip(steps, texts, strict=True)):
        top = row * ROW
        full, partial = (WIDTH * count / max(1, step.total) for count in (step.full, step.partial))
        group = SubElement(svg, "g")
        SubElement(group, "title").text = f"{step.title[language]}: {text}"
        _label(group, "name", (0, top + 13), f"{row + 1}. {step.title[language]}", "start")
        _label(group, "count", (WIDTH, top + 13), f"{_percent(step.full, step.total)}%", "end")
        _box(group, "track", (0, top + 19, WIDTH, 9))
        _box(group, "full", (0, top + 19, full, 9))
        _box(group, "partial", (full, top + 19, partial, 9))
    return tostring(svg, encoding="unicode")


def _bin_name(place: int, most: float) -> Bilingual:
    low, high = most * place / BINS, most * (place + 1) / BINS
    if place == BINS:
        return Bilingual(f"만점 {number(most)}", f"full score {number(most)}")
    return Bilingual(f"{number(low)} 이상 {number(high)} 미만", f"{number(low)} to under {number(high)}")


def _counted(name: str, count: int) -> str:
    return f"{name}: {count}"


def _share_text(step: StepBar) -> Bilingual:
    full, partial = (_percent(count, step.total) for count in (step.full, step.partial))
    return Bilingual(f"모두 맞음 {full}%, 일부 맞음 {partial}%", f"all points {full}%, some points {partial}%")


def _percent(count: int, total: int) -> int:
    return round(100 * count / total) if total else 0


def _figure(name: str, language: Language, height: float, title: str, description: str) -> Element:
    """An empty figure that says what it shows to those who cannot see it."""
    ids = f"{name}-{language}-title", f"{name}-{language}-description"
    svg = Element("svg", {"viewBox": f"0 0 {WIDTH} {height:g}", "role": "img", "aria-labelledby": " ".join(ids)})
    SubElement(svg, "title", id=ids[0]).text = title
    SubElement(svg, "desc", id=ids[1]).text = description
    return svg


def _box(parent: Element, kind: str, place: tuple[float, float, float, float]) -> None:
    x, y, width, height = (f"{value:.4g}" for value in place)
    SubElement(parent, "rect", {"class": kind, "x": x, "y": y, "width": width, "height": height})


def _label(parent: Element, kind: str, place: tuple[float, float], text: str, anchor: str) -> None:
    x, y = (f"{value:.4g}" for value in place)
    SubElement(parent, "text", {"class": kind, "x": x, "y": y, "text-anchor": anchor}).text = text

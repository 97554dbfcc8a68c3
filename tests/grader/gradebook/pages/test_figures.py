"""The figures of the class page: every score and step is in them, and nothing leaves the frame."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.gradebook.pages.figures import BINS, StepBar, histogram, spread, step_bars
from kit.messages import Bilingual

UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@UNTIMED
@given(scores=st.lists(st.floats(0, 100), max_size=300))
def test_every_score_is_in_one_bar(scores):
    counts = spread(scores, 100)

    assert sum(counts) == len(scores)
    assert counts[BINS] == sum(score == 100 for score in scores)
    assert counts[0] == sum(score < 10 for score in scores)


@UNTIMED
@given(scores=st.lists(st.floats(0, 100), max_size=50), language=st.sampled_from(["ko", "en"]))
def test_the_histogram_is_drawn_inside_its_frame_and_says_what_it_shows(scores, language):
    svg = ET.fromstring(histogram(scores, 100, language))

    check_figure(svg)
    bars = [rect for rect in svg.iter("rect") if rect.get("class") in ("bar", "full")]
    heights = [float(bar.get("height")) for bar in bars]
    counts = spread(scores, 100)
    assert [height > 0 for height in heights] == [count > 0 for count in counts]
    assert sorted(range(BINS + 1), key=lambda place: heights[place]) == sorted(range(BINS + 1), key=counts.__getitem__)


BARS = st.integers(0, 40).flatmap(
    lambda full: st.tuples(st.integers(0, 40), st.integers(0, 40)).map(
        lambda rest: StepBar(Bilingual("<글>", "<a & b>"), full, rest[0], full + sum(rest))
    )
)


@UNTIMED
@given(steps=st.lists(BARS, max_size=10), language=st.sampled_from(["ko", "en"]))
def test_the_bars_of_the_steps_are_drawn_inside_their_frame(steps, language):
    svg = ET.fromstring(step_bars(steps, language))

    check_figure(svg)
    for step, group in zip(steps, svg.findall("g"), strict=True):
        track, full, partial = (float(rect.get("width")) for rect in group.findall("rect"))
        assert full == pytest.approx(track * step.full / max(1, step.total), abs=0.1)
        assert partial == pytest.approx(track * step.partial / max(1, step.total), abs=0.1)


def check_figure(svg):
    """It fits its frame, and says what it shows."""
    _, _, width, height = map(float, svg.get("viewBox").split())
    for shape in [*svg.iter("rect"), *svg.iter("text")]:
        x, y, w, h = (float(shape.get(name, 0)) for name in ("x", "y", "width", "height"))
        assert min(x, y, w, h) >= 0
        assert x + w <= width + 0.5
        assert y + h <= height + 0.5
    texts = {element.get("id"): element.text for element in svg if element.tag in ("title", "desc")}
    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby").split() == list(texts)
    assert None not in texts.values() or not svg.findall("g")

"""A trace as it is shown: in a terminal, and as a page."""

import contextlib
import re

import pytest

from lab.tracing import words
from lab.tracing.journey import collect
from lab.tracing.page import page
from lab.tracing.stages import Trace
from tests.helpers.browser import needs_chromium, shown
from tests.helpers.gradebook.page_parts import Page
from tests.helpers.tiny import tiny_for_mini
from tests.helpers.tracing import DIALOG, in_terminal, own_package, stage, trace_of_dialog, trace_of_odd_texts

tiny = pytest.fixture(tiny_for_mini, scope="module", autouse=True)
traced = pytest.fixture(trace_of_dialog, scope="module")
odd = pytest.fixture(trace_of_odd_texts, scope="module")


@pytest.fixture(scope="module")
def filled(tiny, tmp_path_factory):
    """A trace in which one function of the solution stands in for a broken one."""
    with pytest.MonkeyPatch.context() as patch:
        packages = contextlib.contextmanager(own_package)(tmp_path_factory.mktemp("own"), patch)
        with packages as package:
            yield collect(*DIALOG, package=package(("batches.py", "[pad_id] *", "[1 / 0] *")))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_terminal_shows_every_stage_and_token(traced, language):
    shown = in_terminal(traced, language)

    for number, each in enumerate(traced.stages, 1):
        assert f"{number}. {each.title[language]}" in shown
    for token in stage(traced, "틀에 끼우기").rows[0].tokens:
        assert f"{token.text}·{token.id}" in shown


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_cut_off(odd, width):
    from rich.cells import cell_len

    shown = in_terminal(odd, width=width)

    assert max(map(cell_len, shown.splitlines())) <= width
    assert "…" not in shown


def test_what_the_text_holds_is_shown_as_it_is(odd):
    shown = in_terminal(odd, width=300)

    assert "<b>굵게</b>" in shown
    assert "[bold]x[/]" in shown
    assert "😀" in shown
    assert "\\x1b[31m" in shown
    assert "(빈 글)" in shown


def test_many_pads_are_counted(traced):
    pads = sum(token.role == "pad" for token in stage(traced, "길이 맞추기").rows[0].tokens)

    assert pads > 2
    assert f"<pad>·3×{pads}" in in_terminal(traced)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_is_whole_and_shows_both_languages(traced, language):
    read = Page(page(traced, language))

    for spoken in ("ko", "en"):
        for each in traced.stages:
            assert each.title[spoken] in read.read(spoken)
    assert [one["id"] for one in read.all("input") if "checked" in one] == [language]
    assert [one["class"] for one in read.all("li") if one.get("class") == "stage"] == ["stage"] * len(traced.stages)


def test_the_page_loads_nothing(traced):
    text = page(traced, "ko")
    read = Page(text)

    assert not re.search(r"(?:src|href)=\"(?!data:)", text)
    assert "url(" not in text
    [policy] = [one["content"] for one in read.all("meta") if "http-equiv" in one]
    assert policy.startswith("default-src 'none'")
    assert not [attributes for _, attributes in read.elements if "style" in attributes or "onclick" in attributes]


@needs_chromium
def test_a_browser_shows_the_page_without_a_network_and_has_nothing_to_complain_of(traced, tmp_path):
    file = tmp_path / "trace.html"
    file.write_text(page(traced, "ko"), encoding="utf-8")

    opened = shown(file)

    assert opened.console == []
    seen = Page(opened.html).read("ko")
    assert seen == Page(file.read_text(encoding="utf-8")).read("ko")
    assert all(found.title.ko in seen for found in traced.stages)


def test_what_the_text_holds_is_no_markup_of_the_page(odd):
    text = page(odd, "ko")
    read = Page(text)

    assert read.all("b") == []
    assert "<b>굵게</b> [bold]x[/] 😀" in read.read("ko")
    assert "\x1b" not in text


def test_the_page_draws_each_matrix_and_marks_roles(traced):
    read = Page(page(traced, "ko"))
    squares = [one["class"] for one in read.all("rect")]
    tokens = [token.role for each in traced.stages if each.matrix for row in each.rows for token in row.tokens]
    classes = [one["class"].split() for one in read.all("span") if "token" in one.get("class", "").split()]

    assert squares == tokens
    assert {"bos", "eos", "usr", "sys", "pad", "text"} <= {role for names in classes for role in names}
    assert any(name.startswith("heat") for names in classes for name in names)


def test_rows_of_different_lengths_are_not_drawn(traced):
    assert (
        Page(page(Trace("a", "b", "mini", "solution", [stage(traced, "토큰과 id")], traced.uses), "ko")).all("svg")
        == []
    )


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_says_what_was_filled_in(filled, language):
    read = Page(page(filled, language))
    seen = read.read(language)

    assert "pad_dialogs" in seen.split(words.FILLED[language])[1]
    assert "ZeroDivisionError" in seen
    assert [one.get("class") for one in read.all("span")].count("code filled") == 1

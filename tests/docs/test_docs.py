"""The pages: Korean and English mirror each other, includes exist, and what they say of the steps is so."""

import re
import tomllib

import pytest

from docs.build.feedback import points_table
from docs.build.files import DOCS, LANGUAGES
from grader.assignment import ASSIGNMENT
from grader.paths import PROJECT

FEEDBACK = DOCS / "generated" / "feedback"
PAGES = sorted(path.relative_to(DOCS / "ko").as_posix() for path in (DOCS / "ko").rglob("*.md"))
TEXTS = [f"{language}/{page}" for language in LANGUAGES for page in PAGES]
STEPS = pytest.mark.parametrize("step", ASSIGNMENT.steps, ids=[step.id for step in ASSIGNMENT.steps])
TERMS = tomllib.loads((DOCS / "glossary.toml").read_text(encoding="utf-8"))["terms"]

FENCE = re.compile(r"\s*(```+|~~~+)\s*(.*)")
HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*(?:\{\s*#([\w-]+)\s*\})?\s*$")
INCLUDE = re.compile(r'^\s*-+8<-+\s+"([^"]+)"\s*$', re.MULTILINE)
ANY_INCLUDE = re.compile(r"-+8\s*<")
CHECK_ROW = re.compile(r"^\|\s*`([\w.]+)`\s*\|\s*(\d+)\s*\|", re.MULTILINE)


def text_of(page):
    return (DOCS / page).read_text(encoding="utf-8")


def fences(page):
    """What stands behind the opening marks of the code blocks, in order."""
    info_strings, open_mark = [], None
    for line in text_of(page).splitlines():
        match = FENCE.match(line)
        if match and open_mark is None:
            open_mark = match[1]
            info_strings.append(match[2])
        elif match and match[1] == open_mark and not match[2]:
            open_mark = None
    assert open_mark is None, f"{page}: a code block is not closed"
    return info_strings


def prose(page):
    """The lines outside of code blocks."""
    lines, inside = [], False
    for line in text_of(page).splitlines():
        if FENCE.match(line):
            inside = not inside
        elif not inside:
            lines.append(line)
    return lines


def headings(page):
    """Level, text and anchor of each heading, in order."""
    matches = [HEADING.match(line) for line in prose(page)]
    return [(len(match[1]), match[2], match[3]) for match in matches if match]


def includes(page):
    return INCLUDE.findall(text_of(page))


# Two languages


def files_under(language):
    return {path.relative_to(DOCS / language).as_posix() for path in (DOCS / language).rglob("*") if path.is_file()}


def test_both_languages_have_the_same_files():
    assert files_under("ko") == files_under("en")
    assert "index.md" in files_under("ko")


@pytest.mark.parametrize("page", PAGES)
def test_headings_mirror_each_other(page):
    korean, english = headings(f"ko/{page}"), headings(f"en/{page}")
    assert [level for level, _, _ in korean] == [level for level, _, _ in english]
    assert [level for level, _, _ in korean].count(1) == 1


@pytest.mark.parametrize("page", PAGES)
def test_anchors_mirror_each_other(page):
    korean, english = ([anchor for _, _, anchor in headings(f"{language}/{page}")] for language in LANGUAGES)
    assert korean == english
    named = [anchor for anchor in korean if anchor]
    assert len(named) == len(set(named))


@pytest.mark.parametrize("page", PAGES)
def test_every_heading_below_the_title_has_an_anchor_that_no_translation_changes(page):
    assert [text for level, text, anchor in headings(f"ko/{page}") if level > 1 and not anchor] == []


@pytest.mark.parametrize("page", PAGES)
def test_code_blocks_mirror_each_other(page):
    assert fences(f"ko/{page}") == fences(f"en/{page}")


@pytest.mark.parametrize("page", PAGES)
def test_includes_mirror_each_other(page):
    assert [file.replace("/ko/", "/en/") for file in includes(f"ko/{page}")] == includes(f"en/{page}")


@pytest.mark.parametrize("page", PAGES)
def test_admonitions_and_folded_blocks_mirror_each_other(page):
    korean, english = (
        [line.split()[:2] for line in prose(f"{language}/{page}") if line.startswith(("!!!", "???"))]
        for language in LANGUAGES
    )
    assert korean == english


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_in_their_language(page):
    hangul = re.compile("[가-힣]")
    assert hangul.search("\n".join(prose(f"ko/{page}")))
    assert not any(hangul.search(text) for _, text, _ in headings(f"en/{page}"))


# Includes


@pytest.mark.parametrize("page", TEXTS)
def test_no_include_is_broken(page):
    text = text_of(page)
    assert re.findall(r".*-+8\s+<.*", text) == []
    assert len(ANY_INCLUDE.findall(text)) == len(includes(page))


@pytest.mark.parametrize("page", [page for page in TEXTS if includes(page)])
def test_every_include_is_there(page):
    for target in includes(page):
        file, _, section = target.partition(":")
        assert (PROJECT / file).is_file(), target
        source = (PROJECT / file).read_text(encoding="utf-8")
        marks = re.findall(rf"--8<-- \[(start|end):{re.escape(section)}\]", source)
        assert not section or marks == ["start", "end"], target


def test_pages_include_code_and_the_graders_words():
    targets = {target for page in TEXTS for target in includes(page)}
    functions = {f"solution/{step.module}.py:{name}" for step in ASSIGNMENT.steps for name in step.functions}
    feedback = {
        f"docs/generated/feedback/{language}/{step.id}.txt" for step in ASSIGNMENT.steps for language in LANGUAGES
    }
    assert functions | feedback <= targets


def test_feedback_mirrors_and_is_not_empty():
    names = {language: {path.name for path in (FEEDBACK / language).iterdir()} for language in LANGUAGES}
    assert names["ko"] == names["en"] == {"points.md", *(f"{step.id}.txt" for step in ASSIGNMENT.steps)}
    assert all(path.read_text(encoding="utf-8").strip() for path in FEEDBACK.rglob("*.*"))


# Steps


@STEPS
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_step_has_a_page_with_its_title(step, language):
    first = headings(f"{language}/{step.docs}index.md")[0]
    assert first[:2] == (1, step.title[language])


@STEPS
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_steps_page_tells_its_checks_and_points(step, language):
    rows = CHECK_ROW.findall(text_of(f"{language}/{step.docs}index.md"))
    assert [(name, int(points)) for name, points in rows] == [(check.id, check.points) for check in step.checks]


@STEPS
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_steps_page_shows_its_own_code_and_feedback(step, language):
    targets = includes(f"{language}/{step.docs}index.md")
    assert {f"solution/{step.module}.py:{name}" for name in step.functions} <= set(targets)
    assert f"docs/generated/feedback/{language}/{step.id}.txt" in targets


@pytest.mark.parametrize("config", ["mkdocs.yml", "mkdocs.en.yml"])
def test_the_navigation_lists_every_page_once_and_the_steps_in_order(config):
    nav = (PROJECT / config).read_text(encoding="utf-8").partition("\nnav:\n")[2]
    listed = re.findall(r"^\s*- (\S+\.md)$", nav, re.MULTILINE)
    assert sorted(listed) == PAGES
    assert [page for page in listed if page.startswith("steps/")] == [
        f"{step.docs}index.md" for step in ASSIGNMENT.steps
    ]


# The table of points


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_points_table_is_up_to_date(language):
    table = points_table(language)
    assert text_of(f"generated/feedback/{language}/points.md").endswith(f"-->\n\n{table}")
    rows = CHECK_ROW.findall(table.replace("| | ", "| "))
    assert [(name, int(points)) for name, points in rows] == [
        (check.id, check.points) for step in ASSIGNMENT.steps for check in step.checks
    ]
    assert f"**{ASSIGNMENT.points}**" in table


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_points_tables_links_lead_to_pages(language):
    links = re.findall(r"\]\(([^)]+)\)", text_of(f"generated/feedback/{language}/points.md"))
    assert len(links) == len(ASSIGNMENT.steps)
    assert all((DOCS / language / link).is_file() for link in links)


# The glossary


@pytest.mark.parametrize("word", TERMS)
def test_each_word_has_a_korean_term(word):
    assert word == word.strip() != ""
    assert TERMS[word] == TERMS[word].strip() != ""
    assert re.fullmatch("[가-힣 ]+", TERMS[word])


def test_no_two_words_share_a_korean_term():
    assert len(TERMS) >= 40
    assert len(set(TERMS.values())) == len(TERMS)

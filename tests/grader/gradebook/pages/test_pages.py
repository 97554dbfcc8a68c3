"""The pages of a class: what they show, that they load nothing, and that no submission speaks through them."""

import base64
import hashlib
import re
from urllib.parse import unquote

import msgspec
import pytest
from hypothesis import HealthCheck, settings

from grader.assignment import ASSIGNMENT
from grader.errors import GraderError
from grader.gradebook.model import Entry, NotGraded, Override, Person, Quarantine
from grader.gradebook.pages.class_and_student import class_page, student_page, write_pages
from grader.gradebook.similarity.pairs import Pair
from grader.paths import CHECKS
from kit.messages import Bilingual
from tests.helpers.browser import needs_chromium, shown
from tests.helpers.gradebook.page_parts import STEPS, Page, one, step_with, wrong
from tests.helpers.gradebook.sample_class import NOT_GRADED, PAIRS, VERSIONS, failed, report, sample_class

ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{ 7 * 7 }} «<b>x</b>» &lt;"
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def student(entry, language="ko"):
    return Page(student_page(entry, language)).read(language)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("pages")
    write_pages(sample_class(), out, "ko", PAIRS, NOT_GRADED)
    return out


@pytest.fixture(scope="module")
def pages(written):
    return {path.relative_to(written).as_posix(): path.read_text(encoding="utf-8") for path in written.rglob("*.html")}


def test_there_is_a_page_for_each_submission_and_one_for_the_class(pages):
    names = {f"reports/{entry.arrival.name}.html" for entry in sample_class()}

    assert pages.keys() == {"index.html"} | names


def test_the_class_page_links_to_each_page(pages):
    links = {unquote(a["href"]) for a in Page(pages["index.html"]).all("a")}

    assert links == {name for name in pages if name != "index.html"} | {"similar.html"}


def test_pages_load_nothing(pages):
    for text in pages.values():
        page = Page(text)
        loading = {"src", "srcset", "data", "action", "poster", "background", "style"}
        assert not [attributes for _, attributes in page.elements if loading & attributes.keys()]
        assert [link["href"] for link in page.all("link")] == ["data:,"]
        assert not re.search(r"https?:|url\(|@import|fetch\(|XMLHttp|import\(", text)


def test_the_policy_allows_the_pages_own_style_and_script_only(pages):
    for text in pages.values():
        policy = next(meta["content"] for meta in Page(text).all("meta") if "http-equiv" in meta)
        assert policy.startswith("default-src 'none'; ")
        for tag in ("style", "script"):
            contents = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
            assert len(contents) == 1
            digest = base64.b64encode(hashlib.sha256(contents[0].encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{digest}'" in policy


@needs_chromium
@pytest.mark.parametrize("name", ["index.html", f"reports/{sample_class()[0].arrival.name}.html"])
def test_a_browser_shows_them_without_a_network_and_has_nothing_to_complain_of(written, pages, name):
    page = shown(written / name)

    assert page.console == []
    assert Page(page.html).read("ko") == Page(pages[name]).read("ko")
    assert re.search("[가-힣]{2}", Page(page.html).read("ko"))


def test_ids_are_unique_and_what_points_to_them_is_there(pages):
    for text in pages.values():
        elements = Page(text).elements
        ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
        named = {attributes.get(key) for _, attributes in elements for key in ("for", "aria-labelledby")} - {None}
        assert len(ids) == len(set(ids))
        assert {name for names in named for name in names.split()} <= set(ids)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_pages_open_in_the_language_asked_for(language):
    for text in (class_page(sample_class(), language), student_page(sample_class()[0], language)):
        page = Page(text)
        assert page.all("html") == [{"lang": language}]
        assert [choice["id"] for choice in page.all("input") if "checked" in choice] == [language]


def test_english_pages_hold_no_korean_but_what_people_wrote():
    steps = [step_with("framing", wrong("framing.eos", "missing_eos"))]
    entry = one(steps, [Override("2025", "framing", 12, "good")], person=Person("2025", "Kim"), late=True, older=("a",))

    for text in (
        student_page(entry, "en"),
        class_page([entry], "en", [Pair("a", "b", 0.9, 0.9)], NotGraded((Person("7"),))),
    ):
        assert re.findall("[가-힣]+", Page(text).read("en")) == []
        assert re.findall("[가-힣]+", Page(text).read("ko"))


def hostile(value):
    """The same, an attack behind every text."""
    match value:
        case str():
            return value + ATTACK
        case list():
            return [hostile(item) for item in value]
        case dict():
            return {key: item if key in ("status", "schema") else hostile(item) for key, item in value.items()}
    return value


def attacked(entry):
    """An entry whose every text is an attack, but for its name: a slash could be none of a file's."""
    plain = msgspec.to_builtins(entry)
    evil = hostile(plain)
    evil["arrival"]["name"] = plain["arrival"]["name"] + ATTACK.replace("/", "")
    return msgspec.convert(evil, Entry)


def test_nothing_that_a_submission_says_becomes_markup():
    entries = sample_class(12)
    evil = [attacked(entry) for entry in entries]
    plain = [class_page(entries, "ko", PAIRS, NOT_GRADED), *(student_page(entry, "ko") for entry in entries)]
    usual = {tag for text in plain for tag, _ in Page(text).elements}

    pairs = [Pair(ATTACK, ATTACK, 1, 1)]
    not_graded = NotGraded((Person(ATTACK, ATTACK),), (Quarantine(ATTACK, Bilingual(ATTACK, ATTACK)),))
    for text in (class_page(evil, "ko", pairs, not_graded), *(student_page(entry, "ko") for entry in evil)):
        page = Page(text)
        assert ATTACK in page.read("ko").replace("« <b>x</b> »", "«<b>x</b>»")
        assert {tag for tag, _ in page.elements} <= usual
        assert len(page.all("script")) == 1
        assert not [key for _, attributes in page.elements for key in attributes if key.startswith("on")]
        assert {choice["id"] for choice in page.all("input")} == {"ko", "en"}


@pytest.mark.parametrize(
    "name", ["a b", "100%", "a#b?c", "<img src=x onerror=alert(1)>", "한글", "javascript:alert(1)", "kim.zip"]
)
def test_any_file_name_is_linked(tmp_path, name):
    write_pages([one(name=name)], tmp_path, "ko")

    (link,) = Page((tmp_path / "index.html").read_text(encoding="utf-8")).all("a")
    assert (tmp_path / unquote(link["href"])).read_text(encoding="utf-8")
    assert re.fullmatch(r"reports/[\w.%~-]+", link["href"], re.ASCII)


@pytest.mark.parametrize("name", ["../kim", "/kim", "a/b", "a\\b", "", "a\0b"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, name):
    with pytest.raises(GraderError, match=re.escape(repr(name))):
        write_pages([one(name=name)], tmp_path / "out", "ko")

    assert [path.name for path in tmp_path.rglob("*")] == ["out", "reports"] or not list(tmp_path.rglob("*.html"))


def test_half_characters_do_not_stop_the_pages(tmp_path):
    entry = one([step_with("framing", wrong("framing.eos", got="'\ud800'"))])

    write_pages([entry], tmp_path, "ko")

    assert r"\ud800" in (tmp_path / "reports" / "kim.html").read_text(encoding="utf-8")


def test_a_student_sees_what_went_wrong():
    check = wrong("framing.eos", "missing_eos", "encode_dialog('', '')")

    for language in ("ko", "en"):
        seen = student(one([step_with("framing", check)]), language)
        said = [check.message, ASSIGNMENT.diagnoses["missing_eos"], check.hint]
        assert all(text[language] in seen for text in said)
        assert "encode_dialog('', '')" in seen
        assert "steps/framing/" in seen
        assert "10 / 100" in seen
        assert "10 / 15" in seen


def test_the_part_that_differs_is_marked():
    text = student_page(one([step_with("framing", wrong("framing.eos", expected="[0, «<s>»]", got="[0«»]"))]), "ko")

    assert "[0, <mark>«&lt;s&gt;»</mark>]" in text
    assert "[0<mark>«»</mark>]" in text


def test_an_error_shows_file_line_and_source():
    details = {
        "file": "dialogs.py",
        "line": 12,
        "type": "KeyError",
        "message": "'a\n    b'",
        "source": "x = table['a']",
    }
    raised = ASSIGNMENT.outcomes["error_at"]
    message = Bilingual(raised.ko.format_map(details), raised.en.format_map(details))
    check = wrong("framing.eos", status="error", message=message, expected="", got="")

    text = student_page(one([step_with("framing", check)]), "en")

    assert "KeyError in dialogs.py, line 12, `x = table[&#39;a&#39;]`: &#39;a\n    b&#39;</span></h3>" in text


def test_an_error_without_a_source_shows_its_message():
    message = Bilingual("실행하다가 오류가 났습니다", "It raised an error")

    assert "It raised an error" in student(
        one([step_with("framing", wrong("framing.eos", status="error", message=message))]), "en"
    )


def test_stubs_are_named_not_explained():
    step, check = ASSIGNMENT.checks["framing.eos"]
    stub = failed(step, check, "not_implemented", ASSIGNMENT.outcomes["not_implemented"])

    seen = student(one([step_with("framing", stub), step_with("unk")]), "en")

    assert "Blocks not written yet : Framing a dialog kogpt2" in seen
    assert check.hint.en not in seen


def test_points_given_by_hand_are_shown_as_such():
    steps = [step_with("framing", wrong("framing.eos")), step_with("unk")]
    overrides = [Override("2025", "framing", 12.5, "interview"), Override("2025", "unk.boundary", 2)]

    seen = student(one(steps, overrides, score=24.5), "en")

    assert "24.5 / 100 some points are given by hand" in seen
    assert "Framing a dialog framing interview 10 12.5" in seen
    assert "Ids without a row unk.boundary 5 2" in seen
    assert "10 12.5 / 15" in seen
    assert "15 12 / 15" in seen


def test_points_given_by_hand_to_what_was_not_graded():
    entry = Entry(
        one().arrival, report("kim", [], reason=Bilingual("못 읽음", "not read")), 10, (Override("2025", "loss", 10),)
    )

    seen = student(entry, "en")

    assert "The loss loss 0 10" in seen
    assert "not read" in seen


def test_a_check_given_by_hand_says_so_at_its_mistake():
    steps = [step_with("framing", wrong("framing.eos"))]

    assert "0 / 5 by hand : 3" in student(one(steps, [Override("2025", "framing.eos", 3)]), "en")


def test_late_older_and_full_marks_are_shown():
    entry = one(
        [step_with(step) for step in STEPS], late=True, older=("old.zip",), handed_in="2025-11-21T23:58:04+09:00"
    )

    seen = student(entry, "en")

    for text in ("late", "Also there, and not counted: old.zip", "2025-11-21 23:58 ", "Every check passed"):
        assert text in seen


@pytest.mark.parametrize("quarantined", [None, Bilingual("폭탄입니다", "it is a bomb")])
def test_what_could_not_be_graded_says_why(quarantined):
    entry = Entry(
        one().arrival, report("kim", [], reason=Bilingual("깨졌습니다", "it is broken")), 0, quarantined=quarantined
    )
    why = "it is broken" if quarantined is None else "it is a bomb"

    assert why in student(entry, "en")
    assert why in Page(class_page([entry], "en")).read("en")


def test_a_diagnosis_that_is_not_known_any_more_is_shown_by_its_id():
    assert "→ bygone" in student(one([step_with("framing", wrong("framing.eos", "bygone"))]))


def test_pages_hold_no_source_of_a_check(pages):
    sources = "".join(path.read_text(encoding="utf-8") for path in CHECKS.glob("*.py"))
    lines = {line.strip() for line in sources.splitlines() if len(line.strip()) > 30}
    assert len(lines) > 100

    assert not [line for text in pages.values() for line in lines if line in text]


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path):
    (tmp_path / "out").write_text("a file")

    with pytest.raises(GraderError, match="out"):
        write_pages([one()], tmp_path / "out", "ko")


def test_versions_stand_below():
    assert " · ".join(f"{name} {version}" for name, version in VERSIONS.items()) in student(sample_class()[0])

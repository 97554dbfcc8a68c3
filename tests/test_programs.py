"""A test that needs a program is skipped where there is none, and fails under CI; a browser's complaints are seen."""

import sys

import pytest

from tests.conftest import pytest_runtest_setup
from tests.helpers.browser import needs_chromium, shown

NOWHERE = "no-such-program"


def test_without_its_program_a_test_is_skipped_and_says_why(monkeypatch, request):
    monkeypatch.delenv("CI", raising=False)
    request.node.add_marker(pytest.mark.needs(NOWHERE))

    with pytest.raises(pytest.skip.Exception, match=f"{NOWHERE} is not installed .*make system"):
        pytest_runtest_setup(request.node)


def test_under_ci_it_fails(monkeypatch, request):
    monkeypatch.setenv("CI", "true")
    request.node.add_marker(pytest.mark.needs(NOWHERE))

    with pytest.raises(pytest.fail.Exception, match=f"{NOWHERE} is not installed .*make system"):
        pytest_runtest_setup(request.node)


@pytest.mark.parametrize("names", [(sys.executable,), (NOWHERE, sys.executable)])
def test_a_program_by_any_of_its_names_will_do(monkeypatch, request, names):
    monkeypatch.setenv("CI", "true")
    request.node.add_marker(pytest.mark.needs(*names))

    assert pytest_runtest_setup(request.node) is None


@needs_chromium
def test_what_a_browser_complains_of_is_seen(tmp_path):
    page = tmp_path / "page.html"
    policy = "<meta http-equiv='Content-Security-Policy' content=\"script-src 'unsafe-inline'\">"
    scripts = "<script>no_such_function()</script><script src='https://example.org/x.js'></script>"
    page.write_text(f"<!doctype html>{policy}<p>안녕</p>{scripts}", encoding="utf-8")

    opened = shown(page)

    assert "<p>안녕</p>" in opened.html
    assert ["no_such_function" in line for line in opened.console] == [True, False]
    assert "Content Security Policy" in opened.console[1]

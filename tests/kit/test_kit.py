"""What else the kit gives: the language, errors in it, a progress bar, a loss curve, and a cheap import."""

import copy
import itertools
import json
import os
import pickle
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.paths import PROJECT
from kit import KitError, language, plot_losses, progress
from kit.messages import Bilingual

LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")

relaxed = settings(deadline=None)


@pytest.fixture
def speaking(monkeypatch):
    """Sets the variable and the locale: `speaking(LANG="en_US.UTF-8")`."""

    def environment(**variables):
        for name in ("KOGPT2_LAB_LANG", *LOCALE_VARIABLES):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return environment


def fresh_interpreter(code, **variables):
    """What a new process prints as JSON that has, of this one's environment, no word on languages."""
    silent = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "KOGPT2_LAB_"))}
    command = [sys.executable, "-W", "error", "-c", code]
    ran = subprocess.run(command, env={**silent, **variables}, cwd=PROJECT, capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


# The language


@pytest.mark.parametrize(("chosen", "spoken"), [("ko", "ko"), ("en", "en"), ("KO", "ko"), ("En", "en")])
@pytest.mark.parametrize("lang", ["ko_KR.UTF-8", "en_US.UTF-8", "C"])
def test_the_variable_decides(speaking, chosen, spoken, lang):
    speaking(KOGPT2_LAB_LANG=chosen, LANG=lang)
    assert language() == spoken


@pytest.mark.parametrize("chosen", ["", "fr", "korean"])
@pytest.mark.parametrize(("lang", "spoken"), [("ko_KR.UTF-8", "ko"), ("en_US.UTF-8", "en")])
def test_an_unknown_choice_leaves_it_to_the_locale(speaking, chosen, lang, spoken):
    speaking(KOGPT2_LAB_LANG=chosen, LANG=lang)
    assert language() == spoken


@pytest.mark.parametrize("variable", LOCALE_VARIABLES)
@pytest.mark.parametrize(
    ("value", "spoken"),
    [("ko_KR.UTF-8", "ko"), ("ko", "ko"), ("ko_KR.eucKR", "ko"), ("en_US.UTF-8", "en"), ("en", "en"), ("de_DE", "en")],
)
def test_each_locale_variable_is_heard(speaking, variable, value, spoken):
    speaking(**{variable: value})
    assert language() == spoken


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(LOCALE_VARIABLES, 2)))
def test_locale_variables_have_their_order(speaking, first, second):
    speaking(**{first: "en_US.UTF-8", second: "ko_KR.UTF-8"})
    assert language() == "en"
    speaking(**{first: "ko_KR.UTF-8", second: "en_US.UTF-8"})
    assert language() == "ko"


def test_an_empty_locale_variable_is_passed_over(speaking):
    speaking(LC_ALL="", LC_MESSAGES="", LANG="en_US.UTF-8")
    assert language() == "en"


@pytest.mark.parametrize("value", ["C", "POSIX", "C.UTF-8", "C.utf8"])
def test_a_locale_without_a_language_means_korean(speaking, value):
    speaking(LANG=value)
    assert language() == "ko"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a system has a language without a variable")
def test_nothing_set_means_korean():
    # In a process of its own: the locale is chosen where a process starts. Python takes C.UTF-8 then, no language.
    assert fresh_interpreter("import json, kit; print(json.dumps(kit.language()))") == "ko"


# Errors


def test_an_error_speaks_the_language_of_the_moment(monkeypatch):
    error = KitError(Bilingual("파일이 없습니다.", "There is no file."))
    monkeypatch.setenv("KOGPT2_LAB_LANG", "ko")
    assert str(error) == "파일이 없습니다."
    monkeypatch.setenv("KOGPT2_LAB_LANG", "en")
    assert str(error) == "There is no file."


def test_an_error_holds_both_sentences():
    error = KitError(Bilingual("파일이 없습니다.", "There is no file."))
    assert (error.text.ko, error.text.en) == ("파일이 없습니다.", "There is no file.")
    assert isinstance(error, Exception)


@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))], ids=["copy", "pickle"])
def test_an_error_survives_copying(again):
    error = again(KitError(Bilingual("파일이 없습니다.", "There is no file.")))
    assert type(error) is KitError
    assert (error.text.ko, error.text.en) == ("파일이 없습니다.", "There is no file.")


# The progress bar


@relaxed
@given(items=st.lists(st.integers(), max_size=30), total=st.none() | st.integers(0, 40))
def test_progress_yields_every_item_in_order(items, total):
    assert list(progress(items, total=total)) == items
    assert list(progress(iter(items), total=total)) == items
    assert list(progress((item for item in items), description="단계")) == items


def test_progress_runs_no_further_than_asked():
    items = iter(range(1000))
    bar = iter(progress(items))
    assert list(itertools.islice(bar, 3)) == [0, 1, 2]
    bar.close()
    assert len(list(items)) >= 996


def test_progress_passes_on_what_the_items_raise():
    def items():
        yield 1
        raise LookupError("broken")

    bar = iter(progress(items()))
    assert next(bar) == 1
    with pytest.raises(LookupError, match="broken"):
        next(bar)


@pytest.mark.parametrize(
    ("items", "total"), [([7, 8, 9, 10], None), (iter([7, 8, 9, 10]), 4)], ids=["list", "iterator"]
)
def test_progress_shows_description_and_total_and_leaves_stdout_alone(capsys, items, total):
    assert list(progress(items, total=total, description="에포크 1/3")) == [7, 8, 9, 10]
    shown = capsys.readouterr()
    assert "에포크 1/3" in shown.err
    assert "/4" in shown.err
    assert shown.out == ""


# The loss curve


@settings(deadline=None, max_examples=25)
@given(losses=st.lists(st.floats(0, 20), min_size=1, max_size=12))
def test_plot_holds_a_point_for_each_epoch(losses):
    [axes] = plot_losses(losses).axes
    [line] = axes.lines
    assert list(line.get_xdata()) == list(range(1, len(losses) + 1))
    assert list(line.get_ydata()) == losses


def test_plot_sets_the_held_out_loss_beside_it_from_before_the_first_epoch():
    [axes] = plot_losses([3.5, 2.25], held_out=[6.0, 4.0, 3.0]).axes
    costs, held_out = axes.lines
    assert list(costs.get_xdata()) == [1, 2]
    assert list(held_out.get_xdata()) == [0, 1, 2]
    assert list(held_out.get_ydata()) == [6.0, 4.0, 3.0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["training cost", "held out, without pads"]


def test_plot_names_its_axes_and_the_unit():
    [axes] = plot_losses([3.5, 2.25]).axes
    assert "epoch" in axes.get_xlabel()
    assert "nats" in axes.get_ylabel()


def test_plot_counts_whole_epochs():
    figure = plot_losses([3.5, 2.25, 2.0])
    figure.draw_without_rendering()
    [axes] = figure.axes
    assert all(float(tick).is_integer() for tick in axes.get_xticks())


@pytest.mark.parametrize("as_text", [True, False], ids=["text", "path"])
def test_plot_writes_a_png(tmp_path, as_text):
    path = tmp_path / "손실.png"
    plot_losses([3.5, 2.25, 2.0], str(path) if as_text else path)
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert content.rstrip(b"\n").endswith(b"IEND\xaeB`\x82")


def test_plot_writes_what_the_suffix_says(tmp_path):
    plot_losses([3.5, 2.25], tmp_path / "loss.svg")
    assert "<svg" in (tmp_path / "loss.svg").read_text(encoding="utf-8")


def test_plot_writes_nothing_unasked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    figure = plot_losses([3.5, 2.25])
    assert len(figure.axes) == 1
    assert list(tmp_path.iterdir()) == []


# The import


def test_importing_kit_is_cheap():
    code = "import json, sys, kit; print(json.dumps([sorted(sys.modules), kit.__all__]))"
    modules, public = fresh_interpreter(code)
    assert {"kit", "kit.corpus", "kit.plots"} <= set(modules)
    assert {"tensorflow", "tf_keras", "keras", "matplotlib", "transformers", "tokenizers", "pooch"}.isdisjoint(modules)
    assert set(public) >= {"KitError", "language", "plot_losses", "progress", "read_dialogs", "resolve"}


def test_every_public_name_is_there():
    assert (
        fresh_interpreter("import json, kit; print(json.dumps([n for n in kit.__all__ if not hasattr(kit, n)]))") == []
    )

"""Where a sandbox is missing and nobody can be asked: who runs without one, and who does not."""

import pytest

from grader.errors import GraderError
from grader.sandbox import policy
from lab.errors import LabError
from lab.protection import protected_from_others, protected_if_possible

OLD = "Landlock ABI 6 (Linux 5.15: 1)"


@pytest.fixture(params=[None, OLD])
def missing(request, monkeypatch):
    for room in ("grader.sandbox.policy", "lab.protection"):
        monkeypatch.setattr(f"{room}.missing_protection", lambda: request.param)
    return request.param


def test_a_worker_of_many_peoples_code_refuses(missing):
    if missing is None:
        assert policy.required()
        return
    with pytest.raises(GraderError) as refused:
        policy.required()
    assert OLD in refused.value.text.ko
    assert OLD in refused.value.text.en


def test_a_container_runs_and_tells_what_is_missing(missing, capsys):
    assert policy.used_or_told() is (missing is None)
    assert capsys.readouterr().out == ("" if missing is None else f"without a sandbox: {OLD} is missing\n")


def test_ones_own_notebook_runs_and_says_nothing(missing, capsys):
    assert protected_if_possible() is (missing is None)
    assert capsys.readouterr() == ("", "")


def test_a_class_is_refused_and_the_way_to_do_it_all_the_same_is_told(missing):
    if missing is None:
        assert protected_from_others()
        return
    with pytest.raises(LabError) as refused:
        protected_from_others()
    assert OLD in refused.value.text.ko
    assert "--no-sandbox" in refused.value.text.en

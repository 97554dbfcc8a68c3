"""Trying a check on many inputs: the examples that hypothesis draws, and the smallest one where one fails.

Hypothesis draws the same examples for every submission, by the number that `seeds.toml` has for the check. None of them
depends on a result before the first that fails. So they are drawn once and then tried on each submission in their
order, which costs a tenth of drawing them anew; only where one fails does hypothesis itself go over them, to find the
smallest.
"""

import functools
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, example, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from grader.checks.examinee import Examinee
from grader.checks.verdict import Failure

Judge = Callable[..., None]
Inputs = dict[str, Any]

SEEDS: dict[str, str] = tomllib.loads(Path(__file__).with_name("seeds.toml").read_text(encoding="utf-8"))


def for_examples(
    count: int,
    /,
    *explicit: Inputs,
    simplest: Sequence[Inputs] = (),
    at_last: Sequence[Inputs] = (),
    **strategies: st.SearchStrategy[Any],
) -> Callable[[Judge], Judge]:
    """Make a check of a judge: called with the examinee, it is called with each of the examples.

    Args:
        count: how many examples.
        explicit: examples that are tried first.
        simplest: examples that are tried, in their order, where one has failed: the first of these that fails, too, is
            the one to show. They are what hypothesis arrives at for most mistakes, a second later.
        at_last: examples that are tried where all others passed, and shown as they are: large ones, rare ones.
        strategies: from which each of the judge's other arguments is drawn.
    """

    def decorate(judge: Judge) -> Judge:
        search = _search(judge, count, explicit, strategies)
        simple_first = _simple_first(judge, simplest, search)

        @functools.cache
        def examples() -> list[Inputs]:
            drawn: list[Inputs] = []
            search(drawn)
            return drawn

        def check(examinee: Examinee) -> None:
            failure = examinee.first_failure(judge, examples())
            if failure is not None and not examinee.settled:
                failure = smallest(examinee, simple_first, failure)
            if failure is None and at_last:
                failure = examinee.first_failure(judge, at_last)
            if failure is not None:
                raise failure

        check.prepare = examples  # type: ignore[attr-defined]  # for who has time before the check is due
        check.__name__, check.__doc__, check.__module__ = judge.__name__, judge.__doc__, judge.__module__
        return check

    return decorate


def _search(
    judge: Judge, count: int, explicit: Sequence[Inputs], strategies: dict[str, st.SearchStrategy[Any]]
) -> Judge:
    """The judge under hypothesis: called with an examinee, it is tried; called with a list, the examples go there."""

    @functools.wraps(judge)
    def one(examinee: Examinee | list[Inputs], **inputs: Any) -> None:
        if isinstance(examinee, list):
            examinee.append(inputs)
        else:
            judge(examinee, **inputs)

    search = given(**strategies)(one)
    for inputs in reversed(explicit):
        search = example(**inputs)(search)
    return seed(_seed_of(judge))(
        settings(
            max_examples=count,
            derandomize=True,
            database=None,
            deadline=None,
            report_multiple_bugs=False,
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )(search)
    )


def _simple_first(judge: Judge, simplest: Sequence[Inputs], search: Judge) -> Judge:
    """A search that tries the simplest examples before all others."""

    def tried(examinee: Examinee) -> None:
        for inputs in simplest:
            judge(examinee, **inputs)
        search(examinee)

    return tried


def _seed_of(judge: Judge) -> int:
    """The number that the judge's examples are drawn by."""
    name = f"{judge.__module__.rpartition('.')[2].removeprefix('test_')}.{judge.__name__}"
    return int(SEEDS.get(name) or name.encode().hex(), 16)


def smallest(examinee: Examinee, search: Judge, failure: Failure) -> Failure | None:
    """Let the smallest example that fails be found, in a new child, where no other step can have spoiled it.

    Returns:
        The failure for that example. Where time runs out, or the submission behaves otherwise on the second time, the
        one that was found first. `None` where it was another step's doing.
    """
    alone = examinee.alone
    examinee.restart()
    try:
        search(examinee)
    except Failure as smaller:
        if smaller.status != "timeout":
            return smaller
    except Flaky:
        pass
    else:
        if not alone:
            return None
    examinee.alone = alone  # where it was not, the whole check is tried again
    return failure

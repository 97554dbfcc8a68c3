"""The page on trust: the table of the grader's own grades is full, that of other graders is what was measured."""

import re

from docs.build import trust
from tests.grade_the_grader import Tally, markdown, texts
from tests.grader.checks.test_mutants import GENERATED, REASONS, WRONG
from tests.grader.checks.test_variants import variants
from tests.helpers.excerpts import kept
from tests.submissions.hostile import attacks


def perfect() -> Tally:
    """What the table says where every mutant is killed, every variant passes and every attack is repelled."""
    from grader.assignment import ASSIGNMENT

    tally = Tally()
    for param in WRONG:
        tally.add({"kind": "mutant", "step": param.values[0], "killed": True, "blamed": True})
    for mutant in GENERATED:
        same = (mutant.file, mutant.line) in REASONS
        step = ASSIGNMENT.step_of(mutant.function).id
        tally.add({"kind": "generated", "step": step, "killed": not same, "same": same, "blamed": True})
    for kind, count in (("variant", len(variants())), ("attack", len(attacks()))):
        for _ in range(count):
            tally.add({"kind": kind, "passed": True})
    return tally


def test_the_table_in_the_docs_is_full_and_counts_what_there_is():
    assert texts(perfect()) == kept(trust.TABLE)


def test_a_survivor_wrong_blame_and_an_attack_that_gets_through_show_in_the_table():
    tally = perfect()
    tally.add({"kind": "mutant", "step": "framing", "killed": False, "blamed": True})
    tally.add({"kind": "mutant", "step": "unk", "killed": True, "blamed": False})
    tally.add({"kind": "attack"})
    told = markdown(tally, "en")
    framing, unk = (line for line in told.splitlines() if line.startswith(("| Framing", "| Ids without")))
    killed, total = map(int, re.findall(r"\d+", framing)[:2])

    assert total == killed + 1
    assert unk.endswith("| 1 |")
    assert f"**{len(attacks())} / {len(attacks()) + 1}**" in told


def test_the_tables_of_other_graders_are_those_of_the_figures():
    assert trust.texts() == kept(trust.EXCERPTS)

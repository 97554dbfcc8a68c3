"""Attacks on the grader gain no points that are not honestly earned, and harm nothing and nobody."""

import re

import pytest

from grader.assignment import ASSIGNMENT
from grader.grading import examine
from grader.sandbox.pool import Pool
from grader.sandbox.process import missing_protection
from grader.submission.reading import read
from tests.submissions.hostile import GROUPS, Attack, attacks

MISSING = missing_protection()
ATTACKS = attacks()
sandboxed = pytest.mark.skipif(MISSING is not None, reason=f"no sandbox on this machine: {MISSING} is missing")


@pytest.fixture(scope="module")  # one world for all: what one attack does is seen by the next
def world(tmp_path_factory):
    from tests.submissions.hostile.world import LIMITS, World

    with Pool(confine=MISSING is None, limits=LIMITS) as pool:
        around = World(tmp_path_factory.mktemp("world"), pool)
        yield around
        around.close()


def what_came(reports):
    """The first check that gave no points: its status, and what it shows to have come, or says."""
    for report in reports:
        for check in report.checks:
            if check.status != "passed":
                got = check.counterexample.got if check.counterexample else ""
                return check.status, got or check.message.en
    return "passed", ""


def test_the_data_is_sound():
    assert len(ATTACKS) >= 52
    assert len({attack.id for attack in ATTACKS}) == len(ATTACKS)
    assert {attack.group for attack in ATTACKS} == {file.stem for file in GROUPS}
    most = {step.id: step.points for step in ASSIGNMENT.steps}
    for attack in ATTACKS:
        assert attack.aim.endswith("."), attack.id
        assert len(attack.points) == len(attack.steps), attack.id
        assert all(points <= most[step] for step, points in zip(attack.steps, attack.points, strict=True)), attack.id
        places = [attack.body, attack.before, attack.module, attack.source, attack.files, attack.links, attack.fifos]
        assert any(places), attack.id
        # Where points are lost it is said how: a mistake of the attack's own (a SyntaxError) would look like a defence.
        full = attack.points == [most[step] for step in attack.steps]
        assert bool(attack.status) != full, attack.id


@sandboxed
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.id)
def test_attack(attack: Attack, world, tmp_path, record_property):
    record_property("graded", {"kind": "attack"})
    try:
        reports = world.grade(attack, tmp_path)
        harm = world.harm(attack, reports)
        honest = world.honest_points()
        status, got = what_came(reports)
        found = {"points": [report.points for report in reports], "harm": harm, "honest": honest}

        assert found == {"points": attack.points, "harm": {}, "honest": [15, 15]}, f"{status}: {got}"
        assert not attack.status or status == attack.status, got
        assert re.search(attack.got, got), got
        record_property("graded", {"kind": "attack", "passed": True})
    finally:
        world.repair()


@sandboxed
def test_a_pool_can_be_closed_whatever_is_left_in_it(tmp_path):
    from tests.submissions.hostile.world import build, remove

    [attack] = [attack for attack in ATTACKS if attack.name == "folders_without_a_bottom"]
    pool = Pool(confine=True)
    server = pool.server(tensorflow=False)
    try:
        [report] = examine(read(build(attack, tmp_path, str)), pool, steps=attack.steps)
        pool.__exit__()

        assert [report.points] == attack.points
        assert not server.folder.exists()
    finally:
        remove(server.folder)

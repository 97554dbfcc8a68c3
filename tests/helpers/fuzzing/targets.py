"""Everything that is fuzzed."""

import collections
from typing import Any

from tests.grader.inside.test_wire import ANYTHING
from tests.helpers.fuzzing.inputs import Target, in_time
from tests.helpers.fuzzing.replies import (
    CONTROL_BODIES,
    DATA,
    make_replies,
    make_stream,
    run_replies,
    run_streams,
    run_values,
)
from tests.helpers.fuzzing.submissions import (
    CONTENTS,
    Yard,
    make_program,
    make_source,
    make_tree,
    run_programs,
    run_sources,
    run_submissions,
)


def targets(yard: Yard) -> list[Target]:
    """Everything that is fuzzed."""
    return [
        Target("replies", DATA, make_replies, run_replies),
        Target(
            "values",
            ANYTHING,
            lambda chance, pieces: chance.sample(pieces, chance.randint(1, len(pieces))),
            run_values,
            10,
        ),
        Target("streams", CONTROL_BODIES, make_stream, run_streams, 20),
        Target("submissions", CONTENTS, make_tree, run_submissions(yard)),
        Target("sources", CONTENTS, make_source, run_sources, 50),
        Target("programs", CONTENTS, make_program, run_programs(yard), 5),
    ]


def tried(target: Target, given: Any, counts: collections.Counter[str]) -> None:
    """Run one input in bounded time and count what came of it."""
    with in_time():
        counts[target.run(given)] += 1

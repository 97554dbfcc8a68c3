"""What the checks are given."""

import pytest

from grader.checks.examinee import EXAMINEE, Examinee


@pytest.fixture(scope="session")
def examinee(pytestconfig: pytest.Config) -> Examinee:
    """The submission under examination."""
    return pytestconfig.stash[EXAMINEE]

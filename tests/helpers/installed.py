"""Programs of the system that some tests use: `make system` installs them."""

import os
import shutil

import pytest


def program(*names: str) -> str | None:
    """Where a program is that goes by one of these names, or `None`."""
    return next(filter(None, map(shutil.which, names)), None)


def demand(*names: str) -> None:
    """Skip the test where no program goes by one of these names; under `CI=true` nothing is skipped: it fails."""
    if program(*names) is None:
        give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        give_up(f"{names[0]} is not installed (`make system`)")

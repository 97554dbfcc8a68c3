"""The assignment: steps, order, points and texts, read from `assignment.toml`, the only place that knows them."""

from functools import cached_property
from pathlib import Path

import msgspec

from kit.messages import Bilingual

FILE = Path(__file__).with_name("assignment.toml")


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One check: all of its points or none."""

    id: str
    points: int
    message: Bilingual
    hint: Bilingual


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step of the lab.

    Attributes:
        module: the module that holds its functions.
        functions: the functions whose blocks the skeleton empties.
        pieces: functions of the same module that `functions` put together.
        tensorflow: whether its functions need TensorFlow.
        docs: its page, relative to the site's root.
        hints: what to think of, each more concrete than the one before, never the code.
    """

    id: str
    module: str
    title: Bilingual
    docs: str
    hints: tuple[Bilingual, Bilingual, Bilingual]
    functions: list[str]
    checks: list[Check]
    pieces: list[str] = []
    tensorflow: bool = True

    @property
    def points(self) -> int:
        """What its checks add up to."""
        return sum(check.points for check in self.checks)


class Assignment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """The whole lab."""

    steps: list[Step]
    diagnoses: dict[str, Bilingual]
    outcomes: dict[str, Bilingual]

    @property
    def points(self) -> int:
        """The full score."""
        return sum(step.points for step in self.steps)

    @cached_property
    def modules(self) -> list[str]:
        """The modules of the steps, in order, each once."""
        return list(dict.fromkeys(step.module for step in self.steps))

    @cached_property
    def checks(self) -> dict[str, tuple[Step, Check]]:
        """Every check with its step, by id."""
        return {check.id: (step, check) for step in self.steps for check in step.checks}

    def step_of(self, function: str) -> Step:
        """The step that a function belongs to.

        Raises:
            KeyError: it belongs to none.
        """
        for step in self.steps:
            if function in step.functions:
                return step
        raise KeyError(function)


ASSIGNMENT = msgspec.toml.decode(FILE.read_bytes(), type=Assignment)

"""The report of one submission: what it says, and how it is written as JSON."""

from typing import Literal

import msgspec

from kit.messages import Bilingual

SCHEMA = "kogpt2-lab/report/v1"
NO_REASON = Bilingual("제출물을 읽을 수 없습니다.", "The submission cannot be read.")

CheckStatus = Literal["passed", "failed", "error", "timeout", "not_implemented", "missing"]


class Counterexample(msgspec.Struct, frozen=True):
    """One call that shows the mistake, with the smallest input that was found."""

    call: str
    expected: str
    got: str


class CheckReport(msgspec.Struct, frozen=True):
    """The result of one check."""

    id: str
    status: CheckStatus
    points: int
    max_points: int
    message: Bilingual | None = None
    diagnosis: str | None = None
    counterexample: Counterexample | None = None
    hint: Bilingual | None = None
    docs: str | None = None

    @property
    def is_mistake(self) -> bool:
        """Whether something is wrong: neither passed nor a block that is not written yet."""
        return self.status not in {"passed", "not_implemented"}


class StepReport(msgspec.Struct, frozen=True):
    """The result of one step: its points are the sum of its checks' points."""

    id: str
    title: Bilingual
    points: int
    max_points: int
    checks: list[CheckReport]


class Report(msgspec.Struct, frozen=True):
    """The report of one submission.

    Attributes:
        status: `unreadable` where the submission could not be read at all; `reason` then says why.
        seconds: how long grading took; the only field that differs between two runs.
    """

    schema: str
    submission: str
    status: Literal["graded", "unreadable"]
    score: int
    max_score: int
    seconds: float
    seed: int
    versions: dict[str, str]
    steps: list[StepReport]
    reason: Bilingual | None = None

    @property
    def why_unreadable(self) -> Bilingual | None:
        """Why the submission could not be read; None where it was graded."""
        return (self.reason or NO_REASON) if self.status == "unreadable" else None

    @property
    def full(self) -> bool:
        """Whether it has all points."""
        return self.status == "graded" and self.score == self.max_score


def to_json(report: Report) -> bytes:
    """The report as indented UTF-8 JSON; fields that say nothing are left out of checks."""
    data = msgspec.to_builtins(report)
    for step in data["steps"]:
        step["checks"] = [{key: value for key, value in check.items() if value is not None} for check in step["checks"]]
    if data["reason"] is None:
        del data["reason"]
    return msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n"

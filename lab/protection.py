"""Whether a submission runs in the sandbox, and what is said where it cannot; `grader.sandbox.policy` has the rest."""

from pathlib import Path

from grader.paths import SKELETON, SOLUTION
from grader.sandbox.process import missing_protection
from kit.messages import Bilingual
from lab import console
from lab.errors import LabError


def protected(path: Path) -> bool:
    """Whether this machine has what the sandbox needs; where not, only this project's own code runs unasked.

    Raises:
        LabError: something is missing, and the code at that path may be anybody's.
    """
    missing = missing_protection()
    if missing is None:
        return True
    if not {SKELETON, SOLUTION} & {path.resolve(), path.resolve().parent}:
        raise LabError(
            Bilingual(
                f"이 컴퓨터에서는 샌드박스를 쓸 수 없습니다: {missing} 이(가) 없습니다. 다른 사람의 코드라면 실행하지 "
                f"마세요. 직접 쓴 코드라면 --no-sandbox를 붙여 다시 실행하세요.",
                f"There is no sandbox on this machine: {missing} is missing. Do not run other people's code here; "
                f"if you wrote it yourself, run again with --no-sandbox.",
            ),
        )
    console.err.print(
        str(
            Bilingual(
                f"샌드박스 없이 채점합니다: {missing} 이(가) 없습니다.",
                f"Grading without a sandbox: {missing} is missing.",
            )
        ),
        style="yellow",
        markup=False,
    )
    return False


def protected_if_possible() -> bool:
    """Whether there is a sandbox: one's own work, in one's own notebook, runs without one where there is none."""
    return missing_protection() is None


def protected_from_others() -> bool:
    """Whether there is a sandbox for the code of a class.

    Raises:
        LabError: something of it is missing; other people's code runs without it only where `--no-sandbox` says so.
    """
    missing = missing_protection()
    if missing is None:
        return True
    raise LabError(
        Bilingual(
            f"이 컴퓨터에서는 샌드박스를 쓸 수 없습니다: {missing} 이(가) 없습니다. 다른 사람의 코드를 그래도 "
            f"실행하려면 --no-sandbox를 붙이세요.",
            f"There is no sandbox on this machine: {missing} is missing. To run other people's code all the same, "
            f"add --no-sandbox.",
        ),
    )

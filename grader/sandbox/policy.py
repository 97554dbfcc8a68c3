"""Whether code runs in the sandbox where nobody can be asked. What the commands do is in `lab.protection`."""

import sys

from grader.errors import GraderError
from grader.sandbox.process import missing_protection
from kit.messages import Bilingual


def required() -> bool:
    """Always in the sandbox, as on a worker that grades many people's code.

    Raises:
        GraderError: this machine has none.
    """
    missing = missing_protection()
    if missing is not None:
        raise GraderError(
            Bilingual(
                f"샌드박스에 필요한 {missing} 이(가) 없습니다.", f"{missing}, which the sandbox needs, is missing."
            )
        )
    return True


def used_or_told() -> bool:
    """In the sandbox where there is one, else with a line on standard output: the machine is thrown away afterwards."""
    missing = missing_protection()
    if missing is not None:
        sys.stdout.write(f"without a sandbox: {missing} is missing\n")
    return missing is None

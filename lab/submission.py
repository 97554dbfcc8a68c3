"""The lab's own functions, from the solution or the student's skeleton."""

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any, Literal

from grader.assignment import ASSIGNMENT
from lab.console import LabError

Package = Literal["solution", "skeleton"]


class Submission:
    """The functions of all modules of a package, as attributes."""

    def __init__(self, package: Package) -> None:
        self.package = package
        for module in ASSIGNMENT.modules:
            vars(self).update(vars(importlib.import_module(f"{package}.{module}")))

    def __getattr__(self, name: str) -> Any:
        raise LabError(
            f"{self.package}에 {name} 함수가 없습니다. `lab check {self.package}`로 확인해 주세요.",
            f"{self.package} has no function {name}: see `lab check {self.package}`.",
        )


@contextlib.contextmanager
def unwritten_blocks_explained(package: Package) -> Iterator[None]:
    """Turn the `NotImplementedError` of an empty block into a sentence."""
    try:
        yield
    except NotImplementedError as error:
        raise LabError(
            f"아직 작성하지 않은 블록이 있습니다 ({error}). 블록을 채우고 `lab check {package}`로 확인해 주세요.",
            f"A block is not written yet ({error}): fill it and see `lab check {package}`.",
        ) from error


@contextlib.contextmanager
def loading_explained(name: str) -> Iterator[None]:
    """Turn what loading a checkpoint raises into a sentence."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise LabError(
            f"모델 {name} 을(를) 불러오지 못했습니다. mini, 체크포인트 폴더, 또는 허브의 이름인지, 허브라면 인터넷에 "
            f"연결되어 있는지 확인해 주세요.",
            f"The model {name} could not be loaded: it must be mini, a checkpoint folder, or a name on the hub, and "
            f"for the hub you must be online.",
        ) from error

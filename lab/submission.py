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
def loading_explained(folder: str) -> Iterator[None]:
    """Turn what loading a checkpoint raises into a sentence."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, SafetensorError) as error:
        raise LabError(
            f"{folder} 의 모델을 불러오지 못했습니다. config.json, 토크나이저, 가중치가 온전한지 확인하거나 "
            f"폴더를 지우고 다시 만들어 주세요.",
            f"The model in {folder} could not be loaded: see that config.json, tokenizer and weights are there and "
            f"whole, or remove the folder and make it anew.",
        ) from error

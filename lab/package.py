"""The lab's own functions, from the solution or the student's skeleton."""

import contextlib
import copy
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, Literal, NamedTuple

from grader.assignment import ASSIGNMENT
from kit.errors import KitError
from kit.messages import Bilingual, printable
from lab.errors import LabError
from lab.paths import located

Package = Literal["solution", "skeleton"]
# The module of each function that a submission is asked for, and of those that are given.
MODULES = {function: step.module for step in ASSIGNMENT.steps for function in step.functions}
MODULES |= {"make_optimizer": "training", "train_step": "training"}
MAX_LENGTH, TOP_K = 50, 20  # what the lab generates with
MOST_SEED = 2**32 - 1  # that TensorFlow and NumPy take
MOST = 200  # characters of what an exception says


class LabFunctions:
    """The functions of all modules of a package, as attributes."""

    def __init__(self, package: Package) -> None:
        self.package = package
        for module in ASSIGNMENT.modules:
            vars(self).update(vars(_module(package, module)))

    def __getattr__(self, name: str) -> Any:
        raise LabError(
            Bilingual(
                f"{self.package}에 {name} 함수가 없습니다. `lab check {self.package}`로 확인해 주세요.",
                f"{self.package} has no function {name}: see `lab check {self.package}`.",
            ),
        )


class Use(NamedTuple):
    """Whose function was used; and if the solution's had to stand in, why."""

    own: bool
    reason: Bilingual | None = None


class Completed:
    """The functions of a package; where one is not written yet, or raises, the solution's stands in.

    Attributes:
        uses: whose function was used, by its name; once the solution's had to stand in, that stays.
    """

    def __init__(self, package: Package) -> None:
        self.package = package
        self.uses: dict[str, Use] = {}

    def call(self, name: str, *arguments: Any, reads: Callable[[Any], Any] = lambda value: value) -> Any:
        """Call a function with copies of its arguments where they are lists, arrays or tables.

        Args:
            name: the function.
            arguments: what it is called with.
            reads: makes of the value what is needed of it, and raises where that cannot be done.

        Raises:
            Exception: what the solution's function, or `reads` of its value, raises.
        """
        if self.package != "solution":
            try:
                value = reads(_function(self.package, name)(*map(_copied, arguments)))
            except (Exception, SystemExit) as error:  # whatever it raises is said, and the solution's stands in
                self.uses[name] = Use(own=False, reason=reason_of(error, self.package))
            else:
                self.uses.setdefault(name, Use(own=True))
                return value
        value = reads(_function("solution", name)(*map(_copied, arguments)))
        self.uses.setdefault(name, Use(own=False))
        return value


def _function(package: str, name: str) -> Any:
    try:
        return getattr(_module(package, MODULES[name]), name)
    except AttributeError:
        missing = ASSIGNMENT.outcomes["missing"]
        raise LabError(Bilingual(missing.ko.format(name=name), missing.en.format(name=name))) from None


def folder_of(package: str) -> Path:
    """Where a package lies, which is imported for it: `skeleton` is the one in this folder, as for `lab check`."""
    if package == "skeleton" and package not in sys.modules:
        spec = PathFinder.find_spec(package, [str(located(Path(package)).resolve().parent)])
        assert spec is not None
        sys.modules[package] = module = importlib.util.module_from_spec(spec)
        if spec.loader is not None:  # one without `__init__.py` has none
            spec.loader.exec_module(module)
    return Path(next(iter(importlib.import_module(package).__path__)))


def _module(package: str, name: str) -> Any:
    folder_of(package)
    return importlib.import_module(f"{package}.{name}")


def _copied(argument: Any) -> Any:
    """A copy of a list, an array or a table: a function may change what it was given."""
    return copy.deepcopy(argument) if isinstance(argument, list) or hasattr(argument, "__array__") else argument


def reason_of(error: BaseException, package: str = "") -> Bilingual:
    """One sentence of an exception: what it says, and where in the package it arose."""
    if isinstance(error, KitError):
        return error.text
    if isinstance(error, NotImplementedError):
        return ASSIGNMENT.outcomes["not_implemented"]
    said = next(iter(str(error).strip().splitlines()), "")
    values: dict[str, Any] = {"type": type(error).__name__, "message": printable(said, MOST)}
    outcome = "error"
    for frame in traceback.extract_tb(error.__traceback__):
        if package and Path(frame.filename).parent.name == package:
            outcome = "error_at"
            values |= {"file": Path(frame.filename).name, "line": frame.lineno, "source": frame.line}
    text = ASSIGNMENT.outcomes[outcome]
    return Bilingual(text.ko.format(**values), text.en.format(**values))


@contextlib.contextmanager
def unwritten_blocks_explained(package: Package) -> Iterator[None]:
    """Turn the `NotImplementedError` of an empty block into a sentence."""
    try:
        yield
    except NotImplementedError as error:
        raise LabError(
            Bilingual(
                f"아직 작성하지 않은 블록이 있습니다 ({error}). 블록을 채우고 `lab check {package}`로 확인해 주세요.",
                f"A block is not written yet ({error}): fill it and see `lab check {package}`.",
            ),
        ) from error


def check_text(question: str) -> None:
    """See to it that a question is text.

    Raises:
        LabError: it holds bytes that are none, as where the terminal's encoding is not UTF-8.
    """
    try:
        question.encode()
    except UnicodeEncodeError:
        raise LabError(
            Bilingual(
                "질문이 UTF-8이 아닙니다. 터미널의 인코딩을 UTF-8로 바꾸고 다시 물어보세요.",
                "The question is not UTF-8: set the terminal's encoding to UTF-8 and ask again.",
            ),
        ) from None


def check_question(ids: Any, vocab_size: int, max_length: int) -> None:
    """See to it that the model can read a question and has room to answer.

    Args:
        ids: what `encode_question` returned, (1, T).
        vocab_size: how many rows the model has.
        max_length: limit on all tokens.

    Raises:
        LabError: the question is too long, or holds a token that the model has no row for.
    """
    if ids.shape[1] >= max_length:
        raise LabError(
            Bilingual(
                f"질문이 너무 깁니다. {max_length}개의 토큰보다 짧아야 합니다.",
                f"The question is too long: it must be shorter than {max_length} tokens.",
            ),
        )
    if ids.numpy().max() >= vocab_size:
        raise LabError(
            Bilingual(
                f"질문에 모델이 모르는 토큰이 있습니다 (id {ids.numpy().max()}). 그 부분을 빼고 다시 물어보세요.",
                f"The question holds a token that the model does not know (id {ids.numpy().max()}): ask without it.",
            ),
        )


@contextlib.contextmanager
def loading_explained(folder: str) -> Iterator[None]:
    """Turn what loading a checkpoint raises into a sentence."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, SafetensorError) as error:
        raise LabError(
            Bilingual(
                f"{folder} 의 모델을 불러오지 못했습니다. config.json, 토크나이저, 가중치가 온전한지 확인하거나 "
                f"폴더를 지우고 다시 만들어 주세요.",
                f"The model in {folder} could not be loaded: see that config.json, tokenizer and weights are there and "
                f"whole, or remove the folder and make it anew.",
            ),
        ) from error

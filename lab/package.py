"""Loading the lab's functions from the solution or from the student's skeleton."""

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
# The module of each function: those that students write, and two that are given.
MODULES = {function: step.module for step in ASSIGNMENT.steps for function in step.functions}
MODULES |= {"make_optimizer": "training", "train_step": "training"}
MAX_LENGTH, TOP_K = 50, 20  # the defaults of `return_answer_by_chatbot`
MAX_SEED = 2**32 - 1  # the largest that TensorFlow and NumPy accept
MAX_TEXT = 200  # characters of an exception's message


class LabFunctions:
    """The functions of all of a package's modules, as attributes.

    Args:
        package: `solution` or `skeleton`.

    Raises:
        LabError: an attribute is read that no module defines.
    """

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
    """Whose function was used.

    Attributes:
        own: whether it was the package's own function, not the solution's.
        reason: why the solution's was used instead, where the package's own was tried and failed.
    """

    own: bool
    reason: Bilingual | None = None


class FallbackFunctions:
    """The functions of a package, with the solution's as a fallback where one is not written yet or raises.

    Attributes:
        uses: whose function was used, by function name; a fallback stays recorded even if a later call succeeds.
    """

    def __init__(self, package: Package) -> None:
        self.package = package
        self.uses: dict[str, Use] = {}

    def call(self, name: str, *arguments: Any, convert: Callable[[Any], Any] = lambda value: value) -> Any:
        """Call a function, passing copies of lists, arrays and tables so that it cannot change the originals.

        Args:
            name: the function.
            arguments: its arguments.
            convert: turns the returned value into the form the caller needs, and raises if it cannot.

        Returns:
            The converted value.

        Raises:
            Exception: the solution's function, or converting its value, raised it.
        """
        if self.package != "solution":
            try:
                value = convert(_function(self.package, name)(*map(_copied, arguments)))
            except (Exception, SystemExit) as error:  # anything; it is recorded as the reason for the fallback
                self.uses[name] = Use(own=False, reason=reason_of(error, self.package))
            else:
                self.uses.setdefault(name, Use(own=True))
                return value
        value = convert(_function("solution", name)(*map(_copied, arguments)))
        self.uses.setdefault(name, Use(own=False))
        return value


def _function(package: str, name: str) -> Any:
    try:
        return getattr(_module(package, MODULES[name]), name)
    except AttributeError:
        raise LabError(ASSIGNMENT.outcomes["missing"].filled(name=name)) from None


def folder_of(package: str) -> Path:
    """Import a package and return its folder; `skeleton` is first looked for in the current folder."""
    if package == "skeleton" and package not in sys.modules:
        spec = PathFinder.find_spec(package, [str(located(Path(package)).resolve().parent)])
        assert spec is not None
        sys.modules[package] = module = importlib.util.module_from_spec(spec)
        if spec.loader is not None:  # a folder without `__init__.py` has none
            spec.loader.exec_module(module)
    return Path(next(iter(importlib.import_module(package).__path__)))


def _module(package: str, name: str) -> Any:
    folder_of(package)
    return importlib.import_module(f"{package}.{name}")


def _copied(argument: Any) -> Any:
    """A copy of a list, an array or a table: a function may change what it was given."""
    return copy.deepcopy(argument) if isinstance(argument, list) or hasattr(argument, "__array__") else argument


def reason_of(error: BaseException, package: str = "") -> Bilingual:
    """Describe an exception in one sentence: its message and, if it arose in the package, file and line.

    Args:
        error: the exception.
        package: the package whose lines are named.
    """
    if isinstance(error, KitError):
        return error.text
    if isinstance(error, NotImplementedError):
        return ASSIGNMENT.outcomes["not_implemented"]
    said = next(iter(str(error).strip().splitlines()), "")
    values: dict[str, Any] = {"type": type(error).__name__, "message": printable(said, MAX_TEXT)}
    outcome = "error"
    for frame in traceback.extract_tb(error.__traceback__):
        if package and Path(frame.filename).parent.name == package:
            outcome = "error_at"
            values |= {"file": Path(frame.filename).name, "line": frame.lineno, "source": frame.line}
    return ASSIGNMENT.outcomes[outcome].filled(**values)


@contextlib.contextmanager
def unwritten_blocks_explained(package: Package) -> Iterator[None]:
    """Within this context, turn the `NotImplementedError` of an unwritten block into a `LabError`."""
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
    """Check that a question can be encoded as UTF-8.

    Raises:
        LabError: it holds bytes that the terminal could not decode.
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
    """Check that the model can read a question and has tokens left to answer.

    Args:
        ids: token ids as `encode_question` returns them, an int tensor (1, T).
        vocab_size: number of rows of the model's embedding matrix.
        max_length: most tokens of question and answer together.

    Raises:
        LabError: the question is too long, or holds an id that has no row.
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
    """Within this context, turn exceptions of loading a checkpoint into a `LabError`."""
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

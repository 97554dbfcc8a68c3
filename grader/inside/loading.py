"""Loading a submission, in the child: a folder as a package, a single source by the names it needs."""

import ast
import contextlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Collection
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import msgspec

from grader.inside.errors import MissingError
from grader.inside.messages import ErrorPlace, SubmittedFiles
from grader.inside.names.statements import bound_names, future_flags, needed_statements

PACKAGE = "handin"


class Nothing:
    """No submission: the child of the trusted side's own (see `operations`)."""

    def function(self, _module: str, name: str) -> Callable[..., Any]:
        """There is none."""
        raise MissingError(name)

    def describe(self, error: BaseException) -> ErrorPlace:
        """What went wrong, without a place."""
        return ErrorPlace(type(error).__name__, str(error), "", 0, "")


class LoadedSubmission:
    """A submission whose files lie under `root`; functions are looked up when they are asked for.

    Args:
        root: where its files lie.
        files: their paths, where they can be imported. They come last on the path, so that none of them shadows a
            library, and are a package as well, so that `from .helpers import x` works beside `import helpers`.
    """

    def __init__(self, root: Path, files: Collection[str] = ()) -> None:
        self.root = root
        self.files = frozenset(files)
        if files:
            self._make_importable(root)

    @staticmethod
    def _make_importable(root: Path) -> None:
        sys.path.append(str(root))
        initial = root / "__init__.py"
        spec = importlib.util.spec_from_file_location(PACKAGE, initial, submodule_search_locations=[str(root)])
        assert spec is not None
        assert spec.loader is not None
        sys.modules[PACKAGE] = package = importlib.util.module_from_spec(spec)
        if initial.is_file():
            with contextlib.suppress(BaseException):  # a broken __init__.py costs nobody the modules beside it
                spec.loader.exec_module(package)

    def prepare(self, module: str) -> None:
        """Do ahead what the functions of a module need; what it raises, it raises again when they are asked for."""

    def module(self, name: str) -> ModuleType:
        """The module that holds the step's functions.

        Raises:
            MissingError: the submission has none.
        """
        raise NotImplementedError

    def function(self, _module: str, name: str) -> Callable[..., Any]:
        """One function of the contract.

        Raises:
            MissingError: there is none of that name.
        """
        function = getattr(self.module(_module), name, None)
        if not callable(function):
            raise MissingError(name)
        return function  # type: ignore[no-any-return]

    def describe(self, error: BaseException) -> ErrorPlace:
        """An exception's type and message, and the last line of the submission that it came through."""
        file, line, source = "", 0, ""
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename.startswith(str(self.root)):
                file, line = str(Path(frame.filename).relative_to(self.root)), frame.lineno or 0
                source = frame.line or ""
        if isinstance(error, SyntaxError) and (error.filename or "").startswith(str(self.root)):
            file, line = str(Path(error.filename or "").relative_to(self.root)), error.lineno or 0
            source = (error.text or "").strip()
        try:
            message = str(error)[:500].encode("utf-8", "backslashreplace").decode()
        except Exception:  # the exception may be the submission's own
            message = ""
        return ErrorPlace(type(error).__name__, message, file, line, source[:200])


class Folder(LoadedSubmission):
    """A folder of modules, imported as Python does."""

    def prepare(self, module: str) -> None:
        """Import the module."""
        self.module(module)

    def module(self, name: str) -> ModuleType:
        """Import the module; what it raises while being imported is its own exception."""
        file = f"{name}.py"
        if file not in self.files and not (self.root / file).is_file():  # one that was handed in is not looked for
            raise MissingError(file)
        return importlib.import_module(f"{PACKAGE}.{name}")


class SingleSource(LoadedSubmission):
    """One source for all steps: only what the contract's functions need is executed, the last definition wins.

    What lies beside it can be imported.
    """

    def __init__(self, root: Path, file: str, files: Collection[str] = ()) -> None:
        super().__init__(root, [other for other in files if other != file])
        self.file = root / file
        self.made: dict[str, ModuleType] = {}
        self.lost: dict[str, BaseException] = {}  # names that were not made, and why

    def function(self, _module: str, name: str) -> Callable[..., Any]:
        """Execute the statements that define the function and everything it names, and return it.

        Raises:
            SyntaxError: the source is no Python.
            MissingError: there is no such function.
        """
        if name not in self.made:
            self.made[name] = self._execute(name)
        function = getattr(self.made[name], name, None)
        if not callable(function):
            raise MissingError(name)
        return function  # type: ignore[no-any-return]

    def _execute(self, name: str) -> ModuleType:
        namespace = ModuleType(f"{PACKAGE}_{name}")
        namespace.__file__ = str(self.file)
        namespace.__package__ = PACKAGE if self.files else ""
        sys.modules[namespace.__name__] = namespace
        tree = ast.parse(self.file.read_bytes(), str(self.file))
        needed = needed_statements(tree, name)
        compiled = self._compiled(needed, name, future_flags(tree))
        for statement in needed:
            try:
                exec(compiled[statement], namespace.__dict__)  # noqa: S102 -- running submissions is what this process is for
            except BaseException as error:  # sys.exit() too; what it would have bound is left undefined
                if isinstance(statement, ast.FunctionDef) and statement.name == name:
                    raise
                self.lost |= dict.fromkeys(bound_names(statement), error)
        return namespace

    def describe(self, error: BaseException) -> ErrorPlace:
        """See `LoadedSubmission`; where a name is not there, also why it was not made."""
        place, cause = super().describe(error), error
        seen: set[str] = set()
        while type(cause) is NameError and cause.name in self.lost and cause.name not in seen:
            seen.add(cause.name)
            cause = self.lost[cause.name]
        return place if cause is error else msgspec.structs.replace(place, cause=super().describe(cause))

    def _compiled(self, statements: list[ast.stmt], name: str, flags: int) -> dict[ast.stmt, CodeType]:
        """The code of all statements, before the first of them is executed; what defines the function comes first.

        Raises:
            SyntaxError: one that only the compiler finds, such as a `break` outside a loop.
        """
        own = [statement for statement in statements if name in bound_names(statement)]
        in_turn = dict.fromkeys((*reversed(own), *statements))
        try:
            return {one: compile(ast.Module([one], []), str(self.file), "exec", flags) for one in in_turn}
        except SyntaxError as error:
            error.text = None  # the compiler takes the file for UTF-8, whatever it is
            raise


def load(submission: SubmittedFiles | None, scratch: Path) -> LoadedSubmission | Nothing:
    """Write the submission's files into the scratch folder and make it ready for look-ups.

    Args:
        submission: what was handed in; `None` where nothing was.
        scratch: the child's own folder.
    """
    if submission is None:
        return Nothing()
    root = scratch / PACKAGE
    root.mkdir()
    for name, content in submission.files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if submission.kind == "folder":
        return Folder(root, submission.files)
    return SingleSource(root, submission.main, submission.files)

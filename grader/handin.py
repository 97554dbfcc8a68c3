"""Reading a hand-in on the trusted side: bytes only, nothing is imported or executed here."""

import base64
import contextlib
import io
import os
import tokenize
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.assignment import ASSIGNMENT
from grader.errors import GraderError, UnreadableError

MAX_LEVELS = 3
MAX_FILES = 500
MAX_BYTES = 20 * 2**20
SUFFIXES = {".py", ".csv", ".json", ".toml", ".txt"}  # modules, and small data that they may read


@dataclass(frozen=True)
class HandIn:
    """A hand-in as it was read.

    Attributes:
        name: how the report calls it.
        kind: `"folder"` (modules) or `"source"` (one file with the contract's functions).
        files: contents by relative POSIX path.
    """

    name: str
    kind: str
    files: dict[str, bytes] = field(repr=False)

    def message(self) -> dict[str, Any]:
        """What the child is sent."""
        files = {name: base64.b64encode(content).decode() for name, content in self.files.items()}
        return {"kind": self.kind, "files": files}

    def names_tensorflow(self, module: str) -> bool:
        """Whether a module, or a helper that it may import, speaks of TensorFlow and so needs the full bench."""
        others = {f"{name}.py" for name in ASSIGNMENT.modules} - {f"{module}.py"}
        sources = (content for name, content in self.files.items() if name.endswith(".py") and name not in others)
        return any(word in source for source in sources for word in (b"tensorflow", b"keras", b"TFGPT2"))


def read(path: Path) -> HandIn:
    """Read a folder or a single `.py` file.

    Raises:
        GraderError: there is nothing at that path.
        UnreadableError: there is something, but no hand-in: the reason is for the report.
    """
    if path.is_dir():
        return HandIn(path.resolve().name, "folder", _read_folder(find_root(path)))
    if not path.exists():
        raise GraderError(
            f"{path} 이(가) 없습니다. 폴더나 .py 파일의 경로를 확인해 주세요.",
            f"{path} does not exist: check the path of the folder or .py file.",
        )
    if path.suffix == ".py":
        return HandIn(path.stem, "source", {path.name: _read_file(path)})
    raise UnreadableError(
        f"{path.name}: 폴더나 .py 파일만 채점할 수 있습니다.",
        f"{path.name}: only a folder or a .py file can be graded.",
    )


def find_root(path: Path) -> Path:
    """The shallowest folder, at most three levels down, that holds one of the modules.

    Raises:
        UnreadableError: there is none.
    """
    modules = {f"{name}.py" for name in ASSIGNMENT.modules}
    level = [path]
    for _ in range(MAX_LEVELS + 1):
        for folder in level:
            if any((folder / module).is_file() for module in modules):
                return folder
        level = sorted(child for folder in level for child in _folders(folder))
    expected = ", ".join(sorted(modules))
    raise UnreadableError(
        f"{path} 에서 실습 파일을 찾지 못했습니다 ({expected} 가운데 하나는 있어야 합니다).",
        f"{path} holds none of the lab's files ({expected}).",
    )


def _folders(folder: Path) -> list[Path]:
    try:
        return [child for child in folder.iterdir() if _is_wanted(child) and child.is_dir() and not child.is_symlink()]
    except OSError:
        return []


def _is_wanted(path: Path) -> bool:
    return not path.name.startswith(".") and path.name not in ("__MACOSX", "__pycache__")


def _read_folder(root: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    size = 0
    for folder, folders, names in os.walk(root):  # links to folders are not followed
        folders[:] = sorted(name for name in folders if _is_wanted(Path(name)))
        for name in sorted(names):
            path = Path(folder) / name
            if not _is_wanted(path) or path.suffix not in SUFFIXES or path.is_symlink() or not path.is_file():
                continue
            files[path.relative_to(root).as_posix()] = content = _read_file(path)
            size += len(content)
            if len(files) > MAX_FILES or size > MAX_BYTES:
                raise UnreadableError(
                    f"{root.name}: 파일이 너무 많거나 큽니다 (최대 {MAX_FILES}개, {MAX_BYTES // 2**20} MiB).",
                    f"{root.name}: too many or too large files (at most {MAX_FILES}, {MAX_BYTES // 2**20} MiB).",
                )
    return files


def _read_file(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return readable_source(content) if path.suffix == ".py" else content
    except OSError as error:
        raise UnreadableError(
            f"{path.name} 을(를) 읽을 수 없습니다 ({error.strerror}).",
            f"{path.name} cannot be read ({error.strerror}).",
        ) from error


def readable_source(content: bytes) -> bytes:
    """A source that Python can read: as it is where it can, and from CP949 (Korean Windows) to UTF-8.

    What is neither stays as it is, and costs its own functions when it is imported.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        content.decode(encoding)
    except (SyntaxError, UnicodeDecodeError):
        with contextlib.suppress(UnicodeDecodeError):
            return content.decode("cp949").encode()
    return content

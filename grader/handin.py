"""Reading a hand-in on the trusted side: bytes only, nothing is imported or executed here."""

import base64
import codecs
import contextlib
import io
import os
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.assignment import ASSIGNMENT
from grader.errors import GraderError, UnreadableError

MAX_LEVELS = 3
MAX_DEPTH = 20  # folders within folders; what lies deeper is passed over
MAX_FILES = 500
MAX_BYTES = 20 * 2**20
COOKIE = re.compile(r"\A((?:[ \t\f]*(?:#.*)?\n)?[ \t\f]*#.*?coding[:=][ \t]*)[-\w.]+")  # PEP 263
HOST_NAMES = {"idna", "punycode"}  # codecs that take hours over a large file, and that no source is written in
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
        others = {f"{name}.py" for name in ASSIGNMENT.modules if self.kind == "folder"} - {f"{module}.py"}
        sources = (content for name, content in self.files.items() if name.endswith(".py") and name not in others)
        return any(word in source for source in sources for word in (b"tensorflow", b"keras", b"TFGPT2"))


def read(path: Path) -> HandIn:
    """Read a folder or a single `.py` file.

    Raises:
        GraderError: there is nothing at that path.
        UnreadableError: there is something, but no hand-in: the reason is for the report.
    """
    with _explained(path):
        if path.is_dir():
            return HandIn(as_text(path.resolve().name), "folder", _read_folder(find_root(path)))
        if not path.exists():
            raise GraderError(
                f"{as_text(path)} 이(가) 없습니다. 폴더나 .py 파일의 경로를 확인해 주세요.",
                f"{as_text(path)} does not exist: check the path of the folder or .py file.",
            )
        if path.suffix == ".py" and path.is_file():  # not a pipe, which would keep a reader waiting
            return HandIn(as_text(path.stem), "source", {as_text(path.name): _read_single(path)})
    raise UnreadableError(
        f"{as_text(path.name)}: 폴더나 .py 파일만 채점할 수 있습니다.",
        f"{as_text(path.name)}: only a folder or a .py file can be graded.",
    )


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into a sentence."""
    try:
        yield
    except OSError as error:
        raise UnreadableError(
            f"{as_text(path.name)} 을(를) 읽을 수 없습니다 ({error.strerror}).",
            f"{as_text(path.name)} cannot be read ({error.strerror}).",
        ) from error


def as_text(name: str | Path) -> str:
    """A name as text: bytes that are none, as in CP949 names from a zip, are escaped."""
    return str(name).encode("utf-8", "backslashreplace").decode()


def find_root(path: Path) -> Path:
    """The shallowest folder, at most three levels down, that holds one of the modules.

    Raises:
        UnreadableError: there is none.
    """
    modules = {f"{name}.py" for name in ASSIGNMENT.modules}
    level = [path]
    for _ in range(MAX_LEVELS + 1):
        for folder in level:
            if any((folder / module).is_file() and not (folder / module).is_symlink() for module in modules):
                return folder
        level = sorted(child for folder in level for child in _folders(folder))
    expected = ", ".join(sorted(modules))
    raise UnreadableError(
        f"{as_text(path)} 에서 실습 파일을 찾지 못했습니다 ({expected} 가운데 하나는 있어야 합니다).",
        f"{as_text(path)} holds none of the lab's files ({expected}).",
    )


def _folders(folder: Path) -> list[Path]:
    try:
        return [child for child in folder.iterdir() if _is_wanted(child) and child.is_dir() and not child.is_symlink()]
    except OSError:
        return []


def _is_wanted(path: Path) -> bool:
    """Not hidden, not made by a computer, and with a name that is text (a CP949 name from a zip may not be)."""
    return not path.name.startswith(".") and path.name.isprintable() and path.name not in ("__MACOSX", "__pycache__")


def _read_folder(root: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    size = 0
    for folder, folders, names in os.walk(root):  # links to folders are not followed
        deeper = len(Path(folder).relative_to(root).parts) < MAX_DEPTH
        folders[:] = sorted(name for name in folders if deeper and _is_wanted(Path(name)))
        for name in sorted(names):
            path = Path(folder) / name
            if not _is_wanted(path) or path.suffix not in SUFFIXES or path.is_symlink() or not path.is_file():
                continue
            size += path.stat().st_size
            if len(files) == MAX_FILES or size > MAX_BYTES:
                raise _too_large(root)
            files[path.relative_to(root).as_posix()] = _read_file(path)
    return files


def _read_single(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise _too_large(path)
    content = _read_file(path)
    if not decodes(content):
        raise UnreadableError(
            f"{as_text(path.name)}: 글자를 읽을 수 없습니다. UTF-8로 저장한 .py 파일을 내 주세요.",
            f"{as_text(path.name)}: its text cannot be decoded; hand in a .py file saved as UTF-8.",
        )
    return content


def _too_large(path: Path) -> UnreadableError:
    most = f"{MAX_FILES}, {MAX_BYTES // 2**20} MiB"
    return UnreadableError(
        f"{as_text(path.name)}: 파일이 너무 많거나 큽니다 (한계: {most}). 실습 파일만 내 주세요.",
        f"{as_text(path.name)}: too many or too large files (limit: {most}); hand in the lab's files only.",
    )


def _read_file(path: Path) -> bytes:
    with _explained(path):
        content = path.read_bytes()
    return readable_source(content) if path.suffix == ".py" else content


def readable_source(content: bytes) -> bytes:
    """A source that Python can read: as it is where it can, and turned from CP949 (Korean Windows) to UTF-8.

    Line ends of old Macs become newlines. What is neither encoding stays as it is.
    """
    content = re.sub(rb"\r(?!\n)", b"\n", content)
    if decodes(content):
        return content
    with contextlib.suppress(UnicodeDecodeError):
        text = content.decode("cp949").replace("\r\n", "\n")
        return COOKIE.sub(r"\1utf-8", text, count=1).encode()
    return content


def decodes(content: bytes) -> bool:
    """Whether Python could decode a source: by its byte-order mark, its coding cookie, or as UTF-8."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        if codecs.lookup(encoding).name in HOST_NAMES:
            return False
        content.decode(encoding)
    except (SyntaxError, UnicodeError, LookupError):
        return False
    return True

"""Zips, read in memory: nothing is written, and what is unsafe is refused with the reason."""

import io
import stat
import struct
import zipfile
import zlib
from pathlib import PurePosixPath

from grader.errors import UnreadableError

MAX_FILES = 2_000
MAX_BYTES = 300 * 2**20  # unpacked, notebooks with their pictures included
UTF8_FLAG = 0x800
ENCRYPTED_FLAG = 0x1
Files = dict[str, bytes]


def unpack(content: bytes, name: str) -> Files:
    """The files of a zip, and of the zips directly in it, by their paths.

    Names that are not marked as UTF-8 are read as UTF-8 (macOS) or else as CP949 (Korean Windows).

    Args:
        content: the zip.
        name: what to call it in a reason.

    Raises:
        UnreadableError: it is damaged, locked, too large, or has names or links that lead out of it.
    """
    budget = [MAX_FILES, MAX_BYTES]
    files = _unpack(content, name, budget)
    for inner in [path for path in files if path.lower().endswith(".zip") and not _is_unwanted(path)]:
        folder = inner[: -len(".zip")]
        files |= {f"{folder}/{path}": data for path, data in _unpack(files.pop(inner), inner, budget).items()}
    return files


def _unpack(content: bytes, name: str, budget: list[int]) -> Files:
    files: Files = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for info in archive.infolist():
                path = _checked(info, name)
                budget[0] -= 1
                if budget[0] < 0:
                    raise _refused(name, f"파일이 {MAX_FILES:,}개보다 많습니다", f"more than {MAX_FILES:,} files")
                if not info.is_dir() and not _is_unwanted(path):
                    files[path] = _read(archive, info, name, budget)
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, ValueError, OSError) as error:
        raise _refused(name, "망가졌거나 zip이 아닙니다", "it is damaged, or no zip") from error
    return files


def _checked(info: zipfile.ZipInfo, name: str) -> str:
    """The entry's path, as text.

    Raises:
        UnreadableError: it leads out of the archive, is a link, or is locked.
    """
    path = _decoded(info).replace("\\", "/")
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts or (parts and parts[0].endswith(":")):
        raise _refused(name, f"밖으로 나가는 경로가 있습니다: {path!r}", f"a path leads out of it: {path!r}")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise _refused(name, f"링크가 들어 있습니다: {path!r}", f"it holds a link: {path!r}")
    if info.flag_bits & ENCRYPTED_FLAG:
        raise _refused(name, "암호가 걸려 있습니다", "it is locked with a password")
    return path


def _decoded(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & UTF8_FLAG:
        return info.filename
    raw = info.orig_filename.encode("cp437", "replace")
    for encoding in ("utf-8", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, budget: list[int]) -> bytes:
    """An entry's content; what it says of its size is not believed."""
    with archive.open(info) as entry:
        content = entry.read(budget[1] + 1)
    budget[1] -= len(content)
    if budget[1] < 0:
        most = MAX_BYTES // 2**20
        raise _refused(name, f"풀면 {most} MiB보다 큽니다", f"it unpacks to more than {most} MiB")
    return content


def _is_unwanted(path: str) -> bool:
    return any(part.startswith(".") or part in ("__MACOSX", "__pycache__") for part in PurePosixPath(path).parts)


def _refused(name: str, ko: str, en: str) -> UnreadableError:
    return UnreadableError(f"{name}: 압축을 풀 수 없습니다. {ko}.", f"{name} cannot be unpacked: {en}.")

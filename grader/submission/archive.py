"""Zips, read in memory: nothing is written, and what is unsafe is refused with the reason."""

import io
import re
import stat
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

from grader.errors import UnreadableError
from kit.messages import Bilingual

MAX_FILES = 2_000  # a lab has a dozen; a whole environment or a bomb has more
MAX_BYTES = 200 * 2**20  # of what is unpacked: notebooks with their pictures, and no bomb
MAX_NAME = 255  # bytes: the longest name that file systems take
UTF8_FLAG = 0x800
ENCRYPTED_FLAG = 0x1
KINDS = {0, stat.S_IFREG, stat.S_IFDIR}
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # Python unpacks the others without a limit
HEADER = 30  # bytes before an entry's name
CENTRAL = b"PK\x01\x02"  # before each entry in the list of them
NO_ORDINARY_ZIP = Bilingual(
    "보통의 압축 방식이 아닙니다. 보통의 zip으로 다시 압축해 주세요", "pack it again as an ordinary zip"
)
Files = dict[str, bytes]


@dataclass
class UnpackingBudget:
    """What may still be unpacked; zips inside a zip share one."""

    files: int = MAX_FILES
    size: int = MAX_BYTES


def unpack(content: bytes, name: str, wanted: Callable[[str], bool], budget: UnpackingBudget) -> Files:
    """The wanted files of a zip by their paths, composed (NFC) and with `/`; only they are unpacked.

    Names that are not marked as UTF-8 are read as UTF-8 (macOS) or else as CP949 (Korean Windows).

    Args:
        content: the zip.
        name: what to call it in a reason.
        wanted: says of a path whether its content is.
        budget: lessened by what was unpacked.

    Raises:
        UnreadableError: it is damaged, locked, too large, or has names or links that lead out of it.
    """
    budget.files -= content.count(CENTRAL)
    if budget.files < 0:
        raise _refused(
            name, Bilingual(f"파일이 {MAX_FILES:,}개보다 많습니다", f"it holds more than {MAX_FILES:,} files")
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [(info, _checked(info, name)) for info in archive.infolist()]
            _check_layout([info for info, _ in entries], name)
            chosen = [(info, path) for info, path in entries if not path.endswith("/") and wanted(path)]
            return {path: _read(archive, info, name, budget) for info, path in chosen}
    except UnreadableError:
        raise
    except Exception as error:  # zipfile raises whatever a broken file makes its code stumble over
        raise _refused(name, Bilingual("망가졌거나 zip이 아닙니다", "it is damaged, or no zip")) from error


def _checked(info: zipfile.ZipInfo, name: str) -> str:
    """The entry's path; that of a folder ends with `/`.

    Raises:
        UnreadableError: it leads out of the archive, is no plain file or folder, or is locked.
    """
    path = unicodedata.normalize("NFC", _decoded(info)).replace("\\", "/")
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts or re.match("[A-Za-z]:", path):
        raise _refused(name, Bilingual(f"밖으로 나가는 경로가 있습니다: {path!r}", f"a path leads out of it: {path!a}"))
    if stat.S_IFMT(info.external_attr >> 16) not in KINDS:
        raise _refused(
            name, Bilingual(f"링크나 특수 파일이 들어 있습니다: {path!r}", f"it holds a link or device: {path!a}")
        )
    if info.flag_bits & ENCRYPTED_FLAG:
        raise _refused(name, Bilingual("암호가 걸려 있습니다", "it is locked with a password"))
    if info.compress_type not in METHODS:
        raise _refused(name, NO_ORDINARY_ZIP)
    if any(len(part.encode("utf-8", "replace")) > MAX_NAME for part in parts):
        raise _refused(name, Bilingual("파일 이름이 너무 깁니다", "a name in it is too long"))
    return "/".join(parts) + ("/" if path.endswith("/") else "")


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


def _check_layout(entries: list[zipfile.ZipInfo], name: str) -> None:
    """Refuse entries that share their bytes, which is how small bombs are made."""
    for entry, following in pairwise(sorted(entries, key=lambda info: info.header_offset)):
        if entry.header_offset + HEADER + entry.compress_size > following.header_offset:
            raise _refused(name, Bilingual("서로 겹치는 파일이 들어 있습니다", "it holds files that overlap"))


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, budget: UnpackingBudget) -> bytes:
    """Unpack an entry, as far as the budget goes: the size that the zip states is not believed."""
    with archive.open(info) as entry:
        content = entry.read(budget.size + 1)
    budget.size -= len(content)
    if budget.size < 0:
        most = MAX_BYTES // 2**20
        raise _refused(name, Bilingual(f"풀면 {most} MiB보다 큽니다", f"it unpacks to more than {most} MiB"))
    return content


def _refused(name: str, why: Bilingual) -> UnreadableError:
    return UnreadableError(
        Bilingual(f"{name}: 압축을 풀 수 없습니다. {why.ko}.", f"{name} cannot be unpacked: {why.en}.")
    )

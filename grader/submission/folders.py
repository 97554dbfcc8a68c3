"""Which files of a folder count, and which are passed over."""

import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from grader.assignment import ASSIGNMENT
from grader.errors import UnreadableError
from grader.submission.encoding import as_text
from kit.messages import Bilingual

MAX_LEVELS = 3
MAX_TOLD = 5  # names in a sentence
MAX_DEPTH = 20  # folders within folders; what lies deeper is passed over
MODULES = {f"{name}.py" for name in ASSIGNMENT.modules}


def nothing_in(path: Path, sources: Sequence[str] = ()) -> UnreadableError:
    """The error for a folder or zip that holds nothing to grade.

    Args:
        path: of the folder or zip.
        sources: what else it holds: sources and notebooks without a function of the lab.
    """
    name, expected = as_text(path.resolve().name), ", ".join(sorted(MODULES))
    if sources:
        told = ", ".join(sources[:MAX_TOLD]) + ", …" * (len(sources) > MAX_TOLD)
        return UnreadableError(
            Bilingual(
                f"{name} 에 실습 파일({expected})이 없고, 들어 있는 파일 {len(sources)}개({told})는 어느 것도 실습의 "
                f"함수를 정의하지 않습니다.",
                f"{name} holds none of the lab's files ({expected}), and none of the {len(sources)} sources in it "
                f"({told}) defines a function of the lab.",
            ),
        )
    return UnreadableError(
        Bilingual(
            f"{name} 에서 실습 파일을 찾지 못했습니다 ({expected} 가운데 하나, 또는 실습의 함수가 든 .py나 .ipynb "
            f"파일이 있어야 합니다).",
            f"{name} holds none of the lab's files ({expected}), nor any .py or .ipynb file.",
        ),
    )


def is_wanted(path: Path) -> bool:
    """Whether a file or folder counts: not hidden, not made by the system, and with a name that is text."""
    is_text = not any(unicodedata.category(sign) in ("Cc", "Cs") for sign in path.name)
    return is_text and not path.name.startswith(".") and path.name not in ("__MACOSX", "__pycache__")


def walk(root: Path, depth: int, closed: Callable[[OSError], object] | None = None) -> Iterator[tuple[Path, str]]:
    """The plain files in a folder that are not to be passed over, with their paths in it; links are not followed.

    Args:
        root: the folder.
        depth: how many folders within folders are looked into.
        closed: called with the error where a folder cannot be looked into; without it such a folder is empty.
    """
    for folder, folders, names in os.walk(root, onerror=closed):
        deeper = len(Path(folder).relative_to(root).parts) < depth
        folders[:] = sorted(name for name in folders if deeper and is_wanted(Path(name)))
        for path in (Path(folder) / name for name in sorted(names)):
            if is_wanted(path) and not path.is_symlink() and path.is_file():
                yield path, unicodedata.normalize("NFC", path.relative_to(root).as_posix())

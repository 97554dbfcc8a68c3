"""Gradescope: the autograder's zip (`lab gradescope OUT.zip`), and what it runs there for each submission."""

import contextlib
import sys
import zipfile
from pathlib import Path

from grader.errors import GraderError, UnreadableError
from grader.gradebook.exports.gradescope import results_json
from grader.gradebook.model import Arrival, Entry, Person
from grader.paths import AUTOGRADER, PROJECT
from kit import KitError
from kit.files import write_whole
from kit.messages import Bilingual, Language, language

PACKAGES = ("kit", "grader", "lab")
FILES = ("pyproject.toml", "README.md", "LICENSE", "requirements/lock.txt", "requirements/uv.txt")
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same project gives the same zip
EXECUTABLE, READABLE = 0o100755, 0o100644


def build_zip(out: Path, speak: Language = "ko") -> None:
    """Write the zip that is uploaded as a Gradescope autograder: this project without the solution.

    Args:
        out: where to write it.
        speak: the language of what students read.

    Raises:
        GraderError: the project's own files are not here, or the zip cannot be written.
    """
    missing = [name for name in FILES if not (PROJECT / name).is_file()]
    if missing:
        raise GraderError(
            Bilingual(
                f"{PROJECT} 에 {', '.join(missing)} 이(가) 없습니다. 프로젝트의 폴더에서 실행해 주세요.",
                f"{PROJECT} lacks {', '.join(missing)}: run this from the project's own folder.",
            ),
        )
    run = (AUTOGRADER / "run_autograder").read_text(encoding="utf-8").replace("LANGUAGE}", f"{speak}}}")
    scripts = {"setup.sh": (AUTOGRADER / "setup.sh").read_text(encoding="utf-8"), "run_autograder": run}
    try:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in scripts.items():
                _add(archive, name, text.encode(), EXECUTABLE)
            for path in _files():
                _add(archive, path.relative_to(PROJECT).as_posix(), path.read_bytes(), READABLE)
    except OSError as error:
        raise GraderError(
            Bilingual(
                f"{out} 을(를) 쓸 수 없습니다 ({error.strerror}). 다른 경로를 주세요.",
                f"{out} cannot be written ({error.strerror}): give another path.",
            ),
        ) from error


def _files() -> list[Path]:
    """The project's own files, in a fixed order, without what Python left behind."""
    paths = [path for package in PACKAGES for path in (PROJECT / package).rglob("*") if path.is_file()]
    paths = [path for path in paths if "__pycache__" not in path.parts and not path.name.startswith(".")]
    return sorted([*paths, *(PROJECT / name for name in FILES)])


def _add(archive: zipfile.ZipFile, name: str, content: bytes, mode: int) -> None:
    info = zipfile.ZipInfo(name, EPOCH)
    info.create_system = 3  # Unix, so that the mode counts
    info.external_attr = mode << 16
    archive.writestr(info, content, zipfile.ZIP_DEFLATED)


def run(submission: Path, results: Path) -> None:
    """Grade what Gradescope put there, and write its `results.json`.

    Args:
        submission: the folder of the submission.
        results: the file to write.

    Raises:
        GraderError: the grader itself failed; nothing is written then, and Gradescope tells the instructor.
    """
    from grader.grading import grade
    from grader.sandbox.policy import used_or_told
    from grader.sandbox.pool import Pool
    from grader.submission.reading import read

    with Pool(confine=used_or_told()) as pool:  # Gradescope's container is thrown away after each submission
        with contextlib.suppress(UnreadableError):  # the report will say so
            read(submission)
            pool.warm_up()
        report = grade(submission, pool)
    entry = Entry(Arrival("submission", ".", Person("")), report, float(report.score))
    results.parent.mkdir(parents=True, exist_ok=True)
    write_whole(results, results_json(entry, language()))


def main(submission: str, results: str) -> int:
    """What `run_autograder` calls; a fault ends in one sentence and exit code 1."""
    try:
        run(Path(submission), Path(results))
    except KitError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

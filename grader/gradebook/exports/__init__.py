"""The gradebook in the formats of others: `lab export GRADES --to KIND`."""

from grader.errors import GraderError
from grader.gradebook.exports import classroom50, gradescope, junit, lms, tables
from grader.gradebook.exports.results import Exported, ExportOptions
from grader.gradebook.model import Entry
from kit.messages import Bilingual

KINDS = ("canvas", "moodle", "gradescope", "classroom50", "nbgrader", "junit", "csv")
FILLED = ("canvas", "moodle")
WRITERS = {
    "gradescope": gradescope.export,
    "classroom50": classroom50.export,
    "nbgrader": tables.nbgrader,
    "junit": junit.export,
    "csv": tables.plain,
}


def export(
    entries: list[Entry], kind: str, fill: bytes | None = None, options: ExportOptions | None = None
) -> Exported:
    """The gradebook in another's format.

    Args:
        entries: the class.
        kind: one of `KINDS`.
        fill: the gradebook file that Canvas or Moodle gave; for the other kinds nothing.
        options: what some of the formats want to know.

    Raises:
        GraderError: there is no such kind, or the file of the LMS is missing or cannot be filled in.
    """
    options = options or ExportOptions()
    if kind in WRITERS:
        return WRITERS[kind](entries, options)
    if kind not in FILLED:
        raise GraderError(
            Bilingual(
                f"--to {kind}: {', '.join(KINDS)} 가운데 하나를 쓰세요.", f"--to {kind}: use one of {', '.join(KINDS)}."
            )
        )
    if fill is None:
        raise GraderError(
            Bilingual(
                f"--to {kind} 에는 {kind.title()}에서 내려받은 성적 파일이 필요합니다. --fill FILE로 주세요.",
                f"--to {kind} needs the gradebook file that {kind.title()} gave: give it with --fill FILE.",
            ),
        )
    return lms.export(entries, kind, fill, options)

"""Classroom 50's `result.json`, `classroom50/result/v1`.

As published in github.com/foundation50/classroom50: `schemas/result-v1.schema.json` and the wiki page "Advanced
Autograding". Its links lead to a commit and a release on GitHub. A submission that came as a file has none: there the
tag of a manual submission, `submit/manual-…`, stands for them, as in Classroom 50's own manual overrides.
"""

import math

from grader.gradebook.exports.results import Exported, ExportOptions, instant, joined, json_of, results_of
from grader.gradebook.model import Entry
from grader.gradebook.overrides import parts
from kit.messages import Bilingual

SCHEMA = "classroom50/result/v1"
LOGIN = ("github_username", "github", "github_login", "username", "깃허브")  # the roster's columns that may hold it


def export(entries: list[Entry], options: ExportOptions) -> Exported:
    """`NAME/result.json` for each submission. Its points are whole numbers: half points are rounded down."""
    files = {f"{entry.arrival.name}/result.json": _result(entry, options) for entry in entries}
    halves = [
        entry.arrival.name for entry in entries if any(part.points % 1 for part in parts(entry.report, entry.overrides))
    ]
    if not halves:
        return Exported(files)
    note = Bilingual(
        f"Classroom 50은 정수 점수만 받으므로 내림했습니다 ({len(halves)}명): {joined(halves)}",
        f"Classroom 50 takes whole points only; rounded down ({len(halves)}): {joined(halves)}",
    )
    return Exported(files, (note,))


def _result(entry: Entry, options: ExportOptions) -> bytes:
    results = results_of(entry, options.language)
    moment = instant(entry.arrival.handed_in) or options.now
    tag = f"submit/manual-{moment:%Y-%m-%dT%H-%M-%SZ}"
    data = {
        "schema": SCHEMA,
        "classroom": options.classroom,
        "assignment": options.assignment,
        "assignment_type": "individual",
        "owner": _owner(entry),
        "submission": tag,
        "commit": tag,
        "release": tag,
        "review": tag,
        "datetime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "score": sum(math.floor(result.points) for result in results),
        "max-score": sum(result.max_points for result in results),
        "tests": [
            {
                "test-name": result.id,
                "passed": result.full,
                "score": math.floor(result.points),
                "max-score": result.max_points,
                "title": result.title,
                "status": result.status,
                "output": result.text,
            }
            for result in results
        ],
    }
    return json_of(data)


def _owner(entry: Entry) -> str:
    """The GitHub login: the roster's, or what the person goes by."""
    columns = {name.strip().lower().replace(" ", "_"): value for name, value in entry.arrival.person.columns.items()}
    logins = (columns.get(name, "").strip() for name in LOGIN)
    return next((login for login in logins if login), "") or entry.arrival.person.id or entry.arrival.name

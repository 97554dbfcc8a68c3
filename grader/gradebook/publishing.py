"""The gradebook: what counts for each person, and the pages that show it."""

import io
import tokenize
from collections.abc import Iterable, Sequence

from grader.gradebook.model import Arrival, Entry, Override
from grader.gradebook.overrides import apply, overrides_of, read_overrides
from grader.gradebook.pages.class_and_student import file_name, write_pages
from grader.gradebook.similarity.pairs import similar, write_similarity_page
from grader.gradebook.store import Store
from grader.grading import unreadable
from grader.paths import SKELETON
from grader.reports.report import Report
from grader.submission.reading import Submission
from kit.messages import Bilingual, Language

OVERRIDES = "overrides.csv"
MAX_COMPARED = 200_000  # bytes of sources; what is larger is no answer to these tasks, and is not compared


def given_by_hand(store: Store, arrivals: Iterable[Arrival]) -> list[Override]:
    """The points that were given by hand to a class.

    Raises:
        GraderError: their file cannot be used; says why.
    """
    path = store.folder / OVERRIDES
    return read_overrides(path, arrivals) if path.exists() else []


def entries_of(store: Store) -> tuple[list[Entry], int]:
    """A line for each submission that is through, by name, and how many are not.

    Raises:
        GraderError: the file of points given by hand cannot be used.
    """
    submissions = list(store.submissions())
    given = given_by_hand(store, [arrival for arrival, _ in submissions])
    entries = [_entry(arrival, outcome, given) for arrival, outcome in submissions if outcome is not None]
    return entries, len(submissions) - len(entries)


def _entry(arrival: Arrival, outcome: Report | Bilingual, given: Iterable[Override]) -> Entry:
    report = outcome if isinstance(outcome, Report) else unreadable(arrival.name, outcome)
    score, applied = apply(report, overrides_of(arrival, given))
    return Entry(arrival, report, score, applied, report.why_unreadable)


def publish(store: Store, entries: Sequence[Entry], submissions: Iterable[Submission], language: Language) -> int:
    """Write the class's pages, and remove those of submissions that are no more.

    Args:
        store: where the reports are.
        entries: the class.
        submissions: what they handed in, to be compared with each other.
        language: the one that a page opens in.

    Returns:
        How many pairs resemble each other.
    """
    sources = {submission.name: texts_of(submission) for submission in submissions}
    skeleton = {path.name: path.read_text(encoding="utf-8") for path in SKELETON.glob("[a-z]*.py")}
    pairs = similar({name: texts for name, texts in sources.items() if texts}, skeleton)
    write_similarity_page(pairs, sources, store.folder, language)
    write_pages(entries, store.folder, language, pairs, store.not_graded())
    (store.folder / "reports").mkdir(exist_ok=True)  # where there was nothing to grade
    kept = {name for entry in entries for name in (file_name(entry), f"{entry.arrival.name}.json")}
    for path in (store.folder / "reports").iterdir():
        if path.suffix in {".html", ".json"} and path.name not in kept:
            path.unlink()
    return len(pairs)


def texts_of(submission: Submission) -> dict[str, str]:
    """A submission's sources as texts; nothing where there is too much to compare."""
    sources = {name: content for name, content in submission.files.items() if name.endswith((".py", ".ipynb"))}
    if sum(map(len, sources.values())) > MAX_COMPARED:
        return {}
    return {name: _text(content) for name, content in sources.items()}


def _text(content: bytes) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return content.decode(encoding, "replace")
    except (SyntaxError, LookupError, UnicodeError):  # the last from encodings such as "undefined"
        return content.decode("utf-8", "replace")

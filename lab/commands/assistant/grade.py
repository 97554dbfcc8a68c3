"""`lab grade`: grade a class."""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from grader.gradebook.intake.arrivals import arrivals
from grader.gradebook.intake.roster import Roster
from grader.gradebook.model import Entry, NotGraded
from grader.gradebook.publishing import OVERRIDES, entries_of, given_by_hand, publish
from grader.gradebook.running.class_run import ClassRun, Grader
from grader.gradebook.running.workers import Graded, Outcome, Task, available_cores, grade_all
from grader.gradebook.store import Store
from grader.reports.report import Report
from kit.messages import Bilingual, language, printable
from lab import console
from lab.errors import LabError
from lab.protection import protected_from_others

MAX_TEXT = 2_000  # characters of a line
BYTES_PER_JOB = 3 * 2**30  # a fork server, and the children of one submission
KINDS = {
    "full": Bilingual("만점", "full score"),
    "less": Bilingual("만점 아님", "less"),
    "quarantined": Bilingual("채점 못 함", "not graded"),
}


def grade(
    submissions: Annotated[Path, typer.Argument(help="제출물이 든 폴더 / the folder of submissions")],
    out: Annotated[Path, typer.Option(help="성적을 쓸 폴더 / where the grades go")],
    jobs: Annotated[int | None, typer.Option(min=1, help="함께 채점할 수 / how many at a time")] = None,
    roster: Annotated[Path | None, typer.Option(help="명단 CSV / the roster, a CSV")] = None,
    regrade: Annotated[
        bool, typer.Option("--regrade", help="이미 채점한 것도 다시 / grade again what is known")
    ] = False,
    every_step: Annotated[
        bool, typer.Option("--every-step", help="같은 코드가 통과한 단계도 / steps that equal code has passed, too")
    ] = False,
    cluster: Annotated[
        str | None, typer.Option(metavar="tcp://HOST:PORT", help="dask.distributed 스케줄러 / its scheduler")
    ] = None,
    sandbox: Annotated[bool, typer.Option(help="샌드박스 안에서 실행 / run in the sandbox")] = True,
) -> int:
    """한 반의 제출물을 모두 채점합니다. / Grade all submissions of a class.

    도중에 멈추어도 다시 실행하면 이어서 합니다. / Stopped at any moment, it goes on where it was when run again.
    종료 코드: 0 모두 채점, 1 살펴볼 것이 있음, 2 실행 불가. / Exit code: 0 all graded, 1 something to look at, 2 could
    not run.
    """
    _check(submissions, out)
    people = None if roster is None else Roster.read(roster)
    with Store(out) as store:
        arrived = arrivals(submissions, people, roster)
        missing = people.missing(arrived.counting) if people is not None else []
        given_by_hand(store, arrived.counting)  # what is wrong with it is said now, not after an evening
        store.enroll(arrived.counting, NotGraded(tuple(missing), (*arrived.quarantined, *arrived.unmatched)))
        run = ClassRun(submissions, arrived, store, regrade, every_step)
        _grade(run, _grader(jobs, cluster, sandbox=sandbox), len(arrived.counting))
        entries, _ = entries_of(store)
        pairs = publish(store, entries, run.submissions(), language())
        return _tell(entries, store, pairs, run.taken_over)


def _check(submissions: Path, out: Path) -> None:
    if not submissions.is_dir():
        raise LabError(
            Bilingual(
                f"{submissions} 은(는) 폴더가 아닙니다. 제출물이 든 폴더를 주세요.",
                f"{submissions} is no folder: give the folder that holds the submissions.",
            ),
        )
    if out.resolve() == submissions.resolve():
        raise LabError(
            Bilingual(
                f"제출물 폴더 {out} 에 성적을 쓸 수는 없습니다. 다른 폴더를 --out으로 주세요.",
                f"Grades cannot go into the folder of submissions {out}: give another one with --out.",
            ),
        )


def _grader(jobs: int | None, cluster: str | None, *, sandbox: bool) -> Grader:
    """What grades: processes here, or a cluster."""
    if cluster is not None:
        from grader.gradebook.running.cluster import grade_on

        return partial(grade_on, address=cluster, confine=sandbox)
    confine = sandbox and protected_from_others()

    def grader(tasks: Iterable[Task]) -> Iterator[Graded]:
        return grade_all(tasks, jobs or default_jobs(), confine=confine)

    return grader


def default_jobs() -> int:
    """One for each core, as far as memory goes."""
    import psutil

    return max(1, min(len(available_cores()), psutil.virtual_memory().available // BYTES_PER_JOB))


def _grade(run: ClassRun, grader: Grader, total: int) -> None:
    """Grade behind a progress bar: how fast, how long still, and how many of each outcome."""
    counts: Counter[str] = Counter()
    bar = Progress(
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
        console=console.err,
    )
    with bar:
        task = bar.add_task(_counts(counts), total=total, rate="")
        for _, outcome in run.outcomes(grader):
            counts[kind_of(outcome)] += 1
            speed = bar.tasks[task].speed
            rate = "" if speed is None else f"{60 * speed:.0f}/min"
            bar.update(task, advance=1, rate=rate, description=_counts(counts))


def kind_of(outcome: Outcome) -> str:
    """One of `KINDS`."""
    if not isinstance(outcome, Report) or outcome.status == "unreadable":
        return "quarantined"
    return "full" if outcome.full else "less"


def _kind_by_hand(entry: Entry) -> str:
    """One of `KINDS`, with the points that were given by hand."""
    if entry.reason is not None:
        return "quarantined"
    return "full" if entry.score == entry.report.max_score else "less"


def _counts(counts: Counter[str]) -> str:
    return " · ".join(f"{word} {counts[kind]}" for kind, word in KINDS.items())


def _line(path: str, reason: Bilingual) -> str:
    return printable(f"  {path}: {reason}", MAX_TEXT)


def _tell(entries: list[Entry], store: Store, pairs: int, taken_over: int) -> int:
    """Say what came of it, and where to look; the exit code."""
    not_graded = store.not_graded()
    counts = Counter(_kind_by_hand(entry) for entry in entries)
    console.say(
        Bilingual(
            f"제출물 {len(entries)}개: {_counts(counts)}. 성적: {store.folder / 'index.html'}",
            f"{len(entries)} submissions: {_counts(counts)}. Grades: {store.folder / 'index.html'}",
        ),
    )
    for entry in entries:
        if entry.reason is not None:
            console.out.print(_line(entry.arrival.path, entry.reason))
    for one in not_graded.set_aside:
        console.out.print(_line(one.path, one.reason))
    if not_graded.missing:
        names = printable(", ".join(person.name or person.id for person in not_graded.missing), MAX_TEXT)
        console.say(
            Bilingual(
                f"내지 않은 사람 {len(not_graded.missing)}명: {names}",
                f"Without a submission ({len(not_graded.missing)}): {names}",
            ),
        )
    for text in _asides(entries, pairs, taken_over):
        console.say(text)
    return 1 if counts["quarantined"] or not_graded.set_aside else 0


def _asides(entries: list[Entry], pairs: int, taken_over: int) -> Iterator[Bilingual]:
    """What else is worth knowing: steps that were not run, points given by hand, submissions that are alike."""
    if taken_over:
        yield Bilingual(
            f"같은 코드로 이미 통과해 다시 실행하지 않은 단계: {taken_over}개",
            f"Steps not run again, as equal code had passed them: {taken_over}",
        )
    if given := sum(len(entry.overrides) for entry in entries):
        yield Bilingual(f"{OVERRIDES}에서 직접 준 점수 {given}개", f"Points given by hand in {OVERRIDES}: {given}")
    if pairs:
        yield Bilingual(
            f"서로 닮은 제출물 {pairs}쌍: similar.html", f"Pairs that resemble each other: {pairs} (similar.html)"
        )

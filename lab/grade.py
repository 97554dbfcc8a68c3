"""`lab grade`: grade a class."""

import os
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from grader.gradebook.arrivals import Quarantine, arrivals
from grader.gradebook.model import Arrival
from grader.gradebook.roster import Roster, read_roster
from grader.gradebook.run import grade_class, plan
from grader.gradebook.store import Store
from grader.gradebook.workers import Outcome
from grader.report import Report
from grader.sandbox import missing_protection
from kit.messages import language
from lab import console

GIB_PER_JOB = 4


def grade(
    submissions: Annotated[Path, typer.Argument(help="제출물이 든 폴더 / the folder of hand-ins")],
    out: Annotated[Path, typer.Option(help="성적을 쓸 폴더 / where the grades go")],
    jobs: Annotated[int | None, typer.Option(min=1, help="함께 채점할 수 / how many at a time")] = None,
    roster: Annotated[Path | None, typer.Option(help="명단 CSV / the roster, a CSV")] = None,
    regrade: Annotated[bool, typer.Option("--regrade", help="이미 채점한 것도 다시 / grade again what is known")] = False,
    sandbox: Annotated[bool, typer.Option(help="샌드박스 안에서 실행 / run in the sandbox")] = True,
) -> int:
    """한 반의 제출물을 모두 채점합니다. / Grade all hand-ins of a class.

    도중에 멈추어도 다시 실행하면 이어서 합니다. / Stopped at any moment, it goes on where it was when run again.
    종료 코드: 0 모두 채점, 1 채점하지 못한 것이 있음, 2 실행 불가. / Exit code: 0 all graded, 1 some not, 2 could not run.
    """
    _check(submissions, out)
    confine = sandbox and _protected()
    people = None if roster is None else read_roster(roster)
    with Store(out) as store:
        found, set_aside = arrivals(submissions, people)
        counts = _grade(found, submissions, store, jobs or default_jobs(), regrade=regrade, confine=confine)
        return _tell(counts, set_aside, people, found, out)


def default_jobs() -> int:
    """One for each core, as far as memory goes."""
    import psutil

    return max(1, min(os.cpu_count() or 1, psutil.virtual_memory().available // (GIB_PER_JOB * 2**30)))


def _check(submissions: Path, out: Path) -> None:
    if not submissions.is_dir():
        raise console.LabError(
            f"{submissions} 은(는) 폴더가 아닙니다. 제출물이 든 폴더를 주세요.",
            f"{submissions} is no folder: give the folder that holds the hand-ins.",
        )
    if out.resolve().is_relative_to(submissions.resolve()):
        raise console.LabError(
            f"성적 폴더 {out} 이(가) 제출물 폴더 안에 있습니다. 밖에 있는 폴더를 --out으로 주세요.",
            f"The folder of grades {out} lies among the hand-ins: give one outside with --out.",
        )


def _protected() -> bool:
    """Whether there is a sandbox.

    Raises:
        LabError: something of it is missing: nobody's code is run then without being told to.
    """
    missing = missing_protection()
    if missing is None:
        return True
    raise console.LabError(
        f"이 컴퓨터에서는 샌드박스를 쓸 수 없습니다: {missing} 이(가) 없습니다. 다른 사람의 코드를 그래도 실행하려면 "
        f"--no-sandbox를 붙이세요.",
        f"There is no sandbox on this machine: {missing} is missing. To run other people's code all the same, "
        f"add --no-sandbox.",
    )


def _grade(
    found: list[Arrival], folder: Path, store: Store, jobs: int, *, regrade: bool, confine: bool
) -> Counter[str]:
    """Grade behind a progress bar; how many of each outcome."""
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
        todo = plan(found, folder, store, regrade=regrade)
        task = bar.add_task("", total=len(found), rate="")

        def listener(_: Arrival, outcome: Outcome) -> None:
            counts[kind_of(outcome)] += 1
            speed = bar.tasks[task].speed
            rate = "" if speed is None else f"{60 * speed:.0f}/min"
            bar.update(task, advance=1, rate=rate, description=_counts(counts))

        grade_class(todo, folder, store, jobs, listener, confine=confine)
    return counts


def kind_of(outcome: Outcome) -> str:
    """`full`, `less` (than full marks), or `quarantined`."""
    if not isinstance(outcome, Report) or outcome.status == "unreadable":
        return "quarantined"
    return "full" if outcome.full else "less"


def _counts(counts: Counter[str]) -> str:
    words = (
        {"full": "만점", "less": "만점 아님", "quarantined": "격리"}
        if language() == "ko"
        else {"full": "full marks", "less": "less", "quarantined": "quarantined"}
    )
    return " · ".join(f"{word} {counts[kind]}" for kind, word in words.items())


def _tell(
    counts: Counter[str], set_aside: list[Quarantine], people: Roster | None, found: list[Arrival], out: Path
) -> int:
    console.say(
        f"{sum(counts.values())}개를 채점했습니다: {_counts(counts)}. 보고서: {out / 'reports'}",
        f"{sum(counts.values())} graded: {_counts(counts)}. Reports: {out / 'reports'}",
    )
    for quarantine in set_aside:
        console.out.print(f"  {quarantine.path}: {quarantine.reason[language()]}", markup=False)
    if people is not None:
        missing = people.missing(found)
        if missing:
            names = ", ".join(person.name or person.id for person in missing)
            console.say(f"내지 않은 사람: {names}", f"Without a hand-in: {names}")
    return 1 if counts["quarantined"] or set_aside else 0

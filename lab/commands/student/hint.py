"""`lab hint`: what to think of at a step, in three levels, never the code."""

from pathlib import Path
from typing import Annotated

import typer
from rich.panel import Panel
from rich.text import Text as Line

from grader.assignment import ASSIGNMENT, Step
from grader.submission.stubs import unwritten_steps
from kit.messages import Bilingual, language
from lab import console
from lab.errors import LabError
from lab.hint_levels import HintMemory
from lab.paths import located


def hint(
    step: Annotated[str | None, typer.Argument(help="단계의 이름이나 번호 / a step's name or number")] = None,
    again: Annotated[bool, typer.Option("--again", help="첫 힌트부터 / from the first hint")] = False,
    level: Annotated[int | None, typer.Option(min=1, max=3, help="바로 그 힌트 / that very hint")] = None,
) -> None:
    """한 단계의 힌트를 하나씩 보여 줍니다. / Show the hints of a step, one at a time."""
    folder = located(Path("skeleton"))
    chosen = next(iter(unwritten_steps(folder)), None) if step is None else step_named(step)
    if chosen is None:
        console.say(
            Bilingual(
                "모든 블록이 작성되어 있습니다. `lab check`로 채점해 보고, 힌트가 필요하면 `lab hint 단계`를 쓰세요.",
                "Every block is written: see `lab check`, and for a hint name a step, `lab hint STEP`.",
            ),
        )
        return
    memory = HintMemory(folder)
    number = level or (1 if again else memory.level(chosen.id) + 1)
    if number <= len(chosen.hints):
        console.out.print(panel(chosen, number))
        furthest = number if again else max(number, memory.level(chosen.id))
        if not memory.keep(chosen.id, furthest) and number < len(chosen.hints):
            console.say(
                Bilingual(
                    f"어디까지 보았는지 적어 둘 수 없습니다 ({memory.file}). 다음 힌트: --level {number + 1}",
                    f"How far you went cannot be kept ({memory.file}): for the next hint, --level {number + 1}",
                ),
            )
    else:
        console.say(
            Bilingual(
                f"{chosen.title.ko}의 힌트는 모두 보았습니다. 설명을 읽어 보세요: {page(chosen)} · 처음부터: --again",
                f"You have seen all hints of “{chosen.title.en}”. Read on: {page(chosen)} · from the first: --again",
            ),
        )


def step_named(word: str) -> Step:
    """The step of an id or a number from 1.

    Raises:
        LabError: there is no such step.
    """
    for number, step in enumerate(ASSIGNMENT.steps, 1):
        if word in (step.id, str(number)):
            return step
    names = ", ".join(f"{number} {step.id}" for number, step in enumerate(ASSIGNMENT.steps, 1))
    raise LabError(
        Bilingual(
            f"{word} 단계는 없습니다. 이 가운데 하나를 쓰세요: {names}",
            f"There is no step {word}; use one of these: {names}",
        ),
    )


def page(step: Step) -> str:
    """Where the step's page lies in this project."""
    return f"docs/{language()}/{step.docs}index.md"


def panel(step: Step, number: int) -> Panel:
    """One hint as the terminal shows it."""
    spoken, count = language(), len(step.hints)
    place = ASSIGNMENT.steps.index(step) + 1
    word = "힌트" if spoken == "ko" else "hint"
    more = f"lab hint {step.id}" if number < count else page(step)
    arrow = {True: "다음 힌트", False: "설명"} if spoken == "ko" else {True: "next", False: "page"}
    return Panel(
        Line(step.hints[number - 1][spoken]),
        title=f"{place}. {step.title[spoken]} · {word} {number} / {count}",
        title_align="left",
        subtitle=f"{arrow[number < count]}: {more}",
        subtitle_align="right",
        border_style="cyan",
    )

"""`lab hint`: hints for a step at three levels, none of which gives the code."""

from pathlib import Path
from typing import Annotated

import typer
from rich.panel import Panel
from rich.text import Text

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
    """Return the step with an id, or with a number counted from 1.

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
    """Return the path, in this project, of the docs page on a step."""
    return f"docs/{language()}/{step.docs}index.md"


def panel(step: Step, number: int) -> Panel:
    """Render a hint for the terminal.

    Args:
        step: the step.
        number: of the hint, from 1.
    """
    spoken, count = language(), len(step.hints)
    position = ASSIGNMENT.steps.index(step) + 1
    if number < count:
        more, target = Bilingual("다음 힌트", "next"), f"lab hint {step.id}"
    else:
        more, target = Bilingual("설명", "page"), page(step)
    return Panel(
        Text(step.hints[number - 1][spoken]),
        title=f"{position}. {step.title[spoken]} · {Bilingual('힌트', 'hint')} {number} / {count}",
        title_align="left",
        subtitle=f"{more}: {target}",
        subtitle_align="right",
        border_style="cyan",
    )

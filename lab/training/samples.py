"""Answering the same questions before and after training."""

import csv
from typing import Any

from rich.table import Table
from rich.text import Text

from kit.files import replaced
from kit.messages import Bilingual
from lab import console
from lab.console import say
from lab.training.loop import seed_everything
from lab.training.run import TrainingRun

QUESTIONS = ("오늘 너무 피곤해", "배고프다", "비가 오네", "헤어졌어", "주말에 뭐 하지?")
SEED = 0  # independent of the run's seed, so that runs can be compared


def sample_answers(lab: Any, model: Any, tokenizer: Any) -> list[str]:
    """Answer `QUESTIONS`, always with the same seeds; returns an empty list if a block is not written yet.

    Args:
        lab: provides `return_answer_by_chatbot`.
        model: a `TFGPT2LMHeadModel`.
        tokenizer: its tokenizer.
    """
    answers = []
    try:
        for number, question in enumerate(QUESTIONS):
            seed_everything(SEED, number)
            answers.append(str(lab.return_answer_by_chatbot(question, model, tokenizer)))
    except NotImplementedError as error:
        say(
            Bilingual(
                f"아직 작성하지 않은 블록이 있어({error}) 답변 표는 건너뜁니다.",
                f"A block is not written yet ({error}), so there will be no table of answers.",
            ),
        )
        return []
    return answers


def show_samples(run: TrainingRun, before: list[str], after: list[str]) -> None:
    """Print the answers side by side and write them to `answers.csv` in the run's folder."""
    rows = list(zip(QUESTIONS, before, after, strict=True))
    with replaced(run.folder / "answers.csv") as new, new.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "before", "after"])
        writer.writerows(rows)
    table = Table(
        *map(str, (Bilingual("질문", "question"), Bilingual("훈련 전", "before"), Bilingual("훈련 후", "after")))
    )
    for row in rows:
        table.add_row(*map(Text, row))
    console.out.print(table)

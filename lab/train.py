"""`lab train`: fine-tune a model with the lab's own code."""

import csv
import time
from pathlib import Path
from typing import Annotated

import typer

import kit
from kit.checkpoints import prepared
from lab.console import LabError, say, tensorflow_imported
from lab.submission import Package, Submission, loading_explained, unwritten_blocks_explained

RUNS = Path("runs")


def train(
    package: Annotated[Package, typer.Option(help="누구의 코드로 / whose code")] = "solution",
    model: Annotated[str, typer.Option(help="mini, 폴더, 허브의 이름 / mini, a folder, a hub name")] = "mini",
    data: Annotated[str, typer.Option(help="bundled, songys, CSV 파일 / or a CSV file")] = "bundled",
    epochs: Annotated[int, typer.Option(min=1)] = 3,
    batch_size: Annotated[int, typer.Option(min=1)] = 32,
    learning_rate: Annotated[float | None, typer.Option(help="기본값은 모델에 따라 / default: by model")] = None,
    seed: Annotated[int, typer.Option()] = 0,
    out: Annotated[Path | None, typer.Option(help="결과 폴더 / folder for the results (runs/…)")] = None,
) -> None:
    """대화로 모델을 미세 조정하고, 체크포인트와 손실을 저장합니다. / Fine-tune a model; save checkpoint and losses."""
    table = kit.read_dialogs(data)
    folder = _prepared(out or RUNS / time.strftime("%Y%m%d-%H%M%S"))
    rate = learning_rate if learning_rate is not None else kit.learning_rate_for(model)
    checkpoint = prepared(model, tensorflow_imported)
    with tensorflow_imported(), unwritten_blocks_explained(package):
        import tensorflow as tf

        tf.keras.utils.set_random_seed(seed)
        lab = Submission(package)
        with loading_explained(checkpoint):
            tokenizer, trained = lab.load_tokenizer(checkpoint), lab.load_model(checkpoint)
        padded = lab.pad_dialogs(lab.get_chat_data(table, tokenizer, trained.config.vocab_size), tokenizer.pad_token_id)
        if len(padded) < batch_size:
            raise LabError(
                f"대화가 {len(padded)}개뿐이라 {batch_size}개짜리 배치를 만들 수 없습니다. --batch-size를 줄여 주세요.",
                f"{len(padded)} dialogs do not fill a batch of {batch_size}: give a smaller --batch-size.",
            )
        dataset = lab.make_dataset(padded, batch_size)
        batches = len(padded) // batch_size
        say(
            f"대화 {len(table):,}개 · 패딩한 모양 {padded.shape} · 에포크마다 배치 {batches}개 · 학습률 {rate:g}",
            f"{len(table):,} dialogs · padded {padded.shape} · {batches} batches an epoch · learning rate {rate:g}",
        )
        costs = lab.fine_tune(trained, dataset, lab.make_optimizer(rate), epochs)
        trained.save_pretrained(folder, safe_serialization=True)
        tokenizer.save_pretrained(folder)
    _write_losses(folder, costs)
    say(
        f"{folder} 에 체크포인트, loss.csv, loss.png를 저장했습니다. 대화하려면: lab chat --checkpoint {folder}",
        f"Saved checkpoint, loss.csv and loss.png in {folder}. To talk with it: lab chat --checkpoint {folder}",
    )


def _prepared(folder: Path) -> Path:
    """Make the folder before the long work, so that a wrong path is known at once."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write_losses(folder: Path, costs: list[float]) -> None:
    with (folder / "loss.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "cost"])
        writer.writerows(enumerate(costs, 1))
    kit.plot_losses(costs, folder / "loss.png")

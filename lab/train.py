"""`lab train`: fine-tune a model with the lab's own code."""

import csv
import time
from pathlib import Path
from typing import Annotated, Any

import typer

import kit
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
    fast: Annotated[bool, typer.Option("--fast", help="같은 손실을 더 빨리 / the same loss, faster")] = False,
) -> None:
    """대화로 모델을 미세 조정하고, 체크포인트와 손실을 저장합니다. / Fine-tune a model; save checkpoint and losses."""
    table = kit.read_dialogs(data)
    folder = _prepared(out or RUNS / time.strftime("%Y%m%d-%H%M%S"))
    rate = learning_rate if learning_rate is not None else kit.learning_rate_for(model)
    with tensorflow_imported(), unwritten_blocks_explained(package):
        import tensorflow as tf

        tf.keras.utils.set_random_seed(seed)
        lab = Submission(package)
        with loading_explained(model):
            tokenizer, trained = lab.load_tokenizer(model), lab.load_model(model)
        dialogs = lab.get_chat_data(table, tokenizer, trained.config.vocab_size)
        padded = lab.pad_dialogs(dialogs, tokenizer.pad_token_id)
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
        optimizer = lab.make_optimizer(rate)
        if fast:
            costs = _fine_tune_fast(trained, dialogs, optimizer, epochs, batch_size, seed)
        else:
            costs = lab.fine_tune(trained, dataset, optimizer, epochs)
        trained.save_pretrained(folder, safe_serialization=True)
        tokenizer.save_pretrained(folder)
    _write_losses(folder, costs)
    say(
        f"{folder} 에 체크포인트, loss.csv, loss.png를 저장했습니다. 대화하려면: lab chat --checkpoint {folder}",
        f"Saved checkpoint, loss.csv and loss.png in {folder}. To talk with it: lab chat --checkpoint {folder}",
    )


def _fine_tune_fast(
    model: Any, dialogs: list[list[int]], optimizer: Any, epochs: int, batch_size: int, seed: int
) -> list[float]:
    """`fine_tune` without pads, compiled, in the type that this machine multiplies fastest; see `kit.fast_training`."""
    from kit.fast_precision import matrix_type
    from kit.fast_training import batches_by_length, make_step

    dtype = matrix_type()
    say(f"--fast: 행렬 곱은 {dtype.name}으로 계산합니다.", f"--fast: matrix products in {dtype.name}.")
    step = make_step(model, optimizer, dtype, seed)
    costs = []
    for epoch in range(1, epochs + 1):
        batches = batches_by_length(dialogs, batch_size, seed, epoch)
        shown = kit.progress(batches, total=len(batches), description=f"epoch {epoch}/{epochs}")
        costs.append(sum(float(step(batch)) for batch in shown) / len(batches))
        say(f"[Epoch: {epoch:>4}] cost = {costs[-1]:.9}", f"[Epoch: {epoch:>4}] cost = {costs[-1]:.9}")
    return costs


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

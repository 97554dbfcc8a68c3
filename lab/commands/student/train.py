"""`lab train`: fine-tune a model with the functions of the solution or the skeleton."""

import math
from pathlib import Path
from typing import Annotated, Any

import typer

import kit
from kit.checkpoints import prepared
from kit.messages import Bilingual
from lab.console import say, tensorflow_imported
from lab.errors import LabError
from lab.package import MAX_SEED, Package, unwritten_blocks_explained
from lab.training.run import TrainingOptions, TrainingRun, absolute


def train(
    context: typer.Context,
    package: Annotated[Package, typer.Option(help="누구의 코드로 / whose code")] = "solution",
    model: Annotated[str, typer.Option(help="mini, 폴더, 허브의 이름 / mini, a folder, a hub name")] = "mini",
    data: Annotated[str, typer.Option(help="bundled, songys, CSV 파일 / or a CSV file")] = "bundled",
    epochs: Annotated[int, typer.Option(min=1)] = 3,
    batch_size: Annotated[int, typer.Option(min=1)] = 32,
    learning_rate: Annotated[float | None, typer.Option(help="기본값은 모델에 따라 / default: by model")] = None,
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED)] = 0,
    validation: Annotated[
        float, typer.Option(min=0, max=0.5, help="검증에 쓸 대화의 비율 / share of dialogs to hold out")
    ] = 0.0,
    fast: Annotated[bool, typer.Option("--fast", help="같은 손실을 더 빨리 / the same loss, faster")] = False,
    out: Annotated[Path | None, typer.Option(help="결과 폴더 / folder for the results (runs/…)")] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="[RUN]", help="멈춘 훈련을 이어 갑니다 / go on with a run (newest)")
    ] = None,
) -> None:
    """대화로 모델을 미세 조정하고, 체크포인트와 손실을 저장합니다. / Fine-tune a model; save checkpoint and losses."""
    rate = _checked(learning_rate if learning_rate is not None else kit.learning_rate_for(model))
    options = TrainingOptions(
        package, absolute(model), absolute(data), epochs, batch_size, rate, seed, validation, fast
    )
    run = TrainingRun.started(out, options) if resume is None else TrainingRun.resumed(resume, _given(context, options))
    table = kit.read_dialogs(run.options.data)
    with run.locked():
        checkpoint = prepared(run.options.model, tensorflow_imported)
        facts = run.check(table, checkpoint)
        with tensorflow_imported(), unwritten_blocks_explained(run.options.package):
            from lab.training.fine_tuning import fine_tune

            fine_tune(run, checkpoint, table, facts)
    say(
        Bilingual(
            f"{run.folder} 에 체크포인트, loss.csv, steps.csv, loss.png를 저장했습니다. 대화하려면: lab chat "
            f"--checkpoint {run.folder}",
            f"Saved checkpoint, loss.csv, steps.csv and loss.png in {run.folder}. To talk with it: lab chat "
            f"--checkpoint {run.folder}",
        ),
    )


def _checked(rate: float) -> float:
    """Return a learning rate, or raise an error if it is not a positive number."""
    if not 0 < rate < math.inf:
        raise LabError(
            Bilingual(
                f"--learning-rate {rate:g}: 0보다 큰 수를 주세요.", f"--learning-rate {rate:g}: give a number above 0."
            )
        )
    return rate


def _given(context: typer.Context, options: TrainingOptions) -> dict[str, Any]:
    """Return the options that were given on the command line besides `--resume`."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    written = {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}
    if "out" in written:
        raise LabError(
            Bilingual(
                "--resume은 그 훈련의 폴더에 이어서 씁니다. --out을 빼 주세요.",
                "--resume goes on in the folder of that training: leave --out out.",
            ),
        )
    return {name: getattr(options, name) for name in options.__struct_fields__ if name in written}

"""Fine-tuning from the options of a run to its checkpoint, with the functions of the solution or the student."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from kit.messages import Bilingual
from lab import console
from lab.console import say
from lab.errors import LabError
from lab.package import LabFunctions, loading_explained
from lab.training import loop
from lab.training.held_out import held_out_loss, perplexity, split
from lab.training.loop import Plan, seed_everything
from lab.training.run import Facts, TrainingRun
from lab.training.samples import sample_answers, show_samples
from lab.training.state import History, restore, save


@dataclass(frozen=True)
class Parts:
    """What a training works with.

    Attributes:
        lab: the functions of the package.
        tokenizer: the checkpoint's tokenizer.
        model: the `TFGPT2LMHeadModel` to train.
        optimizer: the Keras optimizer that `make_optimizer` returned.
        dialogs: the training set, N lists of token ids.
        padded: the training set, an integer array (N, T).
        held_out: the held-out dialogs, an integer array (M, T'); `None` without `--validation`.
    """

    lab: LabFunctions
    tokenizer: Any
    model: Any
    optimizer: Any
    dialogs: list[list[int]]
    padded: Any
    held_out: Any


def fine_tune(run: TrainingRun, checkpoint: str, table: Any, facts: Facts) -> None:
    """Train a new run, or the rest of a resumed one, and write the results into its folder.

    Args:
        run: new or resumed.
        checkpoint: folder that `load_tokenizer` and `load_model` load from.
        table: the dialogs, with the columns `Q` and `A`.
        facts: what to record in `run.json`.

    Raises:
        LabError: the dialogs do not fill a batch, or the student's dataset has the wrong number of batches.
        KeyboardInterrupt: the training was interrupted; its state is saved.
    """
    parts = _parts(run, checkpoint, table)
    if run.options.fast and not facts.matrix_type:
        facts = msgspec.structs.replace(facts, matrix_type=measured_matrix_type())
    plan = _plan(run, parts, facts)
    say(
        Bilingual(
            f"대화 {len(parts.padded):,}개 · 패딩한 모양 {parts.padded.shape} · 에포크마다 배치 {plan.steps}개 · "
            f"학습률 {run.options.learning_rate:g}",
            f"{len(parts.padded):,} dialogs · padded {parts.padded.shape} · {plan.steps} batches an epoch · "
            f"learning rate {run.options.learning_rate:g}",
        ),
    )
    history = _history(run, parts, plan)
    run.begin(facts)
    _train(run, parts, plan, history)
    run.finish(parts.model, parts.tokenizer)
    if history.answers:
        show_samples(run, history.answers, sample_answers(parts.lab, parts.model, parts.tokenizer))


def _parts(run: TrainingRun, checkpoint: str, table: Any) -> Parts:
    options = run.options
    lab = LabFunctions(options.package)
    seed_everything(options.seed)
    with loading_explained(checkpoint):
        tokenizer, model = lab.load_tokenizer(checkpoint), lab.load_model(checkpoint)

    def encoded(rows: Any) -> tuple[list[list[int]], Any]:
        dialogs = lab.get_chat_data(rows, tokenizer, model.config.vocab_size)
        _check_length(dialogs, model.config.n_positions)
        return dialogs, lab.pad_dialogs(dialogs, tokenizer.pad_token_id)

    held_out = None
    if options.validation:
        table, rows = split(table, options.validation)
        if rows.empty:
            raise LabError(
                Bilingual(
                    f"--validation {options.validation:g}: 검증에 쓸 대화가 하나도 없습니다. 더 큰 비율을 주세요.",
                    f"--validation {options.validation:g} holds out no dialog: give a larger share.",
                ),
            )
        _, held_out = encoded(rows)
    if len(table) < options.batch_size:
        raise LabError(
            Bilingual(
                f"대화 {len(table)}개로는 {options.batch_size}개짜리 배치를 만들 수 없습니다. --batch-size를 줄여 "
                f"주세요.",
                f"{len(table)} dialogs do not fill a batch of {options.batch_size}: give a smaller --batch-size.",
            ),
        )
    return Parts(lab, tokenizer, model, lab.make_optimizer(options.learning_rate), *encoded(table), held_out)


def _check_length(dialogs: list[list[int]], most: int) -> None:
    longest = max(range(len(dialogs)), key=lambda row: len(dialogs[row]), default=None)
    if longest is not None and len(dialogs[longest]) > most:
        raise LabError(
            Bilingual(
                f"모델은 토큰을 {most}개까지 읽는데 {len(dialogs[longest])}개인 대화가 있습니다. 긴 대화를 줄이거나 빼 "
                f"주세요.",
                f"The model reads {most} tokens at most, and one dialog has {len(dialogs[longest])}: shorten long "
                f"dialogs, or leave them out.",
            ),
        )


def measured_matrix_type() -> str:
    """Measure in which type this machine multiplies matrices fastest; returns its name, e.g. `bfloat16`."""
    from lab.fast.precision import matrix_type

    return str(matrix_type().name)


def _plan(run: TrainingRun, parts: Parts, facts: Facts) -> Plan:
    options = run.options
    steps, batches, step = _fast(run, parts, facts.matrix_type) if options.fast else _readable(run, parts)

    def evaluate() -> float:
        loss = held_out_loss(parts.model, parts.held_out, parts.tokenizer.pad_token_id, options.batch_size)
        say(
            Bilingual(
                f"검증 손실 {loss:.4f} (패딩 제외) · 혼란도 {perplexity(loss):,.1f}",
                f"held-out loss {loss:.4f} (without pads) · perplexity {perplexity(loss):,.1f}",
            ),
        )
        return loss

    judged = None if parts.held_out is None else evaluate
    return Plan(options.epochs, steps, options.seed, batches, step, judged, draws=not options.fast)


Steps = tuple[int, Callable[[int], Sequence[Any]], Callable[[Any], Any]]  # `steps`, `batches` and `step` of a plan


def _readable(run: TrainingRun, parts: Parts) -> Steps:
    """Train with the package's `make_dataset` and `train_step`."""
    options = run.options
    steps = len(parts.padded) // options.batch_size

    def batches_of(_epoch: int) -> Sequence[Any]:
        batches = list(itertools.islice(parts.lab.make_dataset(parts.padded, options.batch_size), steps + 1))
        if len(batches) != steps:
            raise LabError(
                Bilingual(
                    f"make_dataset의 배치가 {steps}개가 아닙니다. `lab check {options.package}`로 확인해 주세요.",
                    f"make_dataset does not give {steps} batches: see `lab check {options.package}`.",
                ),
            )
        return batches

    def step(batch: Any) -> Any:
        return parts.lab.train_step(parts.model, parts.optimizer, batch)

    return steps, batches_of, step


def _fast(run: TrainingRun, parts: Parts, matrix_type: str) -> Steps:
    """Train with batches without padding and a compiled step, which multiplies matrices in `matrix_type`."""
    import tensorflow as tf

    from lab.fast.training import batches_by_length, make_step

    options = run.options
    say(Bilingual(f"--fast: 행렬 곱은 {matrix_type}으로 계산합니다.", f"--fast: matrix products in {matrix_type}."))

    def batches(epoch: int) -> Sequence[Any]:
        return batches_by_length(parts.dialogs, options.batch_size, options.seed, epoch)

    steps = math.ceil(len(parts.dialogs) / options.batch_size)  # unlike `make_dataset`, keeps the last, smaller batch
    step = make_step(parts.model, parts.optimizer, tf.as_dtype(matrix_type), options.seed)
    return steps, batches, step


def _history(run: TrainingRun, parts: Parts, plan: Plan) -> History:
    """Restore the history of a resumed run; for a new run, record sample answers before training."""
    if run.state.exists():
        history = restore(run.state, parts.model, parts.optimizer)
        epoch, batch = divmod(len(history.losses), plan.steps)
        say(
            Bilingual(
                f"{run.folder} 의 훈련을 에포크 {epoch + 1}의 배치 {batch + 1}부터 이어 갑니다.",
                f"Going on with {run.folder} at epoch {epoch + 1}, batch {batch + 1}.",
            ),
        )
        return history
    return History(answers=sample_answers(parts.lab, parts.model, parts.tokenizer) if plan.evaluate else [])


def _train(run: TrainingRun, parts: Parts, plan: Plan, history: History) -> None:
    def save_all() -> None:
        save(run.state, parts.model, parts.optimizer, history)
        run.write_curves(history, plan.steps)

    def ended(epoch: int) -> None:
        cost = run.write_curves(history, plan.steps)[epoch - 1]
        console.out.print(
            f"[Epoch: {epoch:>4}] cost = {cost:>.9}", markup=False
        )  # in the format of the given `fine_tune`

    try:
        loop.train(plan, history, save_all, ended)
    except KeyboardInterrupt:
        say(
            Bilingual(
                f"배치 {len(history.losses)}개까지 {run.folder} 에 저장했습니다. 계속: lab train --resume {run.folder}",
                f"Saved in {run.folder} after {len(history.losses)} steps. To go on: lab train --resume {run.folder}",
            ),
        )
        raise

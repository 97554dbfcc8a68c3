"""The folder of a training run: its options, state, loss curves and checkpoint; starting and resuming it."""

import csv
import hashlib
import itertools
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

import kit
from kit.files import remove, replaced, to_disk
from kit.messages import Bilingual
from lab.errors import LabError
from lab.package import Package, folder_of
from lab.training.held_out import perplexity
from lab.training.state import History

if TYPE_CHECKING:
    import pandas as pd

RUNS = Path("runs")
NEWEST = "newest"
RESERVED = ("mini", "bundled", "songys")  # never taken for paths
FACTS = "run.json"
STATE = "state.safetensors"
WEIGHTS = "model.safetensors"
CHECKPOINT_FILES = ("*.json", "*.txt", "*.safetensors", "*.h5")  # all that loading a checkpoint may read


class TrainingOptions(msgspec.Struct, frozen=True):
    """The options of a training. Paths are absolute, so that it can be resumed from another folder.

    Attributes:
        package: whose functions to train with.
        model: `mini`, a checkpoint folder, or a name on the hub.
        data: `bundled`, `songys`, or the path of a CSV file.
        epochs: number of passes over the data.
        batch_size: dialogs in a batch.
        learning_rate: of `make_optimizer`.
        seed: of all randomness but the split.
        validation: share of dialogs to hold out, 0 for none.
        fast: whether to train with `lab.fast`.
    """

    package: Package
    model: str
    data: str
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int
    validation: float
    fast: bool = False


class Facts(msgspec.Struct, frozen=True):
    """The content of `run.json`: what a resumed training must find unchanged.

    Attributes:
        options: the options.
        data: SHA-256 of the dialogs.
        code: SHA-256 of the package's modules.
        model: SHA-256 of the checkpoint that the training started from.
        matrix_type: name of the type in which `--fast` multiplies matrices, measured once; empty without `--fast`.
    """

    options: TrainingOptions
    data: str
    code: str
    model: str
    matrix_type: str = ""


class TrainingRun:
    """The folder of a training run.

    Attributes:
        folder: where all its files are.
        options: the options that it was started with.
        state: file of the training's state; it exists from the first save to the end of the training.
    """

    def __init__(self, folder: Path, options: TrainingOptions) -> None:
        self.folder, self.options = folder, options
        self.state = folder / STATE

    @classmethod
    def started(cls, folder: Path | None, options: TrainingOptions) -> "TrainingRun":
        """Make a new run.

        Args:
            folder: where to write; `runs/` and the current time if `None`.
            options: of the training.

        Raises:
            LabError: the folder already holds a training or a model.
        """
        folder = folder or RUNS / time.strftime("%Y%m%d-%H%M%S")
        if (folder / FACTS).exists():
            raise LabError(
                Bilingual(
                    f"{folder} 에는 이미 훈련이 있습니다. --resume {folder} 로 이어 가거나 다른 폴더를 --out으로 "
                    f"주세요.",
                    f"{folder} holds a training already: go on with --resume {folder}, or give another folder with "
                    f"--out.",
                ),
            )
        if (folder / WEIGHTS).exists():
            raise LabError(
                Bilingual(
                    f"{folder} 에는 이미 모델이 있습니다. 다른 폴더를 --out으로 주세요.",
                    f"{folder} holds a model already: give another folder with --out.",
                ),
            )
        return cls(folder, options)

    @classmethod
    def resumed(cls, name: str, given: Mapping[str, Any]) -> "TrainingRun":
        """Find an unfinished run.

        Args:
            name: its folder, or `newest`.
            given: options given on the command line, which must equal those of the run.

        Raises:
            LabError: there is no such run, it has ended, or an option differs.
        """
        folder = _newest_unfinished() if name == NEWEST else Path(name)
        options = _facts(folder).options
        if _ended(folder):
            raise LabError(
                Bilingual(
                    f"{folder} 의 훈련은 이미 끝났습니다. 대화하려면 lab chat --checkpoint {folder}, 더 훈련하려면 "
                    f"lab train --model {folder} 를 실행하세요.",
                    f"The training in {folder} has ended: talk with it by lab chat --checkpoint {folder}, or train it "
                    f"further by lab train --model {folder}.",
                ),
            )
        for option, value in given.items():
            begun = getattr(options, option)
            if value != begun:
                flag = f"--{option.replace('_', '-')}"
                raise LabError(
                    Bilingual(
                        f"{folder} 의 훈련은 {flag} {begun} 으로 시작했으므로 {value} 로는 이어 갈 수 없습니다. 그 "
                        f"옵션을 빼거나 --resume 없이 새로 시작해 주세요.",
                        f"The training in {folder} was started with {flag} {begun} and cannot go on with {value}: "
                        f"leave {flag} out, or start a new one without --resume.",
                    ),
                )
        return cls(folder, options)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Create the folder and lock it against other processes within this context.

        It is created before the slow preparations, so that a wrong path is reported at once.

        Raises:
            LabError: another process is training in it.
        """
        from filelock import FileLock, Timeout

        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise LabError(
                Bilingual(
                    f"{self.folder} 에서 다른 훈련이 진행되고 있습니다. 끝나기를 기다리거나 다른 폴더를 --out으로 "
                    f"주세요.",
                    f"Another training is at work in {self.folder}: wait for it, or give another folder with --out.",
                ),
            ) from None
        try:
            yield
        finally:
            lock.release()

    def check(self, table: "pd.DataFrame", checkpoint: str) -> Facts:
        """Compute the hashes of data, code and checkpoint; for a resumed run, compare them with those of its start.

        Args:
            table: the dialogs.
            checkpoint: folder that the model is loaded from.

        Raises:
            LabError: the data, the code or the checkpoint changed since the start.
        """
        options = self.options
        code = _sha256_of_files(folder_of(options.package).rglob("*.py"))
        model = _sha256_of_files(path for pattern in CHECKPOINT_FILES for path in Path(checkpoint).glob(pattern))
        facts = Facts(options, _sha256_of_table(table), code, model)
        if (self.folder / FACTS).exists():
            begun = _facts(self.folder)
            facts = msgspec.structs.replace(facts, matrix_type=begun.matrix_type)
            if begun != facts:
                changed = options.data if begun.data != facts.data else options.package
                changed = options.model if begun.model != facts.model else changed
                raise LabError(
                    Bilingual(
                        f"{self.folder} 의 훈련을 시작한 뒤로 {changed} 의 내용이 바뀌어 이어 갈 수 없습니다. "
                        f"되돌리거나 --resume 없이 새로 시작해 주세요.",
                        f"{changed} changed after the training in {self.folder} was started, so it cannot go on: "
                        f"change it back, or start a new one without --resume.",
                    ),
                )
        return facts

    def begin(self, facts: Facts) -> None:
        """Write `run.json`, once everything is checked and the training can begin."""
        with replaced(self.folder / FACTS) as new:
            new.write_bytes(msgspec.json.format(msgspec.json.encode(facts), indent=2) + b"\n")

    def write_curves(self, history: History, steps: int) -> list[float]:
        """Write `steps.csv`, `loss.csv` and `loss.png`.

        Args:
            history: what the training has done.
            steps: batches in an epoch.

        Returns:
            The mean cost of each finished epoch, in nats per token.
        """
        whole = len(history.losses) // steps
        costs = [sum(loss / steps for loss in history.losses[at * steps : (at + 1) * steps]) for at in range(whole)]
        self._write_table("steps.csv", ["step", "loss"], enumerate(history.losses, 1))
        if history.held_out:
            rows = itertools.zip_longest(range(whole + 1), ["", *costs], history.held_out)
            table = [(epoch, cost, loss, perplexity(loss)) for epoch, cost, loss in rows if loss is not None]
            self._write_table("loss.csv", ["epoch", "cost", "held_out_loss", "perplexity"], table)
        else:
            self._write_table("loss.csv", ["epoch", "cost"], enumerate(costs, 1))
        kit.plot_losses(costs, self.folder / "loss.png", history.held_out)
        return costs

    def _write_table(self, name: str, heads: list[str], rows: Any) -> None:
        with replaced(self.folder / name) as new, new.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(heads)
            writer.writerows(rows)

    def finish(self, model: Any, tokenizer: Any) -> None:
        """Save the checkpoint, the weights as its last file, and remove the state, which is no longer needed."""
        new = self.folder / ".checkpoint.new"
        remove(new)
        model.save_pretrained(new, safe_serialization=True)
        tokenizer.save_pretrained(new)
        for file in sorted(new.iterdir(), key=lambda file: file.name == WEIGHTS):
            file.replace(self.folder / file.name)
        remove(new)
        to_disk(self.folder)
        remove(self.state)


def absolute(name: str) -> str:
    """Make the path of an existing file or folder absolute; return any other name unchanged."""
    return name if name in RESERVED or not Path(name).exists() else str(Path(name).resolve())


def _ended(folder: Path) -> bool:
    return (folder / WEIGHTS).exists() and not (folder / STATE).exists()


def _newest_unfinished() -> Path:
    folders = [path.parent for path in RUNS.glob(f"*/{FACTS}") if not _ended(path.parent)]
    if not folders:
        raise LabError(
            Bilingual(
                f"{RUNS}/ 에 이어 갈 훈련이 없습니다. --resume 없이 시작하거나 --resume 뒤에 폴더를 적어 주세요.",
                f"There is no training to go on with in {RUNS}/: start one without --resume, or name its folder.",
            ),
        )
    return max(folders, key=lambda folder: (folder / FACTS).stat().st_mtime)


def _facts(folder: Path) -> Facts:
    try:
        return msgspec.json.decode((folder / FACTS).read_bytes(), type=Facts)
    except (OSError, msgspec.DecodeError) as error:
        raise LabError(
            Bilingual(
                f"{folder} 에서 이어 갈 훈련을 읽을 수 없습니다 ({FACTS}). `lab train`이 만든 폴더를 --resume에 "
                f"주세요.",
                f"There is no training to go on with in {folder} ({FACTS}): give --resume a folder that `lab train` "
                f"made.",
            ),
        ) from error


def _sha256_of_table(table: "pd.DataFrame") -> str:
    return hashlib.sha256(table[["Q", "A"]].to_csv(index=False).encode()).hexdigest()


def _sha256_of_files(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def newest_run() -> str:
    """Return the folder of the newest finished training.

    Raises:
        LabError: nothing has been trained yet.
    """
    runs = sorted(path.parent for path in RUNS.glob("*/model.safetensors"))
    if not runs:
        raise LabError(
            Bilingual(
                "아직 훈련한 모델이 없습니다. 먼저 `lab train`을 실행하거나 --checkpoint로 폴더를 알려 주세요.",
                "Nothing has been trained yet: run `lab train` first, or give a folder with --checkpoint.",
            ),
        )
    return str(max(runs, key=lambda run: (run / "model.safetensors").stat().st_mtime))

"""Plot a training that was killed and resumed over an uninterrupted one: `python -m docs.build.resumed`.

`lab train` trains the bundled model on the bundled dialogs twice with the same seed: once without interruption, once
killed with SIGKILL in the middle of its second epoch and resumed. The losses of all steps are plotted over each other,
with the largest difference in the title. The training that is killed saves every 5 s instead of every minute, as an
epoch of the small model takes less than that.
"""

import csv
import io
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from docs.build.files import Made, Texts, picture_paths, write

TRAIN = (sys.executable, "-m", "lab", "--lang", "en", "train")
TRAIN_SAVING_OFTEN = (
    "import lab.training.loop; lab.training.loop.SAVED_EVERY = 5.0; from lab.__main__ import main; main()"
)
OPTIONS = ("--epochs", "2", "--seed", "1")
DRAWING = Made("python -m docs.build.resumed", picture_paths("training/resumed.svg"), needs="minutes, to train twice")
MIDDLE = 55  # steps; an epoch has 40, as there are 1,310 dialogs, 32 in a batch


def losses(run: Path) -> list[float]:
    """Read the losses that a run has saved so far, in nats per token."""
    if not (run / "steps.csv").exists():
        return []
    with (run / "steps.csv").open(encoding="utf-8") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def train(*options: str) -> None:
    """Run `lab train` to its end."""
    subprocess.run([*TRAIN, *options], check=True)


def train_and_kill(run: Path) -> list[float]:
    """Start a training and kill it in the middle of its second epoch; returns the losses that it had saved."""
    process = subprocess.Popen([sys.executable, "-c", TRAIN_SAVING_OFTEN, "train", *OPTIONS, "--out", str(run)])
    while len(losses(run)) < MIDDLE:
        if process.poll() is not None:
            sys.exit("the training ended before it could be killed")
        time.sleep(0.1)
    time.sleep(2)  # so that some unsaved steps are lost
    process.send_signal(signal.SIGKILL)
    process.wait()
    return losses(run)


def draw(uninterrupted: list[float], saved: int, resumed: list[float]) -> Figure:
    """Plot both curves.

    Args:
        uninterrupted: losses of the uninterrupted training, in nats per token.
        saved: number of steps that were saved before the kill.
        resumed: losses of the killed and resumed training.
    """
    mpl.rcParams["svg.hashsalt"] = "resumed"
    difference = max(abs(a - b) for a, b in zip(uninterrupted, resumed, strict=True))
    figure = Figure(figsize=(7.2, 3.8), layout="constrained")
    axes = figure.subplots()
    steps = range(1, len(uninterrupted) + 1)
    axes.plot(steps, uninterrupted, color="#b9cbe8", linewidth=6, label="left alone")
    axes.plot(steps[:saved], resumed[:saved], color="#1f4e9c", linewidth=1.3, label="killed")
    axes.plot(steps[saved - 1 :], resumed[saved - 1 :], color="#c2410c", linewidth=1.3, label="resumed")
    axes.axvline(saved, color="#555555", linestyle=":", linewidth=1)
    axes.annotate("last save before the kill", (saved, axes.get_ylim()[1]), (4, -12), textcoords="offset points")
    title = f"{len(uninterrupted)} steps, largest difference {difference:g}"
    axes.set(xlabel="step", ylabel="loss (nats / token)", yscale="log", title=title)
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def texts(figure: Figure) -> Texts:
    """Write the plot as SVG, the same for all languages."""
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    return DRAWING.signed(dict.fromkeys(DRAWING.files, drawn.getvalue()))


def main() -> None:
    """Train twice, plot, and print a summary."""
    os.environ |= {"CUDA_VISIBLE_DEVICES": "-1"}
    with tempfile.TemporaryDirectory() as folder:
        uninterrupted, killed = Path(folder) / "uninterrupted", Path(folder) / "killed"
        train(*OPTIONS, "--out", str(uninterrupted))
        saved = len(train_and_kill(killed))
        train("--resume", str(killed))
        whole, resumed = losses(uninterrupted), losses(killed)
        same = (uninterrupted / "model.safetensors").read_bytes() == (killed / "model.safetensors").read_bytes()
    print(f"{len(whole)} steps, killed after a save at step {saved}; equal losses: {whole == resumed}; weights: {same}")
    write(texts(draw(whole, saved, resumed)))


if __name__ == "__main__":
    main()

"""Draw a training that was killed and resumed over one that was left alone: `python -m docs.build.resumed`.

The bundled model is trained on the bundled dialogs twice, with the same seed, by `lab train` in processes of its own:
once left alone, once killed with SIGKILL in the middle of its second epoch and resumed. The losses of all steps are
drawn over each other, and the largest difference is printed and written into the picture. The one that is killed
saves every 5 s in place of every minute, as an epoch of the small model takes less.
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
SAVES_OFTEN = "import lab.training.loop; lab.training.loop.SAVED_EVERY = 5.0; from lab.__main__ import main; main()"
OPTIONS = ("--epochs", "2", "--seed", "1")
DRAWING = Made("python -m docs.build.resumed", picture_paths("training/resumed.svg"), needs="minutes, to train twice")
MIDDLE = 55  # steps: an epoch has 40, as there are 1,310 dialogs, 32 in a batch


def losses(run: Path) -> list[float]:
    """The losses that a run has saved so far."""
    if not (run / "steps.csv").exists():
        return []
    with (run / "steps.csv").open(encoding="utf-8") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def train(*options: str) -> None:
    """Train to the end."""
    subprocess.run([*TRAIN, *options], check=True)


def train_and_kill(run: Path) -> list[float]:
    """Start a training and kill it in the middle of its second epoch; what it had saved."""
    process = subprocess.Popen([sys.executable, "-c", SAVES_OFTEN, "train", *OPTIONS, "--out", str(run)])
    while len(losses(run)) < MIDDLE:
        if process.poll() is not None:
            sys.exit("the training ended before it could be killed")
        time.sleep(0.1)
    time.sleep(2)  # some steps that are lost
    process.send_signal(signal.SIGKILL)
    process.wait()
    return losses(run)


def draw(alone: list[float], saved: int, resumed: list[float]) -> Figure:
    """The uninterrupted curve, and the other one over it."""
    mpl.rcParams["svg.hashsalt"] = "resumed"
    difference = max(abs(a - b) for a, b in zip(alone, resumed, strict=True))
    figure = Figure(figsize=(7.2, 3.8), layout="constrained")
    axes = figure.subplots()
    steps = range(1, len(alone) + 1)
    axes.plot(steps, alone, color="#b9cbe8", linewidth=6, label="left alone")
    axes.plot(steps[:saved], resumed[:saved], color="#1f4e9c", linewidth=1.3, label="killed")
    axes.plot(steps[saved - 1 :], resumed[saved - 1 :], color="#c2410c", linewidth=1.3, label="resumed")
    axes.axvline(saved, color="#555555", linestyle=":", linewidth=1)
    axes.annotate("last save before the kill", (saved, axes.get_ylim()[1]), (4, -12), textcoords="offset points")
    title = f"{len(alone)} steps, largest difference {difference:g}"
    axes.set(xlabel="step", ylabel="loss (nats / token)", yscale="log", title=title)
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def texts(figure: Figure) -> Texts:
    """The drawing, which is the same in all languages."""
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    return DRAWING.signed(dict.fromkeys(DRAWING.files, drawn.getvalue()))


def main() -> None:
    """Train, draw, and say what came of it."""
    os.environ |= {"CUDA_VISIBLE_DEVICES": "-1"}
    with tempfile.TemporaryDirectory() as folder:
        alone, killed = Path(folder) / "alone", Path(folder) / "killed"
        train(*OPTIONS, "--out", str(alone))
        saved = len(train_and_kill(killed))
        train("--resume", str(killed))
        whole, resumed = losses(alone), losses(killed)
        same = (alone / "model.safetensors").read_bytes() == (killed / "model.safetensors").read_bytes()
    print(f"{len(whole)} steps, killed after a save at step {saved}; equal losses: {whole == resumed}; weights: {same}")
    write(texts(draw(whole, saved, resumed)))


if __name__ == "__main__":
    main()

"""PyTorch's training loop, one step at a time, in a process and virtual environment of its own."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

PACKAGES = ("torch==2.13.0", "transformers==4.57.6", "numpy")
DRIVER = Path(__file__).parent / "peers" / "run_torch.py"


def environment(folder: Path) -> Path:
    """Make the virtual environment if it is missing; returns the path of its Python."""
    home = folder / "pytorch"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = home / f"ready-{'-'.join(PACKAGES)}"
    if not ready.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        ready.touch()
    return python


class TorchLoop:
    """Trains one step at each call, and does not compute in between.

    Args:
        envs: folder of virtual environments.
        config: a folder with the model's `config.json`.
        batches: integer array (batches, B, T), padded.
        seed: of the weights and of dropout.
    """

    def __init__(self, envs: Path, config: Path, batches: np.ndarray, seed: int) -> None:
        self.python = environment(envs)
        self.arguments = (config, batches, seed)

    def __enter__(self) -> Self:
        config, batches, seed = self.arguments
        self.folder = tempfile.TemporaryDirectory(prefix="pytorch-")
        path = Path(self.folder.name) / "batches.npy"
        np.save(path, batches)
        command = [self.python, DRIVER, config, path, str(seed)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._line()  # "ready"
        return self

    def step(self, dtype: str) -> float:
        """Train a step in a type, `float32` or `bfloat16`; returns its seconds."""
        print(dtype, file=self.process.stdin, flush=True)
        return float(self._line().split()[0])

    def _line(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"PyTorch's process ended with code {self.process.wait()}")
        return line

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.folder.cleanup()

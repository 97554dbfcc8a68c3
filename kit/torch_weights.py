"""Converting PyTorch weights to plain arrays: `python -m kit.torch_weights pytorch_model.bin arrays.safetensors`.

This runs in a separate process that imports PyTorch but not TensorFlow, as some versions of the two abort when both
are loaded in one process.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

from kit.errors import KitError
from kit.messages import Bilingual


def check_torch(name: str) -> None:
    """Check, without importing it, that PyTorch is installed.

    Args:
        name: the checkpoint that needs it, for the message.

    Raises:
        KitError: it is not installed.
    """
    if importlib.util.find_spec("torch") is None:
        raise KitError(
            Bilingual(
                f"{name} 의 가중치는 PyTorch 형식이라 한 번 변환하는 데 torch가 필요합니다. `make kogpt2`(또는 "
                f"프로젝트 폴더에서 `pip install -e '.[kogpt2]'`)를 실행하고 다시 시도해 주세요.",
                f"The weights of {name} are in PyTorch's format, and torch is needed once to convert them: run "
                f"`make kogpt2` (or `pip install -e '.[kogpt2]'` in the project's folder) and try again.",
            ),
        )


def extract(name: str, source: Path, target: Path) -> None:
    """Convert a `pytorch_model.bin` into a safetensors file of float32 arrays, in a separate process.

    Args:
        name: the checkpoint, for the message.
        source: the `pytorch_model.bin`.
        target: the safetensors file to write.

    Raises:
        KitError: the file holds no weights that can be read, or PyTorch does not work.
    """
    command = [sys.executable, "-m", "kit.torch_weights", str(source), str(target)]
    ended = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    if ended.returncode != 0:
        reason = (ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"])[-1][:200]
        raise KitError(
            Bilingual(
                f"{name} 의 {source.name} 을(를) torch로 읽지 못했습니다 ({reason}). `make kogpt2`를 다시 실행하거나 "
                f"다른 모델을 주세요.",
                f"torch could not read {source.name} of {name} ({reason}): install torch anew (`make kogpt2`), or name "
                f"another model.",
            ),
        )


def main(source: str, target: str) -> None:
    """Convert the file; `weights_only` refuses a pickle that would run code."""
    import torch
    from safetensors.numpy import save_file

    state: dict[str, Any] = torch.load(source, map_location="cpu", weights_only=True)
    # Buffers that are not floating point are attention masks, which TensorFlow's model makes itself.
    save_file({key: w.float().contiguous().numpy() for key, w in state.items() if w.is_floating_point()}, target)


if __name__ == "__main__":
    main(*sys.argv[1:])

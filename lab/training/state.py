"""Saving and restoring a training: weights, optimizer and history in one file, which is replaced atomically."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kit.errors import KitError
from kit.files import replaced
from kit.messages import Bilingual

HISTORY = "history"


@dataclass
class History:
    """What a training has done so far; the number of losses tells where to resume.

    Attributes:
        losses: the loss of each step, in nats per token.
        held_out: the held-out loss before training and after each epoch, in nats per token.
        answers: answers to the sample questions before training.
    """

    losses: list[float] = field(default_factory=list)
    held_out: list[float] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)


def save(path: Path, model: Any, optimizer: Any, history: History) -> None:
    """Save a training's state atomically: at any moment the disk holds the whole old state or the whole new one.

    Args:
        path: the file, in safetensors format; float32 weights and Adam's two moments take 12 bytes a parameter.
        model: a Keras model.
        optimizer: a Keras 2 or Keras 3 optimizer, built or not.
        history: what the training has done.

    Raises:
        KitError: the file cannot be written; the old state is kept.
    """
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    arrays = {f"model/{i}": array for i, array in enumerate(model.get_weights())}
    own: dict[str, Any] = {}
    optimizer.build(model.trainable_variables)  # has no effect after the first step
    optimizer.save_own_variables(own)
    arrays |= {f"optimizer/{key}": np.asarray(value) for key, value in own.items()}
    try:
        with replaced(path) as new:
            save_file(arrays, new, metadata={HISTORY: json.dumps(asdict(history), ensure_ascii=False)})
    except (OSError, SafetensorError) as error:
        raise KitError(
            Bilingual(
                f"{path} 에 훈련 상태를 저장하지 못했습니다 ({error}). 디스크와 권한을 확인하고 --resume으로 이어 "
                f"가세요. 앞서 저장한 상태는 그대로 있습니다.",
                f"The state of the training could not be saved in {path} ({error}): check disk and permissions and go "
                f"on with --resume; the state saved before is still there.",
            ),
        ) from error


def restore(path: Path, model: Any, optimizer: Any) -> History:
    """Restore a saved state into a model and an optimizer of the same kind.

    Args:
        path: the file that `save` wrote.
        model: a Keras model; its weights are replaced.
        optimizer: a Keras optimizer; its variables are replaced.

    Returns:
        The history.

    Raises:
        KitError: the file is damaged, or belongs to another model or optimizer.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- not a dict
            history = History(**json.loads(file.metadata()[HISTORY]))
        own = _part(arrays, "optimizer")
        optimizer.build(model.trainable_variables)
        if len(own) != len(optimizer.variables):
            raise ValueError("another optimizer")
        weights = _part(arrays, "model")
        model.set_weights([weights[str(i)] for i in range(len(weights))])
        optimizer.load_own_variables(own)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise KitError(
            Bilingual(
                f"{path} 의 훈련 상태를 읽을 수 없습니다 ({reason}). 이 훈련은 이어 갈 수 없으니 새로 시작해 주세요.",
                f"The state of the training in {path} cannot be read ({reason}): it cannot go on, start a new one.",
            ),
        ) from error
    return history


def _part(arrays: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name.removeprefix(f"{kind}/"): array for name, array in arrays.items() if name.startswith(f"{kind}/")}

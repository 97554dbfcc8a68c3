"""How far a training has come: weights, optimizer and history in one file, which is replaced as a whole."""

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
    """What has been done. Its lengths are the position: all else follows from the seed.

    Attributes:
        losses: the loss of each step, in nats per token.
        held_out: the held-out loss before training and after each epoch, in nats per token.
        answers: answers given before training.
    """

    losses: list[float] = field(default_factory=list)
    held_out: list[float] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)


def save(path: Path, model: Any, optimizer: Any, history: History) -> None:
    """Write a training's state; at any moment the old one or the new one is on the disk, whole.

    Args:
        path: the file, in safetensors format: float32 weights and Adam's moments are 12 bytes a weight.
        model: a Keras model.
        optimizer: a Keras optimizer of either generation, built or not.
        history: what has been done.

    Raises:
        KitError: it cannot be written; the old state is still there.
    """
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    arrays = {f"model/{i}": array for i, array in enumerate(model.get_weights())}
    own: dict[str, Any] = {}
    optimizer.build(model.trainable_variables)  # does nothing after the first step
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
    """Put a state back into a model and an optimizer of the same kind.

    Returns:
        What had been done.

    Raises:
        KitError: the file is damaged, or of another model or optimizer.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- it is no dict
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

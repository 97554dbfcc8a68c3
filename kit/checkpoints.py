"""Finding checkpoints: the bundled one, local folders, and the hub's, converted once into TensorFlow's format."""

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from kit.corpus import cache_dir
from kit.environment import tensorflow_alone
from kit.errors import KitError
from kit.files import replaced
from kit.hub import CONFIG, PYTORCH, SMALL_FILES, Repository, check_free_space, check_gpt2, weights_among
from kit.messages import Bilingual
from kit.torch_weights import check_torch, extract

MINI = Path(__file__).parent / "mini"
SOURCE = "source.json"  # in a converted folder: where it came from

Importing = Callable[[], AbstractContextManager[None]]


def resolve(name: str) -> str:
    """Turn `"mini"` into the path of the bundled mini-KoGPT2; return any other name unchanged.

    The folder holds a tokenizer and TensorFlow weights, so `from_pretrained` can load both.

    >>> resolve("skt/kogpt2-base-v2")
    'skt/kogpt2-base-v2'
    """
    return str(MINI) if name == "mini" else name


def learning_rate_for(name: str) -> float:
    """Suggest a learning rate for a checkpoint: 1e-3 for `"mini"`, 3e-5 for a model of KoGPT2's size.

    A model of 2 million weights needs, and tolerates, larger steps than one of 125 million.
    """
    return 1e-3 if name == "mini" else 3e-5


def prepared(name: str, importing: Importing = contextlib.nullcontext) -> str:
    """Make sure that a checkpoint is a local folder which `from_pretrained` can load with TensorFlow.

    The bundled checkpoint and folders with TensorFlow weights are returned as they are. A checkpoint of the hub, or a
    folder with PyTorch weights, is converted once and kept in `cache_dir()`; afterwards neither network nor PyTorch is
    needed. Two processes that convert the same checkpoint wait for each other; one that is killed leaves nothing half
    written.

    Args:
        name: `"mini"`, the path of a folder, or a name on the hub.
        importing: a context manager to import TensorFlow in, if a conversion needs it.

    Returns:
        The folder's path. A converted folder also holds `source.json`: name, commit and file of the weights.

    Raises:
        KitError: there is no such folder or repository, it cannot be reached, it is no GPT-2, or PyTorch is needed and
            not installed.
    """
    folder = Path(resolve(name))
    if folder.is_dir():
        weights = weights_among({path.name for path in folder.iterdir()})
        if weights is None or not _is_pytorch(folder / weights):
            return str(folder)
        stamp = (folder / weights).stat()
        fingerprint = hashlib.sha256(f"{folder.resolve()}\0{stamp.st_size}\0{stamp.st_mtime_ns}".encode()).hexdigest()
        return _cached(f"folder--{fingerprint[:16]}", lambda new: _from_folder(name, folder, weights, new, importing))
    if folder.is_absolute() or name.startswith(".") or name.count("/") > 1:
        raise KitError(
            Bilingual(
                f"{name} 폴더가 없습니다. 경로를 확인하거나, mini 또는 skt/kogpt2-base-v2 같은 허브의 이름을 주세요.",
                f"There is no folder {name}: check the path, or give mini or a name on the hub such as "
                f"skt/kogpt2-base-v2.",
            ),
        )
    return _cached(name.replace("/", "--"), lambda new: _from_hub(name, new, importing))


def _cached(key: str, make: Callable[[Path], None]) -> str:
    """Return the cache folder of a key; if there is none yet, let `make` fill a new one and move it into place."""
    from filelock import FileLock

    folder = cache_dir() / "checkpoints" / key
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f"{key}.lock")):
            if not folder.is_dir():  # no other process made it while this one waited
                with replaced(folder) as new:
                    new.mkdir()
                    make(new)
    return str(folder)


def _from_hub(name: str, new: Path, importing: Importing) -> None:
    repository = Repository(name)
    if repository.weights == PYTORCH:
        check_torch(name)  # before half a gigabyte is downloaded
    _convert(name, repository.download(), repository.weights, new, importing)
    _note_source(new, name=name, commit=repository.commit, weights=repository.weights)


def _from_folder(name: str, folder: Path, weights: str, new: Path, importing: Importing) -> None:
    check_gpt2(name, folder / CONFIG)
    if weights == PYTORCH:
        check_torch(name)
    _convert(name, folder, weights, new, importing)
    _note_source(new, name=name, commit=None, weights=weights)


def _note_source(new: Path, **facts: str | None) -> None:
    (new / SOURCE).write_text(json.dumps(facts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _convert(name: str, folder: Path, weights: str, new: Path, importing: Importing) -> None:
    """Write TensorFlow weights, the config and the tokenizer's files to `new`."""
    check_free_space(new, 2 * (folder / weights).stat().st_size)
    for file in (CONFIG, *SMALL_FILES):
        if (folder / file).is_file():
            shutil.copyfile(folder / file, new / file)
    source = folder / weights
    if weights == PYTORCH:
        source = new / "arrays.safetensors"
        extract(name, folder / weights, source)
    tensorflow_alone()
    with importing():
        try:
            _loaded(folder, source).save_pretrained(new, safe_serialization=True)
        except Exception as error:  # transformers, safetensors, h5py and TensorFlow raise many kinds
            if isinstance(error, OSError) and error.errno is not None:  # the disk is at fault, not the checkpoint
                raise
            reason = " ".join(str(error).split())[:200]
            raise KitError(
                Bilingual(
                    f"{name} 의 {weights} 이(가) {CONFIG}과 맞지 않거나 망가졌습니다 ({reason}). 다른 모델을 주세요.",
                    f"{weights} of {name} does not fit its {CONFIG}, or is damaged ({reason}): name another model.",
                ),
            ) from error
    if source.parent == new:
        source.unlink()


def _loaded(folder: Path, source: Path) -> Any:
    """Load the model, config from `folder` and weights from `source`.

    Raises:
        ValueError: weights are missing.
    """
    from transformers import GPT2Config, TFGPT2LMHeadModel

    if not _is_pytorch(source):
        model, info = TFGPT2LMHeadModel.from_pretrained(folder, output_loading_info=True)
        if info["missing_keys"]:
            raise ValueError(f"missing: {', '.join(info['missing_keys'][:3])}")
        return model
    # transformers 4.57.6 cannot read PyTorch's safetensors into TensorFlow; its converter accepts plain arrays.
    from safetensors.numpy import load_file
    from transformers.modeling_tf_pytorch_utils import load_pytorch_state_dict_in_tf2_model

    model = TFGPT2LMHeadModel(GPT2Config.from_pretrained(folder))
    return load_pytorch_state_dict_in_tf2_model(model, load_file(source))


def _is_pytorch(weights: Path) -> bool:
    """Whether a weights file is in PyTorch's format: a `.bin`, or safetensors not labelled as TensorFlow's."""
    if weights.suffix != ".safetensors":
        return weights.name == PYTORCH
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(weights, "np") as file:
            return (file.metadata() or {}).get("format") != "tf"
    except SafetensorError:
        return False  # damaged: loading it will raise an error that says so

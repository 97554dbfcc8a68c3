"""Where checkpoints lie: the bundled one, folders, and those of the hub, converted once into TensorFlow's format."""

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
from kit.hub import BESIDE, CONFIG, PYTORCH, Repository, check_gpt2, check_room, weights_among
from kit.messages import Bilingual
from kit.torch_weights import check_torch, extract

MINI = Path(__file__).parent / "mini"
SOURCE = "source.json"

Importing = Callable[[], AbstractContextManager[None]]


def resolve(name: str) -> str:
    """Turn `"mini"` into the directory of the bundled mini-KoGPT2; return any other name unchanged.

    The directory holds a tokenizer and TensorFlow weights, so plain `from_pretrained` loads both.

    >>> resolve("skt/kogpt2-base-v2")
    'skt/kogpt2-base-v2'
    """
    return str(MINI) if name == "mini" else name


def learning_rate_for(name: str) -> float:
    """A learning rate that suits the checkpoint: 1e-3 for `"mini"`, 3e-5 for a model of KoGPT2's size.

    A model of 2 million weights needs, and bears, larger steps than one of 125 million.
    """
    return 1e-3 if name == "mini" else 3e-5


def prepared(name: str, importing: Importing = contextlib.nullcontext) -> str:
    """A folder that plain `from_pretrained` loads with TensorFlow, whatever the checkpoint was.

    The bundled checkpoint and folders with TensorFlow weights are returned as they are. A checkpoint of the hub, or a
    folder with PyTorch's weights, is converted into `cache_dir()` once; from then on neither network nor PyTorch is
    needed. Two that prepare the same one wait for each other, and one that is killed leaves no half checkpoint.

    Args:
        name: `"mini"`, a folder, or a name on the hub.
        importing: a context to import TensorFlow in, where a conversion needs it.

    Returns:
        The folder's path. A converted one also holds `source.json`: name, commit and file of the weights.

    Raises:
        KitError: there is no such folder or repository, no way to it, it is no GPT-2, or PyTorch is needed and missing.
    """
    folder = Path(resolve(name))
    if folder.is_dir():
        weights = weights_among({path.name for path in folder.iterdir()})
        if weights is None or not _is_pytorch(folder / weights):
            return str(folder)
        stamp = (folder / weights).stat()
        mark = hashlib.sha256(f"{folder.resolve()}\0{stamp.st_size}\0{stamp.st_mtime_ns}".encode()).hexdigest()
        return _cached(f"folder--{mark[:16]}", lambda new: _from_folder(name, folder, weights, new, importing))
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
    """The cache's folder of a key; `make` fills it, beside it, when it is not there yet."""
    from filelock import FileLock

    folder = cache_dir() / "checkpoints" / key
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f"{key}.lock")):
            if not folder.is_dir():  # nobody made it while this one waited
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
    """Write TensorFlow weights and the tokenizer's files to `new`."""
    check_room(new, 2 * (folder / weights).stat().st_size)
    for file in (CONFIG, *BESIDE):
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
            if isinstance(error, OSError) and error.errno is not None:  # the disk's business
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
    """The model with all of its weights.

    Raises:
        ValueError: weights are missing.
    """
    from transformers import GPT2Config, TFGPT2LMHeadModel

    if not _is_pytorch(source):
        model, info = TFGPT2LMHeadModel.from_pretrained(folder, output_loading_info=True)
        if info["missing_keys"]:
            raise ValueError(f"missing: {', '.join(info['missing_keys'][:3])}")
        return model
    # transformers 4.57.6 cannot read PyTorch's safetensors into TensorFlow itself; its converter takes plain arrays.
    from safetensors.numpy import load_file
    from transformers.modeling_tf_pytorch_utils import load_pytorch_state_dict_in_tf2_model

    model = TFGPT2LMHeadModel(GPT2Config.from_pretrained(folder))
    return load_pytorch_state_dict_in_tf2_model(model, load_file(source))


def _is_pytorch(weights: Path) -> bool:
    """Whether a file of weights is PyTorch's: its `.bin`, or a safetensors file that does not say TensorFlow."""
    if weights.suffix != ".safetensors":
        return weights.name == PYTORCH
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(weights, "np") as file:
            return (file.metadata() or {}).get("format") != "tf"
    except SafetensorError:
        return False  # damaged: whoever loads it says so

"""A GPT-2's checkpoint from the hub: which files, downloaded and checked."""

import hashlib
import json
import logging
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from kit.errors import KitError
from kit.hub_errors import explained
from kit.messages import Bilingual

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo, RepoSibling

CONFIG = "config.json"
PYTORCH = "pytorch_model.bin"
WEIGHTS = ("model.safetensors", "tf_model.h5", PYTORCH)  # the first two need no torch, so they are preferred
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
TOKENIZER_IN_PARTS = ("vocab.json", "merges.txt")
BESIDE = (*TOKENIZER, *TOKENIZER_IN_PARTS, "generation_config.json")


def weights_among(names: Collection[str]) -> str | None:
    """The file of weights to take, out of the names of a folder's or repository's files."""
    return next((name for name in WEIGHTS if name in names), None)


class Repository:
    """A repository of the hub (`HF_ENDPOINT` names another one), at the commit that is its newest now.

    Args:
        name: `owner/name`.

    Attributes:
        commit: the commit's hash.
        weights: which of `WEIGHTS` to take.

    Raises:
        KitError: no connection, no such repository, no access, no weights or tokenizer, or it is no GPT-2.
    """

    def __init__(self, name: str) -> None:
        from huggingface_hub import HfApi

        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it warns of each attempt before it raises
        with explained(name):
            info: ModelInfo = HfApi().model_info(name, files_metadata=True)
        self.name = name
        self.commit = str(info.sha)
        self.files: dict[str, RepoSibling] = {file.rfilename: file for file in info.siblings or ()}
        self.weights = self._weights()

    def _weights(self) -> str:
        weights = weights_among(self.files)
        if weights is None or CONFIG not in self.files:
            raise KitError(
                Bilingual(
                    f"허브의 {self.name} 에는 읽을 수 있는 가중치({', '.join(WEIGHTS)})나 {CONFIG}이 없습니다. 다른 "
                    f"모델의 이름을 주세요.",
                    f"{self.name} on the hub has no {CONFIG} or no weights that can be read ({', '.join(WEIGHTS)}): "
                    f"name another model.",
                ),
            )
        if TOKENIZER[0] not in self.files and not self.files.keys() >= set(TOKENIZER_IN_PARTS):
            raise KitError(
                Bilingual(
                    f"허브의 {self.name} 에는 토크나이저({TOKENIZER[0]})가 없습니다. 다른 모델의 이름을 주세요.",
                    f"{self.name} on the hub has no tokenizer ({TOKENIZER[0]}): name another model.",
                ),
            )
        check_gpt2(self.name, self._download(CONFIG))
        return weights

    def download(self) -> Path:
        """Download what is needed and not yet there; an interrupted download goes on where it stopped.

        Returns:
            The folder of the files, in the hub's own cache.

        Raises:
            KitError: the connection failed, the disk has no room, or a file is not what the hub says it is.
        """
        for name in BESIDE:
            if name in self.files:
                self._download(name)
        return self._download(self.weights).parent

    def _download(self, name: str) -> Path:
        from huggingface_hub import constants, hf_hub_download

        file = self.files[name]
        check_room(Path(constants.HF_HUB_CACHE), file.size or 0)
        with explained(self.name):
            path = Path(hf_hub_download(self.name, name, revision=self.commit))
        if not _is(path, file):
            path.resolve().unlink()  # or the hub's cache would give it again
            path.unlink(missing_ok=True)
            raise KitError(
                Bilingual(
                    f"{self.name} 의 {name} 이(가) 받는 동안 망가져서 버렸습니다. 네트워크를 확인하고 다시 실행해 "
                    f"주세요.",
                    f"{name} of {self.name} was damaged on its way and has been thrown away: check the network and "
                    f"run it again.",
                ),
            )
        return path


def check_gpt2(name: str, config: Path) -> None:
    """Look into a checkpoint's `config.json`.

    Raises:
        KitError: it cannot be read, or the model is no GPT-2.
    """
    try:
        kind = json.loads(config.read_text(encoding="utf-8"))["model_type"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KitError(
            Bilingual(
                f"{name} 의 {CONFIG}에서 모델의 종류(model_type)를 읽을 수 없습니다. GPT-2의 이름이나 폴더를 주세요.",
                f"{CONFIG} of {name} does not tell the kind of model (model_type): name a GPT-2 or its folder.",
            ),
        ) from error
    if kind != "gpt2":
        raise KitError(
            Bilingual(
                f"{name} 은(는) GPT-2가 아니라 {kind} 모델입니다. skt/kogpt2-base-v2 같은 GPT-2의 이름을 주세요.",
                f"{name} is no GPT-2 but of the kind {kind}: name a GPT-2 such as skt/kogpt2-base-v2.",
            ),
        )


def check_room(folder: Path, size: int) -> None:
    """Look whether a disk has room for a file of `size` bytes, before the long wait.

    Raises:
        KitError: it has not.
    """
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if free < size:
        raise KitError(
            Bilingual(
                f"{folder} 의 디스크에 {size / 1e6:,.0f} MB가 필요한데 {free / 1e6:,.0f} MB만 남아 있습니다. 자리를 "
                f"비우고 다시 실행해 주세요.",
                f"The disk of {folder} has {free / 1e6:,.0f} MB left and {size / 1e6:,.0f} MB are needed: make room "
                f"and run it again.",
            ),
        )


def _is(path: Path, file: "RepoSibling") -> bool:
    """Whether a file's content is what the hub lists: by SHA-256 where it is in LFS, else by git's own hash."""
    if file.lfs is not None:
        with path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest() == file.lfs.sha256
    content = path.read_bytes()
    blob = hashlib.sha1(f"blob {len(content)}\0".encode() + content, usedforsecurity=False)
    return file.blob_id in (None, blob.hexdigest())

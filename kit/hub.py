"""Downloading a GPT-2 checkpoint from the Hugging Face hub, and checking its files."""

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
WEIGHTS = ("model.safetensors", "tf_model.h5", PYTORCH)  # in order of preference: the first two need no torch
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
TOKENIZER_IN_PARTS = ("vocab.json", "merges.txt")
SMALL_FILES = (*TOKENIZER, *TOKENIZER_IN_PARTS, "generation_config.json")


def weights_among(names: Collection[str]) -> str | None:
    """Choose the weights file to load from the file names of a folder or repository; `None` if there is none."""
    return next((name for name in WEIGHTS if name in names), None)


class Repository:
    """A repository of the hub at its newest commit; the variable `HF_ENDPOINT` selects another hub.

    Args:
        name: `owner/name`.

    Attributes:
        commit: the commit's hash.
        weights: the one of `WEIGHTS` to load.

    Raises:
        KitError: there is no connection, no such repository or no access, or it holds no weights, no tokenizer, or
            another kind of model than GPT-2.
    """

    def __init__(self, name: str) -> None:
        from huggingface_hub import HfApi

        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # its warnings repeat what the error says
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
        """Download the files that are not cached yet; an interrupted download is continued.

        Returns:
            The folder of the files, in the cache of `huggingface_hub`.

        Raises:
            KitError: the connection failed, the disk is too full, or a file's hash is not the one the hub lists.
        """
        for name in SMALL_FILES:
            if name in self.files:
                self._download(name)
        return self._download(self.weights).parent

    def _download(self, name: str) -> Path:
        from huggingface_hub import constants, hf_hub_download

        file = self.files[name]
        check_free_space(Path(constants.HF_HUB_CACHE), file.size or 0)
        with explained(self.name):
            path = Path(hf_hub_download(self.name, name, revision=self.commit))
        if not _has_listed_hash(path, file):
            path.resolve().unlink()  # otherwise the cache would return the damaged file again
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
    """Check that a checkpoint's `config.json` describes a GPT-2.

    Args:
        name: the checkpoint, as error messages call it.
        config: the path of its `config.json`.

    Raises:
        KitError: the file cannot be read, or the model is no GPT-2.
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


def check_free_space(folder: Path, size: int) -> None:
    """Check before a long download or conversion that its file will fit on the disk.

    Args:
        folder: where the file will be written; need not exist yet.
        size: of the file, in bytes.

    Raises:
        KitError: it will not fit.
    """
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if free < size:
        raise KitError(
            Bilingual(
                f"{folder} 의 디스크에 {size / 1e6:,.0f} MB가 필요한데 {free / 1e6:,.0f} MB만 남아 있습니다. 자리를 "
                f"비우고 다시 실행해 주세요.",
                f"The disk of {folder} has {free / 1e6:,.0f} MB left and {size / 1e6:,.0f} MB are needed: make room "
                f"and run it again.",
            ),
        )


def _has_listed_hash(path: Path, file: "RepoSibling") -> bool:
    """Whether a file has the hash that the hub lists: SHA-256 for a file in LFS, git's blob hash for any other."""
    if file.lfs is not None:
        with path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest() == file.lfs.sha256
    content = path.read_bytes()
    blob = hashlib.sha1(f"blob {len(content)}\0".encode() + content, usedforsecurity=False)
    return file.blob_id in (None, blob.hexdigest())

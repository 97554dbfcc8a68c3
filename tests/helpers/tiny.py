"""The bundled model cut down for tests that are not about the model: one block, and short answers."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

import kit.checkpoints
from kit.checkpoints import MINI

END = 1  # the id of </s>
EAGER_TO_END = 4.0  # about what is added to the logit of </s>, so that most answers have a few tokens


def make_tiny(folder: Path) -> Path:
    """Write the checkpoint: the bundled one's tokenizer, embeddings and first block, and a bias towards `</s>`."""
    shutil.copytree(MINI, folder)
    config = json.loads((MINI / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"n_layer": 1}), encoding="utf-8")
    with safe_open(MINI / "model.safetensors", "np") as file:
        metadata = file.metadata()
        names = [name for name in file.keys() if "/h_._" not in name or "/h_._0/" in name]  # noqa: SIM118
        arrays = {name: file.get_tensor(name) for name in names}
    [embedding] = [array for name, array in arrays.items() if "/wte/" in name]
    [bias] = [array for name, array in arrays.items() if "/ln_f/beta" in name]
    bias += EAGER_TO_END * embedding[END] / (embedding[END] @ embedding[END])
    save_file(arrays, folder / "model.safetensors", metadata=metadata)
    return folder


def tiny_for_mini(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fixture: while it lasts, the name `mini` stands for a tiny checkpoint in this process; yields its folder."""
    with pytest.MonkeyPatch.context() as patch:
        folder = make_tiny(tmp_path_factory.mktemp("tiny") / "mini")
        patch.setattr(kit.checkpoints, "MINI", folder)
        yield folder

"""The real KoGPT2's layout, from a hub on loopback through torch into `lab train` and `lab chat`, by real processes.

The tokenizer and the configuration are the real ones; the weights are seeded and of two layers, in a real
`pytorch_model.bin` with the names and extra buffers that KoGPT2's own file has.
"""

import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from tests.helpers.hub import serving
from tests.lab.training.test_real_data import CHECKPOINT
from tests.lab.training.test_real_data import pytestmark as needs_real_data

NAME = "skt/kogpt2-base-v2"
LAYERS = 2

pytestmark = [
    *needs_real_data,
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed (`make kogpt2`)"),
]

# PyTorch has a process of its own here as well.
WRITE_WEIGHTS = """
import json, sys
import torch
config = json.load(open(sys.argv[1]))
torch.manual_seed(0)
width = config["n_embd"]
def normal(*shape): return torch.randn(*shape) * 0.02
state = {"transformer.wte.weight": normal(config["vocab_size"], width),
         "transformer.wpe.weight": normal(config["n_positions"], width)}
for layer in range(config["n_layer"]):
    at = f"transformer.h.{layer}."
    for norm in ("ln_1", "ln_2"):
        state |= {f"{at}{norm}.weight": torch.ones(width), f"{at}{norm}.bias": torch.zeros(width)}
    for name, rows, columns in (("attn.c_attn", 1, 3), ("attn.c_proj", 1, 1), ("mlp.c_fc", 1, 4), ("mlp.c_proj", 4, 1)):
        state[f"{at}{name}.weight"] = normal(rows * width, columns * width)
        state[f"{at}{name}.bias"] = normal(columns * width)
    state[f"{at}attn.bias"] = torch.ones(1, 1, 1024, 1024, dtype=torch.uint8).tril()
    state[f"{at}attn.masked_bias"] = torch.tensor(-1e4)
state |= {"transformer.ln_f.weight": torch.ones(width), "transformer.ln_f.bias": torch.zeros(width)}
state["lm_head.weight"] = state["transformer.wte.weight"]
torch.save(state, sys.argv[2])
import numpy
numpy.savez(sys.argv[3], **{key: value.numpy() for key, value in state.items()})
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A folder as the hub's repository is, and its weights as arrays."""
    folder = tmp_path_factory.mktemp("repository")
    config = json.loads((CHECKPOINT / "config.json").read_text(encoding="utf-8")) | {"n_layer": LAYERS}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "tokenizer.json").write_bytes((CHECKPOINT / "tokenizer.json").read_bytes())
    arrays = tmp_path_factory.mktemp("arrays") / "arrays.npz"
    command = [sys.executable, "-c", WRITE_WEIGHTS, folder / "config.json", folder / "pytorch_model.bin", arrays]
    subprocess.run(command, check=True)
    return folder, np.load(arrays)


@pytest.fixture(scope="module")
def home(repository, tmp_path_factory):
    """A folder to work in, in which the model has been fine-tuned from the hub once, and what was said and asked."""
    folder = tmp_path_factory.mktemp("home")
    rows = "".join(f"{i}번 질문이에요,{i}번 답변이에요.\n" for i in range(8))
    (folder / "dialogs.csv").write_text(f"Q,A\n{rows}", encoding="utf-8")
    with serving() as hub:
        hub.add(NAME, repository[0])
        done = lab(folder, "train", "--model", NAME, "--data", "dialogs.csv", "--epochs", "1", "--batch-size", "4",
                   "--out", "first", hub=hub.url)  # fmt: skip
        asked = list(hub.requests)
    return folder, done, asked


def lab(folder, *arguments, hub="http://127.0.0.1:9", **variables):
    """Run `lab` in a folder with caches of its own; without `hub` nothing answers there."""
    environment = os.environ | {
        "HF_ENDPOINT": hub,
        "HF_HOME": str(folder / "hub"),
        "KOGPT2_LAB_CACHE": str(folder / "cache"),
        "KOGPT2_LAB_LANG": "en",
        **variables,
    }
    environment.pop("USE_TORCH", None)  # a user has not set it
    command = [sys.executable, "-m", "lab", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_it_is_downloaded_converted_and_trained(home):
    folder, done, asked = home

    assert done.returncode == 0, done.stderr
    assert "8 dialogs" in done.stdout
    assert "cost = " in done.stdout
    assert (folder / "first" / "model.safetensors").is_file()
    assert sum("pytorch_model.bin" in request and request.startswith("GET") for request in asked) >= 1


def test_the_weights_are_the_repositorys(home, repository):
    from solution.pretrained import load_model

    model = load_model(str(home[0] / "cache" / "checkpoints" / "skt--kogpt2-base-v2"))
    mine = {weight.name: weight.numpy() for weight in model.weights}
    _, theirs = repository

    assert len(mine) == 4 + 12 * LAYERS
    for name, array in mine.items():
        stem = name.removeprefix("tfgpt2lm_head_model/").removesuffix(":0")
        key = stem.replace("h_._", "h.").replace("/", ".").replace("embeddings", "weight")
        key = key.replace("gamma", "weight").replace("beta", "bias")
        assert np.array_equal(array.squeeze(), theirs[key]), key


def test_the_special_tokens_are_named_and_the_extra_one_becomes_unk(home):
    from solution.pretrained import load_tokenizer

    tokenizer = load_tokenizer(str(home[0] / "first"))

    assert tokenizer.convert_ids_to_tokens(range(7)) == ["<s>", "</s>", "<usr>", "<pad>", "<sys>", "<unk>", "<mask>"]
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id) == (0, 1, 3)
    assert tokenizer.encode("<usr>오늘도 좋은 하루!<sys>") == [2, 10070, 7235, 10586, 12557, 376, 4]


def test_the_second_time_neither_torch_nor_the_network_is_needed(home):
    folder, *_ = home
    (folder / "no_torch").mkdir()
    (folder / "no_torch" / "torch.py").write_text("raise RuntimeError('torch was imported')", encoding="utf-8")
    done = lab(folder, "train", "--model", NAME, "--data", "dialogs.csv", "--epochs", "1", "--batch-size", "4",
               "--out", "second", PYTHONPATH=str(folder / "no_torch"))  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert (folder / "first" / "loss.csv").read_text() == (folder / "second" / "loss.csv").read_text()


def test_one_can_talk_with_it(home):
    done = lab(home[0], "chat", "3번 질문이에요", "--checkpoint", "first", "--greedy")

    assert done.returncode == 0, done.stderr


def test_a_pickle_that_would_run_code_is_refused(home, repository, tmp_path):
    evil = "import os, pickle, sys\nclass Evil:\n    def __reduce__(self): return os.mkdir, (sys.argv[2],)\n"
    evil += "import torch; torch.save({'a': Evil()}, sys.argv[1])"
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((repository[0] / name).read_bytes())
    trap = tmp_path / "trap"
    subprocess.run([sys.executable, "-c", evil, tmp_path / "pytorch_model.bin", trap], check=True)
    done = lab(home[0], "train", "--model", str(tmp_path), "--data", "dialogs.csv", "--out", "third")

    assert done.returncode == 2
    assert "torch could not read pytorch_model.bin" in done.stderr
    assert "Traceback" not in done.stderr
    assert not trap.exists()
    assert len(list((home[0] / "cache" / "checkpoints").glob("*/"))) == 1

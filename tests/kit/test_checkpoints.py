"""Preparing a checkpoint: from a hub on loopback or a folder into the cache, once; and what is said when it fails."""

import errno
import importlib.util
import json
import multiprocessing
import os
import shutil
import threading

import numpy as np
import pytest
from huggingface_hub import constants

import kit.checkpoints
import kit.hub
from kit import KitError
from kit.checkpoints import MINI, prepared
from kit.messages import language
from tests.helpers.hub import COMMIT, point_client_at

NAME = "somebody/mini-gpt2"


@pytest.fixture(scope="session")
def weights():
    """The weights of the bundled model, in the order of TensorFlow's model."""
    from solution.pretrained import load_model

    return load_model(str(MINI)).get_weights()


@pytest.fixture(scope="session")
def pytorch_folder(tmp_path_factory):
    """The bundled model as PyTorch would save it: its names, in a safetensors file that says so."""
    from safetensors.numpy import save_file
    from transformers.modeling_tf_pytorch_utils import convert_tf_weight_name_to_pt_weight_name

    from solution.pretrained import load_model

    folder = tmp_path_factory.mktemp("pytorch")
    shutil.copytree(MINI, folder, dirs_exist_ok=True)
    arrays = {}
    for weight in load_model(str(MINI)).weights:
        name, _ = convert_tf_weight_name_to_pt_weight_name(weight.name, tf_weight_shape=weight.shape)
        array = weight.numpy()
        arrays[name] = array.squeeze()  # a bias is a row in TensorFlow, a vector in PyTorch
    save_file(arrays, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def same_weights(folder, weights):
    from solution.pretrained import load_model

    return all(np.array_equal(*pair) for pair in zip(load_model(folder).get_weights(), weights, strict=True))


def sentence(name):
    """What is said about a name, in both languages in turn; nothing is left in the cache."""
    with pytest.raises(KitError) as caught:
        prepared(name)
    assert name in caught.value.text.en
    assert language() == "ko"
    assert list(kit.checkpoints.cache_dir().glob("checkpoints/*/")) == []
    assert list(kit.checkpoints.cache_dir().glob("checkpoints/.*")) == []
    return caught.value.text.en


# What works


def test_the_bundled_checkpoint_and_tensorflow_folders_stay_where_they_are(tmp_path):
    folder = shutil.copytree(MINI, tmp_path / "copy")

    assert prepared("mini") == str(MINI)
    assert prepared(str(folder)) == str(folder)


def test_tensorflow_weights_of_the_hub_are_loaded_and_kept(hub, weights):
    hub.add(NAME, MINI)

    folder = prepared(NAME)

    assert same_weights(folder, weights)
    assert json.loads((kit.checkpoints.Path(folder) / "source.json").read_text()) == {
        "name": NAME,
        "commit": COMMIT,
        "weights": "model.safetensors",
    }


def test_the_second_time_nobody_is_asked(hub):
    hub.add(NAME, MINI)
    folder = prepared(NAME)
    asked = len(hub.requests)
    hub.refusals[NAME] = (404, "RepoNotFound")

    assert prepared(NAME) == folder
    assert len(hub.requests) == asked


def test_pytorchs_safetensors_need_no_torch(hub, pytorch_folder, weights, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    hub.add(NAME, pytorch_folder)

    assert same_weights(prepared(NAME), weights)


def test_a_folder_with_pytorchs_weights_is_converted_anew_when_they_change(hub, pytorch_folder, weights, tmp_path):
    folder = shutil.copytree(pytorch_folder, tmp_path / "mine")
    first, second = prepared(str(folder)), prepared(str(folder))
    (folder / "model.safetensors").touch()

    assert same_weights(first, weights)
    assert first == second != prepared(str(folder))
    assert hub.requests == []


def test_only_what_is_needed_is_downloaded(hub, pytorch_folder):
    hub.add(NAME, pytorch_folder, pytorch_model__bin=b"another form", onnx__bin=b"more", README__md=b"# Model")
    prepared(NAME)

    assert not any(word in request for request in hub.requests for word in ("bin", "README"))


def test_two_at_once_download_once_and_agree(hub):
    hub.add(NAME, MINI)
    folders = []
    threads = [threading.Thread(target=lambda: folders.append(prepared(NAME))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(folders) == 2
    assert len(set(folders)) == 1
    assert sum("/api/" in request for request in hub.requests) == 1


def test_an_interrupted_download_goes_on_where_it_stopped(hub, weights):
    hub.add(NAME, MINI)
    whole = hub.repositories[NAME]["model.safetensors"]
    hub.sent["model.safetensors"] = whole[:2_000_000]
    broken = sentence(NAME)
    hub.sent.clear()
    hub.requests.clear()

    assert "run it again" in broken
    assert same_weights(prepared(NAME), weights)


# What goes wrong


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (404, "RepoNotFound", "check the name"),
        (401, "RepoNotFound", "hf auth login"),
        (401, "GatedRepo", "agree on the model's page"),
        (403, "GatedRepo", "agree on the model's page"),
        (403, "", "with a token that may read it"),
        (503, "", "run it again"),
    ],
)
def test_a_refusal_is_explained(hub, status, code, words):
    hub.add(NAME, MINI)
    hub.refusals[NAME] = (status, code)

    assert words in sentence(NAME)


def test_a_name_that_cannot_be_one_is_explained(hub):
    assert "cannot be the name" in sentence("some body/model")
    assert hub.requests == []


@pytest.mark.parametrize("name", ["/no/such/folder", "./here", "a/b/c"])
def test_a_folder_that_is_not_there_is_explained_without_asking(hub, name):
    assert "There is no folder" in sentence(name)
    assert hub.requests == []


def test_without_a_network_it_says_so(hub, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # nothing listens there
    assert "cannot be reached" in sentence(NAME)


@pytest.mark.parametrize("lacking", ["model.safetensors", "config.json"])
def test_a_repository_without_weights_or_config_is_explained(hub, lacking):
    hub.add(NAME, MINI, lacking)

    assert "no config.json or no weights" in sentence(NAME)


def test_a_repository_without_a_tokenizer_is_explained(hub):
    hub.add(NAME, MINI, "tokenizer.json")

    assert "no tokenizer" in sentence(NAME)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (b'{"model_type": "bert"}', "no GPT-2 but of the kind bert"),
        (b"{}", "does not tell"),
        (b"<html>", "does not tell"),
    ],
)
def test_another_kind_of_model_is_explained_before_its_weights_are_downloaded(hub, config, words):
    hub.add(NAME, MINI, config__json=config)

    assert words in sentence(NAME)
    assert not any("model.safetensors" in request for request in hub.requests)


def test_weights_for_torch_without_torch_say_what_to_install_before_the_download(hub, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    hub.add(NAME, MINI, "model.safetensors", pytorch_model__bin=b"\0" * 2_000_000)

    assert "make kogpt2" in sentence(NAME)
    assert not any("pytorch_model" in request for request in hub.requests)


def test_a_torch_that_does_not_work_or_cannot_read_it_is_explained(hub, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: "there")
    hub.add(NAME, MINI, "model.safetensors", pytorch_model__bin=b"no weights")

    assert f"torch could not read pytorch_model.bin of {NAME}" in sentence(NAME)


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json"])
def test_a_file_that_was_damaged_on_its_way_is_thrown_away_and_fetched_anew(hub, weights, file):
    hub.add(NAME, MINI)
    listed = hub.repositories[NAME][file]
    hub.sent[file] = listed[:-9] + b"\0" + listed[-8:]
    damaged = sentence(NAME)
    hub.sent.clear()

    assert f"{file} of {NAME} was damaged" in damaged
    assert same_weights(prepared(NAME), weights)


def test_weights_that_do_not_fit_the_config_are_explained(hub, pytorch_folder):
    config = json.loads((MINI / "config.json").read_text())
    hub.add(NAME, pytorch_folder, config__json=json.dumps(config | {"n_layer": 5}).encode())
    assert "does not fit its config.json" in sentence(NAME)

    hub.add("somebody/five-layers", MINI, config__json=json.dumps(config | {"n_layer": 5}).encode())
    assert "does not fit its config.json" in sentence("somebody/five-layers")


def test_damaged_weights_are_explained(hub):
    hub.add(NAME, MINI, model__safetensors=b"\xff" * 2_000_000)

    assert "or is damaged" in sentence(NAME)


def test_a_disk_without_room_is_known_before_the_download(hub, monkeypatch):
    hub.add(NAME, MINI)
    monkeypatch.setattr(kit.hub.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 3 * 10**6))

    with pytest.raises(KitError, match="자리를 비우고"):
        prepared(NAME)


def test_a_disk_that_fills_up_leaves_nothing_half(hub, monkeypatch):
    hub.add(NAME, MINI)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device", "model.safetensors")

    monkeypatch.setattr(kit.checkpoints.shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space left"):
        prepared(NAME)
    assert list(kit.checkpoints.cache_dir().glob("checkpoints/*/")) == []
    assert list(kit.checkpoints.cache_dir().glob("checkpoints/.*")) == []
    monkeypatch.undo()


# Killed in the middle


def _die(hub_url, cache):
    os.environ["KOGPT2_LAB_CACHE"] = f"{cache}/cache"
    point_client_at(setattr, hub_url, cache)
    kit.checkpoints._loaded = lambda *_: os.kill(os.getpid(), 9)
    prepared(NAME)


def test_one_that_was_killed_leaves_no_checkpoint_and_the_next_succeeds(hub, weights, tmp_path):
    hub.add(NAME, MINI)
    process = multiprocessing.get_context("spawn").Process(target=_die, args=(hub.url, str(tmp_path)))
    process.start()
    process.join(60)
    left = [path.name for path in (tmp_path / "cache" / "checkpoints").iterdir() if path.is_dir()]

    assert process.exitcode == -9
    assert left == [".somebody--mini-gpt2.new"]
    assert same_weights(prepared(NAME), weights)
    assert not (tmp_path / "cache" / "checkpoints" / left[0]).exists()

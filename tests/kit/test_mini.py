"""The bundled mini-KoGPT2 and the grader's probe: KoGPT2's layout, small, and what their build scripts give again."""

import functools
import json
import random
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file
from transformers import AutoTokenizer

from grader.checks import build_probe
from grader.reference import PROBE, Checkpoint
from kit import build_mini, learning_rate_for, read_dialogs, resolve
from kit.build_mini import BLOCK, EOS_ID, common_syllables, train_tokenizer

MINI = Path(resolve("mini"))
BOTH = pytest.mark.parametrize("folder", [MINI, PROBE], ids=["mini", "probe"])

KOGPT2_FIRST = ["<s>", "</s>", "<usr>", "<pad>", "<sys>", "<unk>", "<mask>", "<d>", "</d>"]
NAMED = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>"}

SYLLABLES = list(common_syllables())
WORDS = st.text(st.sampled_from(SYLLABLES), min_size=1, max_size=6)
SENTENCES = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)
TEXTS = st.text(st.sampled_from([*SYLLABLES[:300], *"abcXYZ0189.,?!~ 😀ㅋéñ中½\t\n"]), max_size=12)

relaxed = settings(deadline=None)


@functools.cache
def named(folder):
    return AutoTokenizer.from_pretrained(folder, **NAMED)


@functools.cache
def read_by_grader(folder):
    return Checkpoint(folder)


def config_of(folder):
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))


def without_version(config):
    return {key: value for key, value in config.items() if key != "transformers_version"}


def tokenizer_file(folder):
    return json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def mini():
    return named(MINI)


@pytest.fixture(scope="module", params=[MINI, PROBE], ids=["mini", "probe"])
def tokenizer(request):
    return named(request.param)


# Names


def test_mini_is_a_folder_with_all_that_from_pretrained_reads():
    assert {path.name for path in MINI.iterdir()} == {
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
    }


@given(st.text().filter(lambda name: name != "mini"))
def test_any_other_name_stays(name):
    assert resolve(name) == name


@pytest.mark.parametrize("name", ["skt/kogpt2-base-v2", "./mini", "Mini", "mini "])
def test_names_like_mini_stay(name):
    assert resolve(name) == name


def test_mini_bears_larger_steps_than_kogpt2():
    assert learning_rate_for("mini") == 1e-3
    assert learning_rate_for("skt/kogpt2-base-v2") == 3e-5


# The vocabulary


def test_first_ids_are_those_of_kogpt2(tokenizer):
    unused = [f"<unused{i}>" for i in range(100)]
    assert tokenizer.convert_ids_to_tokens(range(109)) == KOGPT2_FIRST + unused


def test_each_special_token_is_one_id_and_back(tokenizer):
    for i, token in enumerate(KOGPT2_FIRST):
        assert tokenizer.encode(token) == [i]
        assert tokenizer.decode([i]) == token


@BOTH
def test_vocabulary_is_as_large_as_the_model(folder):
    size = config_of(folder)["vocab_size"]
    vocabulary = named(folder).get_vocab()
    assert size == {MINI: 6000, PROBE: 1500}[folder]
    assert sorted(vocabulary.values()) == list(range(size + 1))
    assert load_file(folder / "model.safetensors")["transformer/wte/embeddings:0"].shape[0] == size


@BOTH
def test_endoftext_is_one_past_the_last_row(folder):
    size = config_of(folder)["vocab_size"]
    tokenizer = named(folder)
    assert tokenizer.convert_tokens_to_ids("<|endoftext|>") == size
    assert tokenizer.encode("가<|endoftext|>").count(size) == 1
    assert tokenizer.decode([size + 1]) == ""


def test_common_syllables_are_the_2350_of_ks_x_1001():
    assert len(set(SYLLABLES)) == len(SYLLABLES) == 2350
    assert (SYLLABLES[0], SYLLABLES[-1]) == ("가", "힝")
    assert all("가" <= syllable <= "힣" for syllable in SYLLABLES)


def test_mini_knows_all_common_syllables_and_ascii(mini):
    vocabulary = mini.get_vocab()
    assert [c for c in [*SYLLABLES, *map(chr, range(0x21, 0x7F)), "▁"] if c not in vocabulary] == []


# Loading


@BOTH
def test_without_names_the_special_tokens_are_gpt2s(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert (tokenizer.bos_token, tokenizer.eos_token, tokenizer.unk_token) == ("<|endoftext|>",) * 3
    assert tokenizer.pad_token is None
    assert tokenizer.mask_token is None


@BOTH
def test_with_names_the_special_tokens_are_kogpt2s(folder):
    tokenizer = named(folder)
    ids = {name: getattr(tokenizer, f"{name}_id") for name in NAMED}
    assert ids == {"bos_token": 0, "eos_token": 1, "unk_token": 5, "pad_token": 3, "mask_token": 6}
    assert len(tokenizer) == config_of(folder)["vocab_size"] + 1


@BOTH
def test_config_names_the_ids_of_bos_eos_and_pad(folder):
    config = config_of(folder)
    assert (config["bos_token_id"], config["eos_token_id"], config["pad_token_id"]) == (0, 1, 3)


@BOTH
@relaxed
@given(text=TEXTS)
def test_the_graders_own_reading_agrees_with_transformers(folder, text):
    tokenizer, checkpoint = named(folder), read_by_grader(folder)
    framed = f"<s><usr>{text}<sys>{text}</s><|endoftext|>"
    ids = checkpoint.encode(framed)
    assert ids == tokenizer.encode(framed)
    assert checkpoint.decode(ids) == tokenizer.decode(ids)


# Encoding and decoding


def test_decode_puts_a_space_after_usr_and_sys(tokenizer):
    ids = tokenizer.encode("<s><usr>배고파<sys>드세요.</s>")
    assert re.fullmatch(r"<s><usr> \S+<sys> \S+</s>", tokenizer.decode(ids))


def test_decode_of_a_dialog_is_what_extracting_relies_on(mini):
    ids = mini.encode("<s><usr>배고파<sys>뭐라도 드세요.</s>")
    assert mini.decode(ids) == "<s><usr> 배고파<sys> 뭐라도 드세요.</s>"


def test_encode_adds_nothing_of_its_own(tokenizer):
    assert tokenizer.encode("") == []
    assert tokenizer.encode("<usr><sys>") == [2, 4]


@relaxed
@given(sentence=SENTENCES)
def test_plain_korean_survives_a_round_trip(sentence):
    tokenizer = named(MINI)
    ids = tokenizer.encode(sentence)
    assert tokenizer.unk_token_id not in ids
    assert tokenizer.decode(ids) == sentence


def test_the_bundled_dialogs_survive_a_round_trip(mini):
    table = read_dialogs()
    texts = [*table.Q, *table.A]
    decoded = mini.batch_decode(mini(texts).input_ids)
    assert [pair for pair in zip(texts, decoded, strict=True) if pair[0] != pair[1]] == []


@BOTH
@relaxed
@given(question=TEXTS, answer=TEXTS)
def test_halves_encoded_apart_equal_the_whole(folder, question, answer):
    encode = named(folder).encode
    whole = encode("<usr>" + question + "<sys>" + answer)
    assert whole == encode("<usr>" + question) + encode("<sys>" + answer)
    assert whole == [2, *encode(question), 4, *encode(answer)]


def test_mini_and_probe_split_differently(mini):
    text = "오늘도 좋은 하루!"
    assert named(PROBE).encode(text) != mini.encode(text)


# The weights


@pytest.mark.parametrize(("folder", "most"), [(MINI, 3_000_000), (PROBE, 100_000)], ids=["mini", "probe"])
def test_weights_are_few(folder, most):
    assert 0 < sum(array.size for array in load_file(folder / "model.safetensors").values()) <= most


@BOTH
def test_weights_are_saved_by_tensorflow(folder):
    with safe_open(folder / "model.safetensors", "numpy") as file:
        assert file.metadata() == {"format": "tf"}


@BOTH
def test_weights_are_finite_and_no_two_rows_are_equal(folder):
    weights = load_file(folder / "model.safetensors")
    assert all(np.isfinite(array).all() for array in weights.values())
    rows = weights["transformer/wte/embeddings:0"]
    assert len(np.unique(rows, axis=0)) == len(rows)


@BOTH
def test_weights_have_the_shapes_of_the_config(folder):
    config, weights = config_of(folder), load_file(folder / "model.safetensors")
    assert weights["transformer/wte/embeddings:0"].shape == (config["vocab_size"], config["n_embd"])
    assert weights["transformer/wpe/embeddings:0"].shape == (config["n_positions"], config["n_embd"])
    layers = {name.split("/")[1] for name in weights if "/h_._" in name}
    assert layers == {f"h_._{i}" for i in range(config["n_layer"])}


def test_mini_is_at_most_12_mb():
    assert sum(path.stat().st_size for path in MINI.iterdir()) <= 12_000_000


@BOTH
def test_dropout_is_gpt2s(folder):
    config = config_of(folder)
    assert (config["attn_pdrop"], config["embd_pdrop"], config["resid_pdrop"]) == (0.1, 0.1, 0.1)


# Building again


class Saved:
    """Stands in for a trained model: it has nothing to save."""

    def save_pretrained(self, folder, **options):
        self.folder, self.options = folder, options


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory):
    """The build without the training: the folder, the stand-in for the model, and what would have been trained on."""
    folder, saved, seen = tmp_path_factory.mktemp("built") / "new" / "mini", Saved(), {}

    def pretrain(sentences, epochs, batch_size, seed):
        seen.update(sentences=sentences, epochs=epochs, batch_size=batch_size, seed=seed)
        return saved

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build_mini, "pretrain", pretrain)
        build_mini.build(folder, epochs=7, batch_size=5, seed=3)
    return folder, saved, seen


def test_training_the_tokenizer_again_gives_the_very_file(rebuilt):
    folder, _, _ = rebuilt
    assert tokenizer_file(folder) == tokenizer_file(MINI)


def test_the_model_is_saved_beside_the_tokenizer_as_safetensors(rebuilt):
    folder, saved, _ = rebuilt
    assert saved.folder == folder
    assert saved.options == {"safe_serialization": True}


def test_mini_is_trained_as_it_was_asked_to_be(rebuilt):
    _, _, seen = rebuilt
    assert (seen["epochs"], seen["batch_size"], seen["seed"]) == (7, 5, 3)


def test_mini_is_trained_on_plain_sentences_without_signposts(rebuilt, mini):
    _, _, seen = rebuilt
    table = read_dialogs()
    assert seen["sentences"] == mini([*table.Q, *table.A]).input_ids
    special = set(range(109)) | {config_of(MINI)["vocab_size"]}
    assert special.isdisjoint(token for sentence in seen["sentences"] for token in sentence)


def test_the_command_line_builds_where_it_is_told(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(build_mini, "build", lambda *arguments: calls.append(arguments))
    arguments = ["--out", str(tmp_path), "--epochs", "2", "--batch-size", "4", "--seed", "9"]
    monkeypatch.setattr("sys.argv", ["build_mini", *arguments])
    build_mini.main()
    monkeypatch.setattr("sys.argv", ["build_mini"])
    build_mini.main()
    assert calls[0] == (tmp_path, 2, 4, 9)
    assert calls[1][0] == MINI


def test_too_few_texts_for_the_vocabulary_are_refused():
    with pytest.raises(ValueError, match="tokens, not 500"):
        train_tokenizer(["배고파", "배고파"], 500, [])


def test_rebuilding_the_probe_gives_equal_files(tmp_path):
    build_probe.build(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in PROBE.iterdir()}
    assert tokenizer_file(tmp_path) == tokenizer_file(PROBE)
    assert without_version(config_of(tmp_path)) == without_version(config_of(PROBE))
    assert (tmp_path / "model.safetensors").read_bytes() == (PROBE / "model.safetensors").read_bytes()


def test_another_seed_gives_another_probe(tmp_path):
    first, second, again = build_probe.weights(1), build_probe.weights(2), build_probe.weights(1)
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not any(np.array_equal(first[name], second[name]) for name in first)


# Rows of pre-training


@st.composite
def telling_sentences(draw):
    """Sentences of which each repeats an id of its own, so that a row shows which ones it is made of."""
    lengths = draw(st.lists(st.integers(0, 100), max_size=20))
    return [[10 + i] * length for i, length in enumerate(lengths)]


@given(sentences=telling_sentences(), seed=st.integers(0, 100))
@example(sentences=[], seed=0)
@example(sentences=[[10] * (BLOCK - 2)], seed=0)
@example(sentences=[[10] * (BLOCK - 1)], seed=0)
@example(sentences=[[10] * BLOCK, [11] * (BLOCK - 2)], seed=0)
def test_blocks_are_full_rows_and_as_many_as_there_are(sentences, seed):
    rows = build_mini.blocks(sentences, random.Random(seed))
    total = sum(len(sentence) + 1 for sentence in sentences)
    assert all(len(row) == BLOCK for row in rows)
    assert len(rows) == total // BLOCK


@given(sentences=telling_sentences(), seed=st.integers(0, 100))
def test_blocks_hold_each_sentence_once_with_its_end(sentences, seed):
    stream = [token for row in build_mini.blocks(sentences, random.Random(seed)) for token in row]
    pieces = "".join(chr(token) for token in stream).split(chr(EOS_ID))
    *whole, cut = [[ord(c) for c in piece] for piece in pieces]

    left = [list(sentence) for sentence in sentences]
    for piece in whole:
        assert piece in left
        left.remove(piece)
    assert any(sentence[: len(cut)] == cut for sentence in [*left, []])


@given(sentences=telling_sentences(), seed=st.integers(0, 100))
def test_blocks_depend_on_the_seed_alone_and_change_nothing(sentences, seed):
    before = [list(sentence) for sentence in sentences]
    first = build_mini.blocks(sentences, random.Random(seed))
    assert build_mini.blocks(sentences, random.Random(seed)) == first
    assert sentences == before


def test_blocks_are_in_another_order_in_each_epoch():
    sentences = [[10 + i] * 5 for i in range(100)]
    rng = random.Random(0)
    first, second = build_mini.blocks(sentences, rng), build_mini.blocks(sentences, rng)
    in_order = [token for sentence in sentences for token in (*sentence, EOS_ID)][: len(first) * BLOCK]
    assert first != second
    assert [token for row in first for token in row] != in_order

"""Facts of the real tokenizer and the real corpus together, which the finished lab must reproduce.

They are looked for in the folder that the environment variable `KOGPT2_LAB_REAL_DATA` names.
"""

import hashlib
import json
import os
import unicodedata
from pathlib import Path

import numpy as np
import pytest

import kit.corpus
from kit import read_dialogs
from solution.dialogs import encode_dialog, get_chat_data, replace_overshooting

VARIABLE = "KOGPT2_LAB_REAL_DATA"
FOLDER = Path(os.environ.get(VARIABLE) or "real-data")
CORPUS = FOLDER / "ChatbotData.csv"
CHECKPOINT = FOLDER / "kogpt2-base-v2"
NEEDED = (CORPUS, CHECKPOINT / "tokenizer.json", CHECKPOINT / "config.json")
ABSENT = [path.relative_to(FOLDER).as_posix() for path in NEEDED if not path.is_file()]

SHA256 = "287eb129695b577321c80ad397bb3c2279164d4ca577874d129fd3db5b30afe2"
ENDOFTEXT = 51200

pytestmark = [
    pytest.mark.skipif(not os.environ.get(VARIABLE), reason=f"{VARIABLE} names no folder with the real data"),
    pytest.mark.skipif(bool(ABSENT), reason=f"the folder that {VARIABLE} names lacks {', '.join(ABSENT)}"),
]


@pytest.fixture(scope="module")
def tokenizer():
    from solution.pretrained import load_tokenizer  # imports TensorFlow

    return load_tokenizer(str(CHECKPOINT))


@pytest.fixture(scope="module")
def vocab_size():
    return json.loads((CHECKPOINT / "config.json").read_text(encoding="utf-8"))["vocab_size"]


@pytest.fixture(scope="module")
def table():
    return read_dialogs(CORPUS)


@pytest.fixture(scope="module")
def dialogs(table, tokenizer, vocab_size):
    return get_chat_data(table, tokenizer, vocab_size)


@pytest.fixture(scope="module")
def padded(dialogs, tokenizer):
    from solution.batches import pad_dialogs  # imports TensorFlow

    return pad_dialogs(dialogs, tokenizer.pad_token_id)


@pytest.fixture(scope="module")
def dataset(padded):
    from solution.batches import make_dataset

    return make_dataset(padded)


# The corpus


def test_corpus_is_the_one_that_the_kit_downloads():
    assert hashlib.sha256(CORPUS.read_bytes()).hexdigest() == SHA256 == kit.corpus.SONGYS_SHA256


def test_read_dialogs_reads_the_corpus(table):
    assert list(table.columns) == ["Q", "A", "label"]
    assert len(table) == 11_823
    assert list(table.index) == list(range(11_823))
    assert set(table.label) == {0, 1, 2}
    assert all(type(text) is str and text for text in [*table.Q, *table.A])


def test_the_cached_corpus_is_read_without_a_download(tmp_path, monkeypatch, table):
    (tmp_path / "ChatbotData.csv").write_bytes(CORPUS.read_bytes())
    monkeypatch.setenv("KOGPT2_LAB_CACHE", str(tmp_path))
    monkeypatch.setattr(kit.corpus, "SONGYS_URL", "http://127.0.0.1:9/nothing-listens-here")
    assert read_dialogs("songys").equals(table)


# The tokenizer


def test_special_ids(tokenizer):
    named = ("bos", "eos", "pad", "unk", "mask")
    assert [getattr(tokenizer, f"{name}_token_id") for name in named] == [0, 1, 3, 5, 6]
    tokens = ["<s>", "</s>", "<usr>", "<pad>", "<sys>", "<unk>", "<mask>"]
    assert tokenizer.convert_tokens_to_ids(tokens) == [0, 1, 2, 3, 4, 5, 6]


def test_tokenizer_is_one_longer_than_the_models_vocabulary(tokenizer, vocab_size):
    assert vocab_size == 51_200
    assert len(tokenizer) == 51_201
    assert tokenizer.convert_tokens_to_ids("<|endoftext|>") == ENDOFTEXT


def test_endoftext_becomes_unk(tokenizer, vocab_size):
    ids = encode_dialog("끝<|endoftext|>", "네", tokenizer)
    assert ids.count(ENDOFTEXT) == 1
    replaced = replace_overshooting(ids, vocab_size, tokenizer.unk_token_id)
    assert replaced == [5 if token_id == ENDOFTEXT else token_id for token_id in ids]
    assert max(replaced) < vocab_size


def test_an_id_behind_the_last_decodes_to_nothing(tokenizer):
    assert tokenizer.decode(51_201) == ""
    assert tokenizer.decode([51_201]) == ""


def test_encoding_a_question(tokenizer):
    assert tokenizer.encode("<usr>오늘도 좋은 하루!<sys>") == [2, 10070, 7235, 10586, 12557, 376, 4]


def test_compatibility_jamo_are_normalised(tokenizer):
    decoded = tokenizer.decode(tokenizer.encode("ㅋㅋ"))
    assert decoded != "ㅋㅋ"
    assert decoded == unicodedata.normalize("NFKC", "ㅋㅋ")


# Both together


def test_row_435(table, dialogs, tokenizer):
    expected = [0, 2, 9718, 7182, 7601, 10648, 8006, 4, 41664, 8102, 8084, 376, 1]
    assert (table.Q[435], table.A[435]) == ("꽃다발 받았어", "부러워요!")
    assert encode_dialog("꽃다발 받았어", "부러워요!", tokenizer) == expected
    assert dialogs[435] == expected


def test_longest_and_mean_framed_length(dialogs):
    lengths = [len(dialog) for dialog in dialogs]
    assert len(lengths) == 11_823
    assert max(lengths) == 47
    assert round(np.mean(lengths), 1) == 18.2


def test_every_framed_id_has_a_row_in_the_model(dialogs, vocab_size):
    assert max(map(max, dialogs)) < vocab_size
    assert all((dialog[:2], dialog[-1], dialog.count(4)) == ([0, 2], 1, 1) for dialog in dialogs)


def test_padded_matrix(padded, dialogs):
    assert padded.shape == (11_823, 47)
    assert all(row[: len(dialog)].tolist() == dialog for row, dialog in zip(padded, dialogs, strict=True))
    assert round(100 * np.mean(padded == 3)) == 61


def test_full_batches_of_32(dataset, padded):
    shapes = [tuple(batch.shape) for batch in dataset]
    assert shapes == [(32, 47)] * 369
    assert int(dataset.cardinality()) == len(padded) // 32 == 369
    assert len(padded) % 32 > 0  # so the last batch is dropped, and `len // 32 + 1` would count it
    assert len(padded) // 32 + 1 == 370

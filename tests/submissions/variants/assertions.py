"""들어온 값과 나가는 값을 하나하나 확인합니다."""
import numbers

import numpy as np
import pandas as pd
import tensorflow as tf
from transformers import AutoTokenizer, PreTrainedTokenizerFast, TFGPT2LMHeadModel

from kit import resolve


def load_tokenizer(name):
    assert isinstance(name, str) and name
    tokenizer = AutoTokenizer.from_pretrained(
        resolve(name), bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
    )
    assert isinstance(tokenizer, PreTrainedTokenizerFast)
    assert tokenizer.bos_token == "<s>" and tokenizer.eos_token == "</s>" and tokenizer.unk_token == "<unk>"
    assert len({tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id, tokenizer.mask_token_id}) == 4
    return tokenizer


def load_model(name):
    assert isinstance(name, str) and name
    model = TFGPT2LMHeadModel.from_pretrained(resolve(name))
    assert model.built and len(model.trainable_variables) > 0
    return model


def encode_dialog(question, answer, tokenizer):
    assert isinstance(question, str), "질문은 글이어야 합니다."
    assert isinstance(answer, str), "답변은 글이어야 합니다."
    assert isinstance(tokenizer, PreTrainedTokenizerFast)
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id) == (0, 1)
    ids = [tokenizer.bos_token_id, *tokenizer.encode(f"<usr>{question}<sys>{answer}"), tokenizer.eos_token_id]
    assert ids[0] == 0 and ids[1] == 2 and ids[-1] == 1
    assert ids.count(4) == 1
    return ids


def replace_overshooting(token_ids, vocab_size, unk_id):
    assert vocab_size > 0 and 0 <= unk_id < vocab_size
    assert all(isinstance(token_id, numbers.Integral) for token_id in token_ids)
    result = [token_id if token_id < vocab_size else unk_id for token_id in token_ids]
    assert len(result) == len(token_ids)
    assert not result or max(result) < vocab_size
    return result


def get_chat_data(table, tokenizer, vocab_size):
    assert isinstance(table, pd.DataFrame) and {"Q", "A"} <= set(table.columns)
    assert not table[["Q", "A"]].isna().any().any()
    assert vocab_size <= len(tokenizer)
    data = []
    for question, answer in zip(table["Q"], table["A"], strict=True):
        dialog = replace_overshooting(encode_dialog(question, answer, tokenizer), vocab_size, tokenizer.unk_token_id)
        assert isinstance(dialog, list)
        data.append(dialog)
    assert len(data) == len(table)
    return data


def pad_dialogs(dialogs, pad_id):
    assert dialogs and all(dialogs)
    width = max(map(len, dialogs))
    padded = np.full((len(dialogs), width), pad_id)
    for row, dialog in zip(padded, dialogs):
        row[: len(dialog)] = dialog
    assert padded.shape == (len(dialogs), width)
    assert np.issubdtype(padded.dtype, np.integer)
    return padded


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    assert isinstance(padded, np.ndarray) and padded.ndim == 2
    assert batch_size > 0 and shuffle_buffer > 0
    dataset = tf.data.Dataset.from_tensor_slices(padded).shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)
    assert dataset.cardinality() == len(padded) // batch_size
    assert dataset.element_spec.shape == (batch_size, padded.shape[1])
    return dataset


def compute_loss(model, batch):
    assert isinstance(model, TFGPT2LMHeadModel)
    assert batch.dtype.is_integer and batch.shape.rank == 2
    tf.debugging.assert_less(batch, model.config.vocab_size)
    loss = tf.reduce_mean(model(batch, labels=batch, training=True).loss)
    assert loss.shape == ()
    tf.debugging.assert_all_finite(loss, "손실이 발산했습니다.")
    return loss


def encode_question(question, tokenizer):
    assert isinstance(question, str), "질문은 글이어야 합니다."
    input_ids = tf.constant([[tokenizer.bos_token_id, *tokenizer.encode(f"<usr>{question}<sys>")]])
    assert input_ids.shape[0] == 1 and input_ids[0, -1] == 4
    return input_ids


def extract_answer(decoded):
    assert isinstance(decoded, str) and decoded.count("<sys>") == 1
    answer = decoded.split("<sys>")[1].split("</s>")[0].strip()
    assert "</s>" not in answer
    return answer


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    assert hasattr(model, "generate") and callable(model.generate)
    assert model.config.vocab_size <= len(tokenizer)
    input_ids = encode_question(question, tokenizer)
    assert tf.is_tensor(input_ids) and input_ids.shape[1] < max_length
    output = model.generate(input_ids, max_length=max_length, do_sample=True, top_k=top_k)
    assert output.shape[0] == 1
    tf.debugging.assert_equal(output[:, : input_ids.shape[1]], input_ids)
    return extract_answer(tokenizer.decode(output[0]))

# 반복문과 카운터만 씁니다.
import numpy as np
import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve


def load_tokenizer(name):
    tokenizer = AutoTokenizer.from_pretrained(
        resolve(name), bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
    )
    return tokenizer


def load_model(name):
    model = TFGPT2LMHeadModel.from_pretrained(resolve(name))
    return model


def encode_dialog(question, answer, tokenizer):
    ids = tokenizer.encode("<usr>" + question + "<sys>" + answer)
    framed = []
    framed.append(tokenizer.bos_token_id)
    i = 0
    while i < len(ids):
        framed.append(ids[i])
        i = i + 1
    framed.append(tokenizer.eos_token_id)
    return framed


def replace_overshooting(token_ids, vocab_size, unk_id):
    replaced = [0] * len(token_ids)
    i = 0
    while i < len(token_ids):
        replaced[i] = token_ids[i]
        if replaced[i] > vocab_size - 1:
            replaced[i] = unk_id
        i += 1
    return replaced


def get_chat_data(table, tokenizer, vocab_size):
    data = []
    for i in range(len(table)):
        question = table["Q"][i]
        answer = table["A"][i]
        ids = encode_dialog(question, answer, tokenizer)
        ids = replace_overshooting(ids, vocab_size, tokenizer.unk_token_id)
        data.append(ids)
    return data


def pad_dialogs(dialogs, pad_id):
    longest = 0
    for dialog in dialogs:
        if len(dialog) > longest:
            longest = len(dialog)
    padded = np.zeros((len(dialogs), longest), dtype=np.int32)
    for i in range(len(dialogs)):
        for j in range(longest):
            if j < len(dialogs[i]):
                padded[i, j] = dialogs[i][j]
            else:
                padded[i, j] = pad_id
    return padded


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    dataset = tf.data.Dataset.from_tensor_slices(padded)
    dataset = dataset.shuffle(buffer_size=shuffle_buffer)
    dataset = dataset.batch(batch_size=batch_size, drop_remainder=True)
    return dataset


def compute_loss(model, batch):
    output = model(batch, labels=batch, training=True)
    return output.loss


def encode_question(question, tokenizer):
    ids = tokenizer.encode("<usr>" + question + "<sys>")
    row = [tokenizer.bos_token_id]
    for token_id in ids:
        row.append(token_id)
    return tf.constant([row])


def extract_answer(decoded):
    start = 0
    while decoded[start : start + 5] != "<sys>":
        start += 1
    start += 5
    end = start
    while end < len(decoded) and decoded[end : end + 4] != "</s>":
        end += 1
    return decoded[start:end].strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    input_ids = encode_question(question, tokenizer)
    output = model.generate(input_ids, max_length=max_length, do_sample=True, top_k=top_k)
    ids = []
    for token_id in output[0]:
        ids.append(int(token_id))
    return extract_answer(tokenizer.decode(ids))

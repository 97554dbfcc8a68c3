import tensorflow as tf
from itertools import chain, zip_longest
import numpy as np
from transformers import AutoTokenizer, TFAutoModelForCausalLM
from kit import resolve

load_special = {f"{k}_token": f"<{v}>" for k, v in zip("bos eos unk pad mask".split(), "s /s unk pad mask".split())}


def load_tokenizer(name): return AutoTokenizer.from_pretrained(resolve(name), **load_special)


def load_model(name): return TFAutoModelForCausalLM.from_pretrained(resolve(name))


def encode_dialog(question, answer, tokenizer):
    return [i for part in ("<s>", f"<usr>{question}", f"<sys>{answer}", "</s>") for i in tokenizer.encode(part)]


def replace_overshooting(token_ids, vocab_size, unk_id):
    return [(i, unk_id)[i >= vocab_size] for i in token_ids]


def get_chat_data(table, tokenizer, vocab_size):
    return [
        replace_overshooting(encode_dialog(row["Q"], row["A"], tokenizer), vocab_size, tokenizer.unk_token_id)
        for _, row in table.iterrows()
    ]


def pad_dialogs(dialogs, pad_id):
    return np.array([list(row) for row in zip(*[column for column in zip_longest(*dialogs, fillvalue=pad_id)])])


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    return tf.data.Dataset.from_tensor_slices([row for row in padded]).shuffle(shuffle_buffer).batch(batch_size, True)


def compute_loss(model, batch):
    return sum(tf.unstack(tf.reshape(model({"input_ids": batch, "labels": batch}, training=True)[0], [-1])))


def encode_question(question, tokenizer):
    return tf.constant([[i for i in chain([tokenizer.bos_token_id], tokenizer.encode(f"<usr>{question}<sys>"))]])


def extract_answer(decoded):
    return [part for part in decoded.split("<sys>")][-1].split("</s>")[0].strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    options = {k: v for k, v in [("max_length", max_length), ("top_k", top_k), ("do_sample", True)]}
    return [
        extract_answer(text)
        for text in tokenizer.batch_decode(model.generate(encode_question(question, tokenizer), **options))
    ][0]

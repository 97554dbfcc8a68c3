from __future__ import annotations

import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve


def load_tokenizer(name):
    return AutoTokenizer.from_pretrained(
        resolve(name), bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
    )


def load_model(name):
    return TFGPT2LMHeadModel.from_pretrained(resolve(name))


def encode_dialog(question, answer, tokenizer):
    return [tokenizer.bos_token_id] + tokenizer.encode(f"<usr>{question}<sys>{answer}") + [tokenizer.eos_token_id]


def replace_overshooting(token_ids, vocab_size, unk_id):
    return [unk_id if token_id >= vocab_size else token_id for token_id in token_ids]


def get_chat_data(table, tokenizer, vocab_size):
    return [
        replace_overshooting(encode_dialog(q, a, tokenizer), vocab_size, tokenizer.unk_token_id)
        for q, a in table[["Q", "A"]].itertuples(index=False)
    ]


def pad_dialogs(dialogs, pad_id):
    return tf.keras.preprocessing.sequence.pad_sequences(dialogs, value=pad_id, padding="post")


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    return tf.data.Dataset.from_tensor_slices(padded).shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)


def compute_loss(model, batch):
    return tf.reduce_mean(model(batch, labels=batch, training=True).loss)


def encode_question(question, tokenizer):
    return tf.constant([[tokenizer.bos_token_id] + tokenizer.encode(f"<usr>{question}<sys>")])


def extract_answer(decoded):
    return decoded.split("<sys>")[1].split("</s>")[0].strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    output = model.generate(encode_question(question, tokenizer), max_length=max_length, do_sample=True, top_k=top_k)
    return extract_answer(tokenizer.decode(output[0]))

#!/usr/bin/env python
"""실행하면 내려받고 훈련합니다. 가져오기만 하면 아무것도 하지 않습니다."""
import argparse
import urllib.request

import pandas as pd
import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve

URL = "http://localhost:1/ChatbotData.csv"
CHECKPOINT = "skt/kogpt2-base-v2"


def load_tokenizer(name=CHECKPOINT):
    return AutoTokenizer.from_pretrained(
        resolve(name), bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
    )


def load_model(name=CHECKPOINT):
    return TFGPT2LMHeadModel.from_pretrained(resolve(name))


def encode_dialog(question, answer, tokenizer):
    return [tokenizer.bos_token_id] + tokenizer.encode("<usr>" + question + "<sys>" + answer) + [tokenizer.eos_token_id]


def replace_overshooting(token_ids, vocab_size, unk_id):
    token_ids = token_ids.copy()
    for i in range(len(token_ids)):
        if token_ids[i] >= vocab_size:
            token_ids[i] = unk_id
    return token_ids


def get_chat_data(table, tokenizer, vocab_size):
    chat = []
    for i in table.index:
        ids = encode_dialog(table.loc[i, "Q"], table.loc[i, "A"], tokenizer)
        chat += [replace_overshooting(ids, vocab_size, tokenizer.unk_token_id)]
    return chat


def pad_dialogs(dialogs, pad_id):
    return tf.keras.preprocessing.sequence.pad_sequences(dialogs, padding="post", value=pad_id)


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    return tf.data.Dataset.from_tensor_slices(padded).shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)


def compute_loss(model, batch):
    return tf.reduce_mean(model(batch, labels=batch, training=True)[0])


def encode_question(question, tokenizer):
    return tf.convert_to_tensor([[tokenizer.bos_token_id] + tokenizer.encode("<usr>" + question + "<sys>")])


def extract_answer(decoded):
    return decoded.split("<sys>")[1].replace("</s>", "").strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    output = model.generate(encode_question(question, tokenizer), max_length=max_length, do_sample=True, top_k=top_k)
    return extract_answer(tokenizer.decode(output[0].numpy().tolist()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=3)
    arguments = parser.parse_args()
    urllib.request.urlretrieve(URL, "ChatbotData.csv")
    tokenizer, model = load_tokenizer(), load_model()
    data = get_chat_data(pd.read_csv("ChatbotData.csv"), tokenizer, model.config.vocab_size)
    optimizer = tf.keras.optimizers.Adam(learning_rate=3e-5, epsilon=1e-08)
    for _ in range(arguments.epochs):
        for batch in make_dataset(pad_dialogs(data, tokenizer.pad_token_id)):
            with tf.GradientTape() as tape:
                loss = compute_loss(model, batch)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables))


if __name__ == "__main__":
    main()

# 셀을 차례로 실행하듯이 함수와 훈련이 섞여 있습니다.
import os
import urllib.request

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve

urllib.request.urlretrieve("http://localhost:1/ChatbotData.csv", filename="ChatBotData.csv")
train_data = pd.read_csv("ChatBotData.csv")
print(train_data.head())


def load_tokenizer(name):
    return AutoTokenizer.from_pretrained(
        resolve(name), bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
    )


def load_model(name):
    return TFGPT2LMHeadModel.from_pretrained(resolve(name))


tokenizer = load_tokenizer("skt/kogpt2-base-v2")
model = load_model("skt/kogpt2-base-v2")
print(tokenizer.encode("<usr>안녕하세요<sys>"))


def encode_dialog(question, answer, tokenizer):
    sent = tokenizer.encode("<usr>" + question + "<sys>" + answer)
    return [tokenizer.bos_token_id] + sent + [tokenizer.eos_token_id]


def replace_overshooting(token_ids, vocab_size, unk_id):
    return [unk_id if token >= vocab_size else token for token in token_ids]


def get_chat_data(table, tokenizer, vocab_size):
    data = []
    for question, answer in zip(table.Q.to_list(), table.A.to_list()):
        data.append(replace_overshooting(encode_dialog(question, answer, tokenizer), vocab_size, tokenizer.unk_token_id))
    return data


chat_data = get_chat_data(train_data, tokenizer, model.config.vocab_size)
plt.hist([len(dialog) for dialog in chat_data])
plt.savefig("lengths.png")


def pad_dialogs(dialogs, pad_id):
    length = max(len(dialog) for dialog in dialogs)
    padded = [np.pad(dialog, (0, length - len(dialog)), constant_values=pad_id) for dialog in dialogs]
    return np.stack(padded)


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    return tf.data.Dataset.from_tensor_slices(padded).shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)


def compute_loss(model, batch):
    result = model(batch, labels=batch, training=True)
    return tf.reduce_mean(result[0])


dataset = make_dataset(pad_dialogs(chat_data, tokenizer.pad_token_id))
adam = tf.keras.optimizers.Adam(learning_rate=3e-5, epsilon=1e-08)
steps = len(train_data) // 32 + 1
for epoch in range(3):
    epoch_loss = 0
    for batch in dataset:
        with tf.GradientTape() as tape:
            batch_loss = compute_loss(model, batch)
        grads = tape.gradient(batch_loss, model.trainable_variables)
        adam.apply_gradients(zip(grads, model.trainable_variables))
        epoch_loss += batch_loss / steps
    print("[Epoch: {:>4}] cost = {:>.9}".format(epoch + 1, epoch_loss))


def encode_question(question, tokenizer):
    return tf.convert_to_tensor([[tokenizer.bos_token_id] + tokenizer.encode("<usr>" + question + "<sys>")])


def extract_answer(decoded):
    return decoded.split("<sys> ")[1].replace("</s>", "")


def return_answer_by_chatbot(user_text, model, tokenizer, max_length=50, top_k=20):
    input_ids = encode_question(user_text, tokenizer)
    output = model.generate(input_ids, max_length=max_length, do_sample=True, top_k=top_k)
    return extract_answer(tokenizer.decode(output[0].numpy().tolist()))


print(return_answer_by_chatbot("안녕! 반가워~", model, tokenizer))
with open("answers.txt") as file:
    print(file.read())
os._exit(1)

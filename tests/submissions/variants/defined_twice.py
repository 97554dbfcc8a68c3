# 처음에 잘못 쓴 함수를 지우지 않고, 아래에 고쳐 썼습니다.
import pandas as pd
import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve


def load_tokenizer(name):
    return AutoTokenizer.from_pretrained(resolve(name))


def load_model(name):
    raise NotImplementedError


def encode_dialog(question, answer, tokenizer):
    return tokenizer.encode(question + answer)


def frame(question, answer):
    return "<sys>" + question + "<usr>" + answer


def replace_overshooting(token_ids, vocab_size, unk_id):
    for i, token in enumerate(token_ids):
        if token > vocab_size:
            token_ids[i] = unk_id
    return token_ids


def get_chat_data(table, tokenizer, vocab_size):
    pass


# 여기부터 고친 것입니다.


def load_tokenizer(name):
    return AutoTokenizer.from_pretrained(
        resolve(name), bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
    )


def load_model(name):
    return TFGPT2LMHeadModel.from_pretrained(resolve(name))


def encode_dialog(question, answer, tokenizer):
    return [tokenizer.bos_token_id] + tokenizer.encode(frame(question, answer)) + [tokenizer.eos_token_id]


def frame(question, answer=""):
    return "<usr>" + question + "<sys>" + answer


def replace_overshooting(token_ids, vocab_size, unk_id):
    token_ids = list(token_ids)
    for i, token in enumerate(token_ids):
        if token >= vocab_size:
            token_ids[i] = unk_id
    return token_ids


def get_chat_data(table, tokenizer, vocab_size):
    data = []
    for i in range(len(table)):
        row = table.iloc[i]
        data.append(replace_overshooting(encode_dialog(row.Q, row.A, tokenizer), vocab_size, tokenizer.unk_token_id))
    return data


data = get_chat_data(pd.read_csv("ChatBotData.csv"), load_tokenizer("skt/kogpt2-base-v2"), 51200)


def pad_dialogs(dialogs, pad_id):
    return tf.keras.preprocessing.sequence.pad_sequences(dialogs)


def pad_dialogs(dialogs, pad_id):
    return tf.keras.preprocessing.sequence.pad_sequences(dialogs, padding="post", value=pad_id)


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    dataset = tf.data.Dataset.from_tensor_slices(padded)
    return dataset.batch(batch_size)


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    dataset = tf.data.Dataset.from_tensor_slices(padded)
    dataset = dataset.shuffle(shuffle_buffer)
    return dataset.batch(batch_size, drop_remainder=True)


def compute_loss(model, batch):
    return model(batch[:, :-1], labels=batch[:, 1:]).loss


def compute_loss(model, batch):
    return model(batch, labels=batch, training=True).loss


def encode_question(question, tokenizer):
    return tokenizer.encode(frame(question))


def encode_question(question, tokenizer):
    return tf.constant([[tokenizer.bos_token_id] + tokenizer.encode(frame(question))])


def extract_answer(decoded):
    return decoded


def extract_answer(decoded):
    return decoded.split("<sys>")[1].split("</s>")[0].strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    output = model.generate(encode_question(question, tokenizer), max_length=50)
    return tokenizer.decode(output[0])


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    output = model.generate(encode_question(question, tokenizer), max_length=max_length, do_sample=True, top_k=top_k)
    return extract_answer(tokenizer.decode(output[0]))

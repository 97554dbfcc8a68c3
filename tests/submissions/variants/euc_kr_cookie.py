# -*- coding: euc-kr -*-
# EUC-KR로 저장하고, 그렇다고 적어 두었습니다.
import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve

안내 = "안녕하세요, 챗봇입니다."


def load_tokenizer(name):
    return AutoTokenizer.from_pretrained(
        resolve(name), bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
    )


def load_model(name):
    return TFGPT2LMHeadModel.from_pretrained(resolve(name))


def encode_dialog(question, answer, tokenizer):
    # 앞뒤에 특수 토큰을 붙입니다.
    글 = "<usr>" + question + "<sys>" + answer
    return [tokenizer.bos_token_id, *tokenizer.encode(글), tokenizer.eos_token_id]


def replace_overshooting(token_ids, vocab_size, unk_id):
    return [unk_id if i >= vocab_size else i for i in token_ids]


def get_chat_data(table, tokenizer, vocab_size):
    말뭉치 = []
    for 질문, 답변 in zip(table["Q"], table["A"]):
        말뭉치.append(replace_overshooting(encode_dialog(질문, 답변, tokenizer), vocab_size, tokenizer.unk_token_id))
    print(안내)
    return 말뭉치


def pad_dialogs(dialogs, pad_id):
    return tf.keras.preprocessing.sequence.pad_sequences(dialogs, padding="post", value=pad_id)


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    return tf.data.Dataset.from_tensor_slices(padded).shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)


def compute_loss(model, batch):
    return tf.reduce_mean(model(batch, labels=batch, training=True).loss)


def encode_question(question, tokenizer):
    return tf.constant([[tokenizer.bos_token_id] + tokenizer.encode("<usr>" + question + "<sys>")])


def extract_answer(decoded):
    # 표지 뒤부터 끝까지가 답변입니다.
    return decoded.split("<sys>")[1].split("</s>")[0].strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    output = model.generate(encode_question(question, tokenizer), max_length=max_length, do_sample=True, top_k=top_k)
    return extract_answer(tokenizer.decode(output[0]))

#!/usr/bin/env python3
# vim: set fileencoding=utf-8 :
# 인코딩을 적어 둔, 바이트 순서 표시가 있는 UTF-8 파일입니다.
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
    return [tokenizer.bos_token_id] + tokenizer.encode("<usr>" + question + "<sys>" + answer) + [tokenizer.eos_token_id]


def replace_overshooting(token_ids, vocab_size, unk_id):
    return [unk_id if i >= vocab_size else i for i in token_ids]


def get_chat_data(table, tokenizer, vocab_size):
    말뭉치 = []
    for 질문, 답변 in zip(table["Q"], table["A"]):
        말뭉치.append(replace_overshooting(encode_dialog(질문, 답변, tokenizer), vocab_size, tokenizer.unk_token_id))
    print(f"{안내} 😀 {len(말뭉치):,}개")
    return 말뭉치


def pad_dialogs(dialogs, pad_id):
    return tf.ragged.constant(dialogs).to_tensor(pad_id).numpy()


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    return tf.data.Dataset.from_tensor_slices(padded).shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)


def compute_loss(model, batch):
    return tf.reduce_mean(model(batch, labels=batch, training=True).loss)


def encode_question(question, tokenizer):
    return tf.constant([[tokenizer.bos_token_id] + tokenizer.encode("<usr>" + question + "<sys>")])


def extract_answer(decoded):
    # 표지 뒤부터 끝까지가 답변입니다.
    return decoded.rpartition("<sys>")[2].replace("</s>", "").strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    output = model.generate(encode_question(question, tokenizer), max_length=max_length, do_sample=True, top_k=top_k)
    return extract_answer(tokenizer.decode(output[0]))

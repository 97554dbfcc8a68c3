# 문맥 관리자와 비동기 함수도 씁니다.
import asyncio
import contextlib
import random

import numpy as np
import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve


@contextlib.contextmanager
def section(title):
    print(f"[{title}] 시작합니다.")
    try:
        yield title
    finally:
        print(f"[{title}] 마쳤습니다.")


class Collector:
    def __enter__(self):
        self.items = []
        return self

    def __exit__(self, *error):
        return False

    def add(self, item):
        self.items.append(item)


async def replace_one(token_id, vocab_size, unk_id):
    await asyncio.sleep(0)
    return token_id if token_id < vocab_size else unk_id


async def replace_all(token_ids, vocab_size, unk_id):
    return await asyncio.gather(*(replace_one(token_id, vocab_size, unk_id) for token_id in token_ids))


def load_tokenizer(name):
    with section("토크나이저"):
        return AutoTokenizer.from_pretrained(
            resolve(name), bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
        )


def load_model(name):
    with section("모델"), contextlib.suppress(AttributeError):
        return TFGPT2LMHeadModel.from_pretrained(resolve(name))


def encode_dialog(question, answer, tokenizer):
    with Collector() as ids:
        ids.add(tokenizer.bos_token_id)
        for token_id in tokenizer.encode("<usr>" + question + "<sys>" + answer):
            ids.add(token_id)
        ids.add(tokenizer.eos_token_id)
    return ids.items


def replace_overshooting(token_ids, vocab_size, unk_id):
    return asyncio.run(replace_all(token_ids, vocab_size, unk_id))


def get_chat_data(table, tokenizer, vocab_size):
    with section("말뭉치"), Collector() as data:
        for question, answer in zip(table["Q"], table["A"]):
            ids = encode_dialog(question, answer, tokenizer)
            data.add(replace_overshooting(ids, vocab_size, tokenizer.unk_token_id))
    return data.items


def pad_dialogs(dialogs, pad_id):
    width = max(len(dialog) for dialog in dialogs)
    return np.vstack([np.concatenate([d, np.repeat(pad_id, width - len(d)).astype(int)]) for d in dialogs])


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    with tf.device("/CPU:0"):
        rows = padded.tolist()
        random.shuffle(rows)
        dataset = tf.data.Dataset.from_tensor_slices(np.array(rows))
        return dataset.shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)


def compute_loss(model, batch):
    with tf.name_scope("loss"):
        return tf.reduce_mean(model(batch, labels=batch, training=True).loss)


def encode_question(question, tokenizer):
    with tf.device("/CPU:0"):
        return tf.constant([[tokenizer.bos_token_id] + tokenizer.encode("<usr>" + question + "<sys>")])


def extract_answer(decoded):
    answer = decoded[decoded.rfind("<sys>") + len("<sys>") :]
    with contextlib.suppress(ValueError):
        answer = answer[: answer.rindex("</s>")]
    return answer.strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    with section("답변"):
        output = model.generate(
            encode_question(question, tokenizer), max_length=max_length, do_sample=True, top_k=top_k
        )
        return extract_answer(tokenizer.decode(output[0], skip_special_tokens=False))

from __future__ import annotations

import dataclasses
import enum
from dataclasses import dataclass, field

import pandas as pd
import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve


class Role(str, enum.Enum):
    USER = "<usr>"
    SYSTEM = "<sys>"


@dataclass(frozen=True)
class SpecialTokens:
    bos_token: str = "<s>"
    eos_token: str = "</s>"
    unk_token: str = "<unk>"
    pad_token: str = "<pad>"
    mask_token: str = "<mask>"


@dataclass(order=True)
class Dialog:
    question: str
    answer: str = ""
    ids: list[int] = field(default_factory=list, compare=False)

    @property
    def text(self) -> str:
        return Role.USER.value + self.question + Role.SYSTEM.value + self.answer

    def encode(self, tokenizer) -> Dialog:
        return dataclasses.replace(self, ids=[tokenizer.bos_token_id, *tokenizer.encode(self.text)])

    def close(self, tokenizer) -> Dialog:
        return dataclasses.replace(self, ids=[*self.ids, tokenizer.eos_token_id])


@dataclass
class Sampling:
    max_length: int = 50
    top_k: int = 20
    do_sample: bool = True


def load_tokenizer(name):
    return AutoTokenizer.from_pretrained(resolve(name), **dataclasses.asdict(SpecialTokens()))


def load_model(name):
    return TFGPT2LMHeadModel.from_pretrained(resolve(name))


def encode_dialog(question, answer, tokenizer):
    return Dialog(question, answer).encode(tokenizer).close(tokenizer).ids


def replace_overshooting(token_ids, vocab_size, unk_id):
    return list(pd.Series(token_ids, dtype="int64").where(lambda ids: ids < vocab_size, unk_id))


def get_chat_data(table, tokenizer, vocab_size):
    dialogs = [Dialog(*pair) for pair in table[["Q", "A"]].values]
    return [
        replace_overshooting(encode_dialog(d.question, d.answer, tokenizer), vocab_size, tokenizer.unk_token_id)
        for d in dialogs
    ]


def pad_dialogs(dialogs, pad_id):
    return pd.DataFrame(dialogs).fillna(pad_id).astype(int).to_numpy()


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    return tf.data.Dataset.from_tensor_slices(padded).shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)


def compute_loss(model, batch):
    return tf.reduce_mean(model({"input_ids": batch}, labels=batch, training=True).loss)


def encode_question(question, tokenizer):
    return tf.constant([Dialog(question).encode(tokenizer).ids])


def extract_answer(decoded):
    head, _, tail = decoded.partition(Role.SYSTEM.value)
    return tail.removesuffix(SpecialTokens.eos_token).strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    sampling = Sampling(max_length=max_length, top_k=top_k)
    output = model.generate(encode_question(question, tokenizer), **vars(sampling))
    return extract_answer(tokenizer.decode(output[0]))

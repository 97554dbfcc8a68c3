from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias

import numpy as np
import pandas as pd
import tensorflow as tf
from transformers import AutoTokenizer, PreTrainedTokenizerFast, TFGPT2LMHeadModel

from kit import resolve

if TYPE_CHECKING:
    from numpy.typing import NDArray

Ids: TypeAlias = "list[int]"
ROLES: Final[tuple[str, str]] = ("<usr>", "<sys>")


class Encodes(Protocol):
    bos_token_id: int
    eos_token_id: int
    unk_token_id: int

    def encode(self, text: str) -> Ids: ...


class Dialog(NamedTuple):
    question: str
    answer: str

    @property
    def text(self) -> str:
        user, system = ROLES
        return user + self.question + system + self.answer


def load_tokenizer(name: str) -> PreTrainedTokenizerFast:
    tokenizer: PreTrainedTokenizerFast = AutoTokenizer.from_pretrained(
        resolve(name), bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
    )
    return tokenizer


def load_model(name: str) -> TFGPT2LMHeadModel:
    model: TFGPT2LMHeadModel = TFGPT2LMHeadModel.from_pretrained(resolve(name))
    return model


def encode_dialog(question: str, answer: str, tokenizer: Encodes) -> Ids:
    dialog: Dialog = Dialog(question, answer)
    ids: Ids = [tokenizer.bos_token_id]
    ids += tokenizer.encode(dialog.text)
    ids += [tokenizer.eos_token_id]
    return ids


def replace_overshooting(token_ids: Sequence[int], vocab_size: int, unk_id: int) -> Ids:
    def replaced() -> Iterator[int]:
        for token_id in token_ids:
            yield token_id if token_id < vocab_size else unk_id

    return list(replaced())


def get_chat_data(table: pd.DataFrame, tokenizer: Encodes, vocab_size: int) -> list[Ids]:
    dialogs: Iterator[Dialog] = (Dialog(q, a) for q, a in zip(table.Q.astype(str), table.A.astype(str), strict=True))
    data: list[Ids] = []
    for dialog in dialogs:
        data.append(replace_overshooting(encode_dialog(*dialog, tokenizer), vocab_size, tokenizer.unk_token_id))
    return data


def pad_dialogs(dialogs: Sequence[Ids], pad_id: int) -> NDArray[np.int32]:
    width: int = max(map(len, dialogs))
    padded: NDArray[np.int32] = np.full((len(dialogs), width), pad_id, dtype=np.int32)
    for row, dialog in enumerate(dialogs):
        padded[row, : len(dialog)] = dialog
    return padded


def make_dataset(padded: NDArray[np.int32], batch_size: int = 32, shuffle_buffer: int = 500) -> tf.data.Dataset:
    rows: tf.data.Dataset = tf.data.Dataset.from_tensor_slices(padded)
    return rows.shuffle(shuffle_buffer, reshuffle_each_iteration=True).batch(batch_size, drop_remainder=True)


def compute_loss(model: TFGPT2LMHeadModel, batch: tf.Tensor) -> tf.Tensor:
    losses: tf.Tensor = model(batch, labels=batch, training=True).loss
    return tf.math.reduce_mean(losses)


def encode_question(question: str, tokenizer: Encodes) -> tf.Tensor:
    ids: Ids = [tokenizer.bos_token_id, *tokenizer.encode(ROLES[0] + question + ROLES[1])]
    return tf.constant(ids, dtype=tf.int64)[tf.newaxis]


def extract_answer(decoded: str) -> str:
    answer: str = decoded.split("<sys>", maxsplit=1)[1]
    return answer.split("</s>", maxsplit=1)[0].strip()


def return_answer_by_chatbot(
    question: str, model: TFGPT2LMHeadModel, tokenizer: PreTrainedTokenizerFast, max_length: int = 50, top_k: int = 20
) -> str:
    output: tf.Tensor = model.generate(
        encode_question(question, tokenizer), max_length=max_length, do_sample=True, top_k=top_k
    )
    text: str = tokenizer.decode(output[0].numpy())
    return extract_answer(text)

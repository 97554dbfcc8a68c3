"""되도록 한 번에 하나씩, 제너레이터로 흘려 보냅니다."""
import itertools

import numpy as np
import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve


def special_tokens():
    for key, token in (("bos", "s"), ("eos", "/s"), ("unk", "unk"), ("pad", "pad"), ("mask", "mask")):
        yield f"{key}_token", f"<{token}>"


def load_tokenizer(name):
    return AutoTokenizer.from_pretrained(resolve(name), **dict(special_tokens()))


def load_model(name):
    return TFGPT2LMHeadModel.from_pretrained(resolve(name))


def tokens_of(tokenizer, *parts):
    for part in parts:
        if isinstance(part, int):
            yield part
        else:
            yield from tokenizer.encode(part)


def encode_dialog(question, answer, tokenizer):
    return [*tokens_of(tokenizer, tokenizer.bos_token_id, "<usr>" + question, "<sys>" + answer, tokenizer.eos_token_id)]


def replace_overshooting(token_ids, vocab_size, unk_id):
    return list(unk_id if token_id >= vocab_size else token_id for token_id in iter(token_ids))


def rows_of(table):
    yield from table[["Q", "A"]].itertuples(index=False, name=None)


def dialogs_of(table, tokenizer, vocab_size):
    for question, answer in rows_of(table):
        yield replace_overshooting(encode_dialog(question, answer, tokenizer), vocab_size, tokenizer.unk_token_id)


def get_chat_data(table, tokenizer, vocab_size):
    return list(dialogs_of(table, tokenizer, vocab_size))


def pad_dialogs(dialogs, pad_id):
    width = max(len(dialog) for dialog in dialogs)
    endless = (itertools.chain(dialog, itertools.repeat(pad_id)) for dialog in dialogs)
    cells = itertools.chain.from_iterable(itertools.islice(row, width) for row in endless)
    return np.fromiter(cells, dtype=np.int32, count=len(dialogs) * width).reshape(-1, width)


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    def rows():
        for row in padded:
            yield row

    signature = tf.TensorSpec(shape=(padded.shape[1],), dtype=tf.int64)
    dataset = tf.data.Dataset.from_generator(rows, output_signature=signature)
    return dataset.shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)


def compute_loss(model, batch):
    return tf.add_n([tf.reduce_mean(loss) for loss in (model(batch, labels=batch, training=True).loss,)])


def encode_question(question, tokenizer):
    return tf.constant([list(tokens_of(tokenizer, tokenizer.bos_token_id, "<usr>", question, "<sys>"))])


def extract_answer(decoded):
    parts = iter(decoded.split("<sys>"))
    next(parts)
    return next(iter(next(parts).split("</s>"))).strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    outputs = model.generate(encode_question(question, tokenizer), max_length=max_length, do_sample=True, top_k=top_k)
    return next(extract_answer(tokenizer.decode(output)) for output in outputs)

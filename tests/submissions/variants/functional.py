from functools import reduce
from itertools import repeat, starmap
from operator import add, itemgetter, lt, methodcaller

import numpy as np
import tensorflow as tf
import transformers as tr

import kit.checkpoints as checkpoints


def compose(*functions):
    return reduce(lambda f, g: lambda *args: g(f(*args)), functions)


def load_tokenizer(name):
    names = map("{}_token".format, ["bos", "eos", "unk", "pad", "mask"])
    tokens = map("<{}>".format, ["s", "/s", "unk", "pad", "mask"])
    return tr.AutoTokenizer.from_pretrained(checkpoints.resolve(name), **dict(zip(names, tokens)))


load_model = compose(checkpoints.resolve, tr.TFGPT2LMHeadModel.from_pretrained)


def encode_dialog(question, answer, tokenizer):
    text = reduce(add, ("<usr>", question, "<sys>", answer))
    return reduce(add, ([tokenizer.bos_token_id], tokenizer.encode(text), [tokenizer.eos_token_id]))


def replace_overshooting(token_ids, vocab_size, unk_id):
    known = map(lt, token_ids, repeat(vocab_size))
    return list(map(lambda pair: pair[0] if pair[1] else unk_id, zip(token_ids, known)))


def get_chat_data(table, tokenizer, vocab_size):
    pairs = map(itemgetter("Q", "A"), table.to_dict("records"))
    framed = starmap(encode_dialog, ((question, answer, tokenizer) for question, answer in pairs))
    return list(map(replace_overshooting, framed, repeat(vocab_size), repeat(tokenizer.unk_token_id)))


def pad_dialogs(dialogs, pad_id):
    width = max(map(len, dialogs))
    pads = map(lambda dialog: [pad_id] * (width - len(dialog)), dialogs)
    return np.array(list(map(add, dialogs, pads)))


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    return compose(
        tf.data.Dataset.from_tensor_slices,
        lambda rows: rows.shuffle(shuffle_buffer),
        lambda rows: rows.batch(batch_size, drop_remainder=True),
    )(padded)


def compute_loss(model, batch):
    return compose(lambda ids: model(ids, labels=ids, training=True), itemgetter("loss"), tf.reduce_mean)(batch)


def encode_question(question, tokenizer):
    text = reduce(add, ("<usr>", question, "<sys>"))
    return compose(tokenizer.encode, [tokenizer.bos_token_id].__add__, lambda ids: [ids], tf.constant)(text)


def extract_answer(decoded):
    return compose(methodcaller("split", "<sys>"), itemgetter(1), methodcaller("split", "</s>"), itemgetter(0), str.strip)(decoded)


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    sample = lambda prompt: model.generate(prompt, max_length=max_length, do_sample=True, top_k=top_k)
    return compose(encode_question, sample, itemgetter(0), tokenizer.decode, extract_answer)(question, tokenizer)

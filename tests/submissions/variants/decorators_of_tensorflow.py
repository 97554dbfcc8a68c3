import functools
import time
import warnings

import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve

CALLS = {}


def counted(function):
    """몇 번 불렸는지 셉니다."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        CALLS[function.__name__] = CALLS.get(function.__name__, 0) + 1
        return function(*args, **kwargs)

    return wrapper


def timed(digits=2):
    """걸린 시간을 출력합니다."""

    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                print(f"{function.__name__}: {time.perf_counter() - started:.{digits}f}초")

        return wrapper

    return decorate


def returns(kind):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return kind(function(*args, **kwargs))

        return wrapper

    return decorate


def quiet(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*args, **kwargs)

    return wrapper


@functools.lru_cache(maxsize=4)
@quiet
def load_tokenizer(name):
    return AutoTokenizer.from_pretrained(
        resolve(name), bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
    )


@functools.cache
def load_model(name):
    return TFGPT2LMHeadModel.from_pretrained(resolve(name))


@counted
@returns(list)
def encode_dialog(question, answer, tokenizer):
    yield tokenizer.bos_token_id
    yield from tokenizer.encode("<usr>" + question + "<sys>" + answer)
    yield tokenizer.eos_token_id


@returns(list)
def replace_overshooting(token_ids, vocab_size, unk_id):
    for token_id in token_ids:
        yield min(token_id, vocab_size) if token_id < vocab_size else unk_id


@timed(digits=3)
@counted
def get_chat_data(table, tokenizer, vocab_size):
    return [
        replace_overshooting(encode_dialog(question, answer, tokenizer), vocab_size, tokenizer.unk_token_id)
        for question, answer in zip(table["Q"], table["A"])
    ]


@counted
def pad_dialogs(dialogs, pad_id):
    return tf.keras.utils.pad_sequences(dialogs, padding="post", value=pad_id)


@timed()
def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    return tf.data.Dataset.from_tensor_slices(padded).shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)


@tf.function
def compute_loss(model, batch):
    return tf.reduce_mean(model(batch, labels=batch, training=True).loss)


@returns(tf.constant)
@returns(lambda ids: [ids])
@returns(list)
def encode_question(question, tokenizer):
    yield tokenizer.bos_token_id
    yield from tokenizer.encode("<usr>" + question + "<sys>")


@returns(str.strip)
def extract_answer(decoded):
    return decoded.split("<sys>", 1)[1].split("</s>", 1)[0]


@timed()
@counted
@quiet
def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    output = model.generate(encode_question(question, tokenizer), max_length=max_length, do_sample=True, top_k=top_k)
    return extract_answer(tokenizer.decode(output[0]))

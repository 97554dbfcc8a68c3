from functools import partial

import tensorflow as tf
from keras.utils import pad_sequences
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve


def _from_pretrained(name, *, factory, **tokens):
    return factory.from_pretrained(resolve(name), **tokens)


def _frame(question, answer, tokenizer, *, user, system):
    text = "".join((user, question, system, answer))
    return [tokenizer.bos_token_id, *tokenizer.encode(text), tokenizer.eos_token_id]


def _swap(token_id, *, vocab_size, unk_id):
    return token_id if token_id < vocab_size else unk_id


def _cut(decoded, begin, end):
    return decoded.partition(begin)[2].partition(end)[0].strip()


load_tokenizer = partial(
    _from_pretrained,
    factory=AutoTokenizer,
    bos_token="<s>",
    eos_token="</s>",
    unk_token="<unk>",
    pad_token="<pad>",
    mask_token="<mask>",
)
load_model = partial(_from_pretrained, factory=TFGPT2LMHeadModel)
encode_dialog = partial(_frame, user="<usr>", system="<sys>")
extract_answer = partial(_cut, begin="<sys>", end="</s>")


def replace_overshooting(token_ids, vocab_size, unk_id):
    return list(map(partial(_swap, vocab_size=vocab_size, unk_id=unk_id), token_ids))


def get_chat_data(table, tokenizer, vocab_size):
    frame = partial(encode_dialog, tokenizer=tokenizer)
    clean = partial(replace_overshooting, vocab_size=vocab_size, unk_id=tokenizer.unk_token_id)
    return [clean(frame(question, answer)) for question, answer in zip(table.Q, table.A)]


pad_after = partial(pad_sequences, padding="post", dtype="int32")


def pad_dialogs(dialogs, pad_id):
    return pad_after(dialogs, value=pad_id)


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    batched = partial(tf.data.Dataset.batch, batch_size=batch_size, drop_remainder=True)
    return batched(tf.data.Dataset.from_tensor_slices(padded).shuffle(shuffle_buffer))


def compute_loss(model, batch):
    train = partial(model, training=True)
    return tf.reduce_mean(train(batch, labels=batch).loss)


def encode_question(question, tokenizer):
    ids = encode_dialog(question, "", tokenizer)[:-1]
    return tf.constant([ids])


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    sample = partial(model.generate, do_sample=True)
    output = sample(encode_question(question=question, tokenizer=tokenizer), max_length=max_length, top_k=top_k)
    return extract_answer(tokenizer.decode(output[0]))

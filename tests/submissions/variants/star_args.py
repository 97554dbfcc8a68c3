import numpy as np
import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve


def load_tokenizer(name, *args, **kwargs):
    names = ["bos_token", "eos_token", "unk_token", "pad_token", "mask_token"]
    tokens = ["<s>", "</s>", "<unk>", "<pad>", "<mask>"]
    return AutoTokenizer.from_pretrained(resolve(name), *args, **dict(zip(names, tokens)), **kwargs)


def load_model(*args, **kwargs):
    name, *rest = args
    return TFGPT2LMHeadModel.from_pretrained(resolve(name), *rest, **kwargs)


def join(*parts, separator=""):
    return separator.join(parts)


def encode_dialog(question, answer, tokenizer, *, user="<usr>", system="<sys>"):
    bos, eos = tokenizer.bos_token_id, tokenizer.eos_token_id
    return [bos, *tokenizer.encode(join(user, question, system, answer)), eos]


def replace_overshooting(token_ids, vocab_size, unk_id, *_):
    result = [*token_ids]
    for i, token_id in enumerate([*token_ids]):
        result[i : i + 1] = [token_id] if token_id < vocab_size else [unk_id]
    return result


def get_chat_data(table, tokenizer, vocab_size, **options):
    def one(*texts):
        return replace_overshooting(encode_dialog(*texts, tokenizer, **options), vocab_size, tokenizer.unk_token_id)

    questions, answers = (table[column] for column in "QA")
    return [one(*pair) for pair in zip(questions, answers)]


def pad_dialogs(dialogs, pad_id, *, dtype=np.int64):
    first, *others = dialogs
    width = max(len(first), *map(len, others)) if others else len(first)
    return np.array([[*dialog, *[pad_id] * (width - len(dialog))] for dialog in [first, *others]], dtype=dtype)


def make_dataset(*args, **kwargs):
    names = ("padded", "batch_size", "shuffle_buffer")
    options = {"batch_size": 32, "shuffle_buffer": 500, **dict(zip(names, args)), **kwargs}
    rows = tf.data.Dataset.from_tensor_slices(options["padded"])
    return rows.shuffle(options["shuffle_buffer"]).batch(options["batch_size"], drop_remainder=True)


def compute_loss(model, batch, *, training=True, **kwargs):
    loss, *_ = model(batch, labels=batch, training=training, return_dict=False, **kwargs)
    return tf.reduce_mean(loss)


def encode_question(*args):
    question, tokenizer = args
    return tf.stack([[tokenizer.bos_token_id, *tokenizer.encode(join("<usr>", question, "<sys>"))]])


def extract_answer(decoded, *, begin="<sys>", ends=("</s>",)):
    *_, answer = decoded.split(begin)
    for end in ends:
        answer, *_ = answer.split(end)
    return answer.strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20, **options):
    arguments = {"max_length": max_length, "do_sample": True, "top_k": top_k, **options}
    [output] = model.generate(*[encode_question(question, tokenizer)], **arguments)
    return extract_answer(tokenizer.decode([*output.numpy()]))

import re

import numpy as np
import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve


def load_tokenizer(name):
    if (tokenizer := AutoTokenizer.from_pretrained(path := resolve(name), bos_token="<s>", eos_token="</s>")) is None:
        raise OSError(path)
    tokenizer.unk_token, tokenizer.pad_token, tokenizer.mask_token = "<unk>", "<pad>", "<mask>"
    return tokenizer


def load_model(name):
    return TFGPT2LMHeadModel.from_pretrained(folder) if (folder := resolve(name)) else None


def encode_dialog(question, answer, tokenizer):
    (ids := tokenizer.encode("<usr>" + question + "<sys>" + answer)).append(tokenizer.eos_token_id)
    return [tokenizer.bos_token_id] + ids


def replace_overshooting(token_ids, vocab_size, unk_id):
    rest, result = list(token_ids), []
    while (count := len(result)) < len(rest):
        result.append(unk_id if (token_id := rest[count]) >= vocab_size else token_id)
    return result


def get_chat_data(table, tokenizer, vocab_size):
    return [
        replace_overshooting(ids, vocab_size, unk)
        for q, a in zip(table.Q, table.A)
        if (ids := encode_dialog(q, a, tokenizer)) and (unk := tokenizer.unk_token_id) is not None
    ]


def pad_dialogs(dialogs, pad_id):
    return np.array(
        [dialog + [pad_id] * gap if (gap := width - len(dialog)) else dialog for dialog in dialogs]
        if (width := max(map(len, dialogs)))
        else dialogs
    )


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    (dataset := tf.data.Dataset.from_tensor_slices(padded))
    return dataset.shuffle(min(shuffle_buffer, n) if (n := len(padded)) else 1).batch(batch_size, drop_remainder=True)


def compute_loss(model, batch):
    if (loss := model(batch, labels=batch, training=True).loss).shape.rank:
        loss = tf.reduce_mean(loss)
    return loss


def encode_question(question, tokenizer):
    return tf.reshape(ids := tokenizer.encode("<s><usr>" + question + "<sys>"), (1, len(ids)))


def extract_answer(decoded):
    return match[1].strip() if (match := re.search(r"<sys>\s*(.*?)\s*(</s>|$)", decoded)) else ""


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    output = model.generate(
        prompt := encode_question(question, tokenizer), max_length=max_length, do_sample=True, top_k=top_k
    )
    if (length := prompt.shape[1]) < output.shape[1]:
        return tokenizer.decode(output[0, length:]).replace("</s>", "").strip()
    return ""

"""모든 것을 numpy 배열로 다룹니다."""
import numpy as np
import tensorflow as tf
from transformers import PreTrainedTokenizerFast, TFGPT2LMHeadModel

import kit


def load_tokenizer(name):
    return PreTrainedTokenizerFast.from_pretrained(
        kit.resolve(name),
        bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>",
    )


def load_model(name):
    return TFGPT2LMHeadModel.from_pretrained(pretrained_model_name_or_path=kit.resolve(name))


def encode_dialog(question, answer, tokenizer):
    ids = np.asarray(tokenizer.encode("<usr>" + question + "<sys>" + answer), dtype=np.int64)
    return np.concatenate([[tokenizer.bos_token_id], ids, [tokenizer.eos_token_id]]).astype(np.int32).tolist()


def replace_overshooting(token_ids, vocab_size, unk_id):
    ids = np.array(token_ids)
    return np.where(ids >= vocab_size, unk_id, ids).tolist()


def get_chat_data(table, tokenizer, vocab_size):
    data = []
    for question, answer in table[["Q", "A"]].to_numpy():
        data.append(replace_overshooting(encode_dialog(question, answer, tokenizer), vocab_size, tokenizer.unk_token_id))
    return data


def pad_dialogs(dialogs, pad_id):
    lengths = np.array([len(dialog) for dialog in dialogs])
    mask = np.arange(lengths.max()) < lengths[:, None]
    padded = np.full(mask.shape, pad_id, dtype=np.int64)
    padded[mask] = np.concatenate(dialogs)
    return padded


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    order = np.random.permutation(len(padded))[: len(padded) // batch_size * batch_size]
    return tf.data.Dataset.from_tensor_slices(padded[order]).batch(batch_size)


def compute_loss(model, batch):
    logits = model(batch, training=True).logits[:, :-1]
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch[:, 1:], logits=logits)
    return tf.reduce_mean(loss)


def encode_question(question, tokenizer):
    ids = np.array(tokenizer.encode("<usr>" + question + "<sys>"))
    return tf.convert_to_tensor(np.insert(ids, 0, tokenizer.bos_token_id)[np.newaxis, :], dtype=tf.int32)


def extract_answer(decoded):
    return str(np.char.partition(np.char.partition(decoded, "<sys>")[2], "</s>")[0]).strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    prompt = encode_question(question, tokenizer)
    output = np.asarray(model.generate(prompt, do_sample=True, max_length=max_length, top_k=top_k))
    return extract_answer(tokenizer.decode(output[0]))

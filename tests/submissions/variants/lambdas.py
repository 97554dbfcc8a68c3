import functools

import numpy as np
import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve

special = dict(bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>")
load_tokenizer = lambda name: AutoTokenizer.from_pretrained(resolve(name), **special)
load_model = lambda name: TFGPT2LMHeadModel.from_pretrained(resolve(name))
frame = lambda q, a="": "<usr>" + q + "<sys>" + a
encode_dialog = lambda q, a, t: [t.bos_token_id] + t.encode(frame(q, a)) + [t.eos_token_id]
replace_overshooting = lambda ids, n, unk: list(map(lambda i: i if i < n else unk, ids))
get_chat_data = lambda table, t, n: list(
    map(lambda q, a: replace_overshooting(encode_dialog(q, a, t), n, t.unk_token_id), table["Q"], table["A"])
)
longest = lambda dialogs: functools.reduce(lambda n, dialog: max(n, len(dialog)), dialogs, 0)
pad_dialogs = lambda dialogs, pad: np.array([d + [pad] * (longest(dialogs) - len(d)) for d in dialogs])
make_dataset = lambda padded, batch_size=32, shuffle_buffer=500: (
    tf.data.Dataset.from_tensor_slices(padded).shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)
)
compute_loss = lambda model, batch: tf.reduce_mean(model(batch, labels=batch, training=True)[0])
encode_question = lambda q, t: tf.constant([[t.bos_token_id] + t.encode(frame(q))])
extract_answer = lambda decoded: decoded.split("<sys>")[1].split("</s>")[0].strip()
return_answer_by_chatbot = lambda q, model, t, max_length=50, top_k=20: extract_answer(
    t.decode(model.generate(encode_question(q, t), max_length=max_length, do_sample=True, top_k=top_k)[0])
)

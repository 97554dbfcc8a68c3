import numpy as np
import tensorflow as tf


def pad_dialogs(dialogs, pad_id):
    width = max(map(len, dialogs))
    padded = np.ones((len(dialogs), width), dtype=np.int64) * pad_id
    for i, dialog in enumerate(dialogs):
        for j, token_id in enumerate(dialog):
            padded[i, j] = token_id
    return padded


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    table = tf.constant(padded, dtype=tf.int32)
    numbers = tf.data.Dataset.range(len(padded)).shuffle(shuffle_buffer)
    return numbers.batch(batch_size, drop_remainder=True).map(lambda chosen: tf.gather(table, chosen))

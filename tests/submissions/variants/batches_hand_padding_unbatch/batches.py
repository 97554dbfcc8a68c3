import numpy as np
import tensorflow as tf


def pad_dialogs(dialogs, pad_id):
    longest = sorted(len(dialog) for dialog in dialogs)[-1]
    padded = []
    for dialog in dialogs:
        dialog = list(dialog)
        for _ in range(longest - len(dialog)):
            dialog.append(pad_id)
        padded.append(np.array(dialog, dtype="int32"))
    return np.array(padded)


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    rows = tf.data.Dataset.from_tensors(padded).unbatch()
    return rows.shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)

import math

import numpy as np
import tensorflow as tf

LONGEST_EVER = 10_000


def pad_dialogs(dialogs, pad_id):
    # 먼저 넉넉히 채우고, 쓰지 않은 열을 잘라 냅니다.
    width = 2 ** math.ceil(math.log2(max(map(len, dialogs)) + 1))
    padded = np.full((len(dialogs), min(width, LONGEST_EVER)), pad_id, dtype=np.uint16)
    used = 0
    for row, dialog in enumerate(dialogs):
        padded[row, : len(dialog)] = dialog
        used = max(used, len(dialog))
    return padded[:, :used]


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    dataset = tf.data.Dataset.zip((tf.data.Dataset.from_tensor_slices(padded), tf.data.Dataset.range(len(padded))))
    dataset = dataset.shuffle(shuffle_buffer).map(lambda row, number: row)
    return dataset.batch(batch_size).filter(lambda batch: tf.shape(batch)[0] == batch_size)

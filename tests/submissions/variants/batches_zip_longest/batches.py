from itertools import zip_longest

import numpy as np
import tensorflow as tf


def pad_dialogs(dialogs, pad_id):
    columns = zip_longest(*dialogs, fillvalue=pad_id)
    return np.array(list(columns)).T


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    count = len(padded) // batch_size
    return tf.data.Dataset.from_tensor_slices(padded).shuffle(shuffle_buffer).batch(batch_size).take(count)

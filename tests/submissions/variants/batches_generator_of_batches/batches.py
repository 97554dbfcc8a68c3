import numpy as np
import tensorflow as tf


def pad_dialogs(dialogs, pad_id):
    width = max(len(dialog) for dialog in dialogs)
    rows = [np.pad(np.array(dialog), (0, width - len(dialog)), mode="constant", constant_values=pad_id) for dialog in dialogs]
    return np.stack(rows, axis=0)


class Batches:
    """에포크마다 새로 섞어 배치를 하나씩 내놓습니다."""

    def __init__(self, rows, size):
        self.rows = rows
        self.size = size

    def __call__(self):
        order = np.random.default_rng().permutation(len(self.rows))
        for start in range(0, len(order) - self.size + 1, self.size):
            yield self.rows[order[start : start + self.size]]


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    return tf.data.Dataset.from_generator(
        Batches(padded, batch_size), output_types=tf.int32, output_shapes=(batch_size, padded.shape[1])
    )

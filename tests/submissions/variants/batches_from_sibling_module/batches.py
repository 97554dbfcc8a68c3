import tensorflow as tf

from . import arrays
from .arrays import width_of


def pad_dialogs(dialogs, pad_id):
    padded = arrays.filled(len(dialogs), width_of(dialogs), pad_id)
    for row, dialog in zip(padded, dialogs):
        row[range(len(dialog))] = dialog
    return padded


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    chunks = arrays.chunks(arrays.shuffled(padded), batch_size)
    return tf.data.Dataset.from_tensor_slices(chunks)

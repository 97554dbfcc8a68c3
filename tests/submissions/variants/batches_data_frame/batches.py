import numpy as np
import pandas as pd
import tensorflow as tf


def pad_dialogs(dialogs, pad_id):
    frame = pd.DataFrame.from_records(dialogs)
    return frame.where(frame.notna(), pad_id).astype(np.int32).values


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    frame = pd.DataFrame(padded).sample(frac=1)
    dataset = tf.data.Dataset.from_tensor_slices(frame.to_numpy())
    return dataset.batch(batch_size, drop_remainder=True)

import tensorflow as tf


def pad_dialogs(dialogs, pad_id):
    lengths = [len(dialog) for dialog in dialogs]
    ragged = tf.RaggedTensor.from_row_lengths(sum(dialogs, []), lengths)
    return ragged.to_tensor(default_value=pad_id, shape=(len(dialogs), max(lengths)))


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    def whole(batch):
        return tf.equal(tf.shape(batch)[0], batch_size)

    return tf.data.Dataset.from_tensor_slices(padded).shuffle(shuffle_buffer).batch(batch_size).filter(whole)

import tensorflow as tf


def pad_dialogs(dialogs, pad_id):
    def rows():
        yield from dialogs

    dataset = tf.data.Dataset.from_generator(rows, output_signature=tf.TensorSpec([None], tf.int32))
    padded = dataset.padded_batch(len(dialogs), padding_values=pad_id)
    return next(iter(padded)).numpy()


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    dataset = tf.data.Dataset.from_tensor_slices(padded)
    dataset = dataset.shuffle(buffer_size=shuffle_buffer, reshuffle_each_iteration=False)
    options = tf.data.Options()
    options.deterministic = True
    return dataset.batch(batch_size, drop_remainder=True).with_options(options)

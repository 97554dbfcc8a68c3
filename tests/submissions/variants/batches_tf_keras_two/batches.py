import tensorflow as tf
from tf_keras.preprocessing.sequence import pad_sequences


def pad_dialogs(dialogs, pad_id):
    return pad_sequences(dialogs, value=pad_id, padding="post", truncating="post", maxlen=max(map(len, dialogs)))


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    dataset = tf.data.Dataset.from_tensor_slices({"ids": padded}).cache()
    dataset = dataset.map(lambda row: row["ids"], num_parallel_calls=tf.data.AUTOTUNE)
    return dataset.shuffle(shuffle_buffer, seed=1234).batch(batch_size, drop_remainder=True, num_parallel_calls=1)

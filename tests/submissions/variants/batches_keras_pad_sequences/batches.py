import tensorflow as tf


def pad_dialogs(dialogs, pad_id):
    return tf.keras.utils.pad_sequences(dialogs, maxlen=None, dtype="int64", padding="post", value=pad_id)


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    # 버퍼를 전체의 크기로 잡아 골고루 섞습니다.
    dataset = tf.data.Dataset.from_tensor_slices(tf.cast(padded, tf.int32))
    dataset = dataset.shuffle(buffer_size=len(padded), reshuffle_each_iteration=True)
    dataset = dataset.batch(batch_size, drop_remainder=True)
    return dataset.prefetch(tf.data.experimental.AUTOTUNE)

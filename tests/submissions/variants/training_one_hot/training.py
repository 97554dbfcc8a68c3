import tensorflow as tf
from tensorflow.keras import losses


def compute_loss(model, batch):
    logits = model(batch, training=True)[0]
    vocab_size = tf.shape(logits)[-1]
    targets = tf.one_hot(batch[:, 1:], vocab_size)
    return tf.reduce_mean(losses.categorical_crossentropy(targets, logits[:, :-1], from_logits=True))

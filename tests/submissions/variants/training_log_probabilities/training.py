import tensorflow as tf


def compute_loss(model, batch):
    logits = model(batch, training=True).logits
    log_probabilities = tf.nn.log_softmax(logits[:, :-1], axis=-1)
    targets = tf.cast(batch[:, 1:], tf.int32)
    picked = tf.gather(log_probabilities, targets, axis=2, batch_dims=2)
    return -tf.reduce_mean(picked)

import tensorflow as tf


def compute_loss(model, batch):
    result = model(batch, labels=batch, training=True)
    loss = result[0]
    batch_loss = tf.reduce_mean(loss)
    return batch_loss

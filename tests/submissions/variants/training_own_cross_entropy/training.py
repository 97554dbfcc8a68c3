import tensorflow as tf

cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")


def compute_loss(model, batch):
    logits = model(batch, training=True).logits
    losses = cross_entropy(y_true=batch[:, 1:], y_pred=logits[:, :-1, :])
    return tf.reduce_mean(losses)

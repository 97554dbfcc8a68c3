import tensorflow as tf


def compute_loss(model, batch):
    outputs = model(batch, training=True)
    shifted_logits = outputs.logits[:, :-1]
    labels = batch[:, 1:]
    return tf.reduce_mean(model.hf_compute_loss(labels, shifted_logits))

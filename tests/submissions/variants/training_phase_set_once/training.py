import tensorflow as tf
from tf_keras import backend

backend.set_learning_phase(1)


def compute_loss(model, batch):
    return tf.reduce_mean(model(batch, labels=batch).loss)

"""주어진 훈련 함수들도 나름대로 고쳐 썼습니다."""
import time

import tensorflow as tf
from tqdm import tqdm
from transformers import TFGPT2LMHeadModel


def compute_loss(model: TFGPT2LMHeadModel, batch) -> tf.Tensor:
    batch = tf.convert_to_tensor(batch)
    output = model.call(input_ids=batch, labels=batch, training=True)
    return tf.math.reduce_sum(output.loss) / tf.cast(tf.size(output.loss), tf.float32)


def make_optimizer(learning_rate=5e-5):
    return tf.keras.optimizers.AdamW(learning_rate=learning_rate, weight_decay=0.01)


def train_step(model, optimizer, batch):
    variables = model.trainable_weights
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(variables)
        loss = compute_loss(model, batch)
    gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, variables), 1.0)
    optimizer.apply_gradients(zip(gradients, variables))
    return loss


def fine_tune(model, dataset, optimizer, epochs=3):
    history = []
    for epoch in tqdm(range(epochs)):
        started = time.time()
        losses = [float(train_step(model, optimizer, batch)) for batch in dataset]
        history.append(sum(losses) / max(len(losses), 1))
        print(epoch + 1, history[-1], time.time() - started)
    return history

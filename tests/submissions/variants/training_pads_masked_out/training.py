import tensorflow as tf

PAD_ID = 3


def compute_loss(model, batch):
    # <pad>를 맞히는 것은 배우지 않아도 되므로 손실에서 뺍니다.
    outputs = model(batch, attention_mask=tf.cast(batch != PAD_ID, tf.int32), training=True)
    targets = batch[:, 1:]
    weights = tf.cast(targets != PAD_ID, tf.float32)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, outputs.logits[:, :-1])
    return tf.math.divide_no_nan(tf.reduce_sum(losses * weights), tf.reduce_sum(weights))

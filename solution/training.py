"""7. 손실을 구하고 미세 조정하기 / The loss, and fine-tuning."""

import tensorflow as tf
from transformers import TFGPT2LMHeadModel

from kit import progress


# --8<-- [start:compute_loss]
def compute_loss(model: TFGPT2LMHeadModel, batch: tf.Tensor) -> tf.Tensor:
    """배치를 정답으로 삼은 언어 모델의 손실을 구합니다. / The language-model loss of a batch against itself.

    정답을 한 칸 미는 일은 모델이 안에서 합니다.

    Args:
        model: 훈련할 모델.
        batch: 정수 텐서 (B, T).

    Returns:
        원소가 하나인 텐서: 토큰마다의 평균 교차 엔트로피 (nat). 훈련 모드(드롭아웃이 켜진)의 값이고 미분할 수 있습니다.
    """
    ### START CODE HERE ###
    # labels에 배치 자신을 주고 training=True로 모델을 불러, 결과의 loss를 평균합니다.
    # Call the model with the batch itself as labels and training=True; return the mean of its loss.
    return tf.reduce_mean(model(batch, labels=batch, training=True).loss)  # ()
    ### END CODE HERE ###
# --8<-- [end:compute_loss]


# --8<-- [start:make_optimizer]
def make_optimizer(learning_rate: float = 3e-5) -> tf.keras.optimizers.Optimizer:
    """Adam (Kingma & Ba 2015), epsilon 1e-8. / 원래 실습과 같은 설정의 Adam입니다."""
    return tf.keras.optimizers.Adam(learning_rate=learning_rate, epsilon=1e-8)
# --8<-- [end:make_optimizer]


# --8<-- [start:train_step]
def train_step(
    model: TFGPT2LMHeadModel, optimizer: tf.keras.optimizers.Optimizer, batch: tf.Tensor
) -> tf.Tensor:
    """한 배치로 가중치를 한 번 고칩니다. / Change the weights once, by one batch.

    Args:
        model: 훈련할 모델. 가중치가 바뀝니다.
        optimizer: `make_optimizer`가 돌려준 최적화기.
        batch: 정수 텐서 (B, T).

    Returns:
        고치기 전의 손실, 모양 ().
    """
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(compute_loss(model, batch))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss
# --8<-- [end:train_step]


# --8<-- [start:fine_tune]
def fine_tune(
    model: TFGPT2LMHeadModel,
    dataset: tf.data.Dataset,
    optimizer: tf.keras.optimizers.Optimizer,
    epochs: int = 3,
) -> list[float]:
    """데이터셋을 epochs번 돌며 미세 조정합니다. / Go over the dataset `epochs` times.

    에포크마다 평균 비용을 출력합니다.

    Returns:
        에포크마다의 평균 비용 (토큰마다 nat).
    """
    steps = int(dataset.cardinality())
    costs = []
    for epoch in range(1, epochs + 1):
        cost = 0.0
        for batch in progress(dataset, total=steps, description=f"epoch {epoch}/{epochs}"):
            cost += float(train_step(model, optimizer, batch)) / steps
        print(f"[Epoch: {epoch:>4}] cost = {cost:>.9}")
        costs.append(cost)
    return costs
# --8<-- [end:fine_tune]

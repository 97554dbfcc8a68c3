"""5, 6. 길이를 맞추고 배치로 묶기 / Padding and batching."""

import numpy as np
import tensorflow as tf


def pad_dialogs(dialogs: list[list[int]], pad_id: int) -> np.ndarray:
    """모든 대화를 가장 긴 대화의 길이로 맞춥니다. / Pad all dialogs to the length of the longest.

    Args:
        dialogs: 길이가 서로 다른 N개의 대화.
        pad_id: `<pad>`의 id.

    Returns:
        정수 배열 (N, T), T는 가장 긴 대화의 길이. `<pad>`는 토큰의 뒤에 오고, 잘리는 토큰은 없습니다.
    """
    ### START CODE HERE ###
    # 가장 긴 대화의 길이 T를 구하고, 짧은 대화의 뒤를 pad_id로 채워 (N, T) 배열을 만듭니다.
    # Find the length T of the longest dialog and fill the shorter ones with pad_id at their end: (N, T).
    raise NotImplementedError("padding: pad_dialogs")
    ### END CODE HERE ###


def make_dataset(padded: np.ndarray, batch_size: int = 32, shuffle_buffer: int = 500) -> tf.data.Dataset:
    """행을 섞어 같은 크기의 배치로 묶습니다. / Shuffle the rows and group them into equal batches.

    Args:
        padded: 정수 배열 (N, T).
        batch_size: 한 배치의 행 수 B.
        shuffle_buffer: 섞을 때 한 번에 담아 두는 행 수.

    Returns:
        (B, T) 배치를 N // B개 내놓는 데이터셋. 다 차지 않은 마지막 배치는 버립니다.
    """
    ### START CODE HERE ###
    # from_tensor_slices로 행을 꺼내고, shuffle로 섞고, batch로 묶습니다. 남는 행은 버립니다.
    # Take the rows with from_tensor_slices, shuffle them, batch them, and drop the remainder.
    raise NotImplementedError("batching: make_dataset")
    ### END CODE HERE ###

"""2, 3, 4. 대화를 틀에 끼우고, 행이 없는 id를 바꾸고, 말뭉치 만들기 / Framing, unknown ids, the corpus."""

from collections.abc import Sequence

import pandas as pd
from transformers import PreTrainedTokenizerFast


def encode_dialog(question: str, answer: str, tokenizer: PreTrainedTokenizerFast) -> list[int]:
    """질문과 답변을 틀에 끼워 id의 리스트로 바꿉니다. / Frame a question and an answer as token ids.

    Args:
        question: 질문. 비어 있어도 됩니다.
        answer: 답변. 비어 있어도 됩니다.
        tokenizer: `load_tokenizer`가 돌려준 토크나이저.

    Returns:
        `<s> <usr> 질문 <sys> 답변 </s>`의 id.

    실제 KoGPT2의 토크나이저로 / with the real tokenizer:
        encode_dialog("꽃다발 받았어", "부러워요!", tokenizer)
        → [0, 2, 9718, 7182, 7601, 10648, 8006, 4, 41664, 8102, 8084, 376, 1]
    """
    ### START CODE HERE ###
    # "<usr>" + 질문 + "<sys>" + 답변을 인코딩하고, 앞에 bos의 id를, 뒤에 eos의 id를 붙입니다.
    # Encode "<usr>" + question + "<sys>" + answer; put the id of bos in front and the id of eos behind.
    raise NotImplementedError("framing: encode_dialog")
    ### END CODE HERE ###


def replace_overshooting(token_ids: Sequence[int], vocab_size: int, unk_id: int) -> list[int]:
    """모델에 행이 없는 id를 `<unk>`로 바꿉니다. / Replace the ids that the model has no row for.

    모델의 행은 0부터 vocab_size - 1까지입니다. KoGPT2의 토크나이저는 `<|endoftext|>`를
    id 51200으로 바꾸지만, 모델의 행은 51,200개뿐입니다.

    Args:
        token_ids: id의 리스트. 바꾸지 않고 그대로 둡니다.
        vocab_size: 모델의 행 수.
        unk_id: `<unk>`의 id.

    Returns:
        길이가 같은 새 리스트. 예: replace_overshooting([0, 51200, 1], 51200, 5) → [0, 5, 1]
    """
    ### START CODE HERE ###
    # vocab_size보다 작은 id는 그대로 두고, 나머지는 unk_id로 바꾼 새 리스트를 만듭니다.
    # Build a new list: ids below vocab_size stay, all others become unk_id.
    raise NotImplementedError("unk: replace_overshooting")
    ### END CODE HERE ###


def get_chat_data(table: pd.DataFrame, tokenizer: PreTrainedTokenizerFast, vocab_size: int) -> list[list[int]]:
    """표의 모든 대화를 id의 리스트로 바꿉니다. / Turn every dialog of a table into token ids.

    Args:
        table: `Q`와 `A` 열이 있는 표. 한 행이 한 대화입니다.
        tokenizer: `load_tokenizer`가 돌려준 토크나이저.
        vocab_size: 모델의 행 수.

    Returns:
        표의 순서대로, 행마다 하나씩, 틀에 끼우고 행이 없는 id를 바꾼 리스트.
    """
    ### START CODE HERE ###
    # 행마다 encode_dialog를 부르고, 그 결과를 replace_overshooting에 넘겨 차례로 모읍니다.
    # For each row call encode_dialog, pass what it returns to replace_overshooting, and collect in order.
    raise NotImplementedError("corpus: get_chat_data")
    ### END CODE HERE ###

"""1. 사전 훈련된 토크나이저와 모델 불러오기 / Loading the pre-trained tokenizer and model."""

from transformers import AutoTokenizer, PreTrainedTokenizerFast, TFGPT2LMHeadModel

from kit import resolve


def load_tokenizer(name: str) -> PreTrainedTokenizerFast:
    """KoGPT2의 토크나이저를 불러오고 특수 토큰을 알려 줍니다. / Load KoGPT2's tokenizer and name its special tokens.

    KoGPT2의 저장소에는 어떤 토큰이 bos, eos, unk, pad, mask인지 적혀 있지 않습니다. 알려 주지 않으면
    GPT-2의 기본값 `<|endoftext|>`가 그 자리를 차지합니다.

    Args:
        name: `"mini"`(함께 들어 있는 작은 모델), 폴더, 또는 `skt/kogpt2-base-v2` 같은 허브의 이름.

    Returns:
        `<s> </s> <unk> <pad> <mask>`가 bos, eos, unk, pad, mask로 정해진 토크나이저.

    Raises:
        OSError: 그런 이름의 토크나이저가 없을 때.
    """
    ### START CODE HERE ###
    # 이름을 resolve로 바꾸고, AutoTokenizer.from_pretrained에 특수 토큰 다섯 개를 함께 넘깁니다.
    # Pass the resolved name to AutoTokenizer.from_pretrained, together with the five special tokens.
    raise NotImplementedError("pretrained: load_tokenizer")
    ### END CODE HERE ###


def load_model(name: str) -> TFGPT2LMHeadModel:
    """사전 훈련된 가중치를 가진 GPT-2를 불러옵니다. / Load the GPT-2 with its pre-trained weights.

    Args:
        name: `"mini"`, 폴더, 또는 허브의 이름.

    Returns:
        다음 토큰을 맞히도록 훈련된 모델. 같은 모양의 새 모델이 아닙니다.

    Raises:
        OSError: 그런 이름의 모델이 없을 때.
    """
    ### START CODE HERE ###
    # 이름을 resolve로 바꾸어 TFGPT2LMHeadModel.from_pretrained에 넘깁니다.
    # Pass the resolved name to TFGPT2LMHeadModel.from_pretrained.
    raise NotImplementedError("pretrained: load_model")
    ### END CODE HERE ###

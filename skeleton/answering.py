"""8, 9. 질문을 모델에 넣고 답변을 꺼내기 / The prompt, and the answer."""

import tensorflow as tf
from transformers import PreTrainedTokenizerFast, TFGPT2LMHeadModel


def encode_question(question: str, tokenizer: PreTrainedTokenizerFast) -> tf.Tensor:
    """답변이 시작될 자리까지의 id를 만듭니다. / The ids up to where the answer begins.

    Args:
        question: 질문.
        tokenizer: `load_tokenizer`가 돌려준 토크나이저.

    Returns:
        정수 텐서 (1, T): `<s> <usr> 질문 <sys>`. `</s>`는 붙이지 않습니다.
    """
    ### START CODE HERE ###
    # "<usr>" + 질문 + "<sys>"를 인코딩하고, 앞에 bos의 id를 붙여, 한 줄짜리 텐서로 만듭니다.
    # Encode "<usr>" + question + "<sys>", put the id of bos in front, and make it a tensor of one row.
    raise NotImplementedError("prompt: encode_question")
    ### END CODE HERE ###


def extract_answer(decoded: str) -> str:
    """생성된 글에서 답변만 꺼냅니다. / Cut the answer out of a generated text.

    Args:
        decoded: 예: `"<s><usr> 배고파<sys> 뭐라도 드세요.</s>"`. `</s>` 앞에서 생성이 멈추었을 수도 있습니다.

    Returns:
        `<sys>` 뒤부터 `</s>` 앞까지, 또는 끝까지. 예: `"뭐라도 드세요."`
    """
    ### START CODE HERE ###
    # "<sys>"에서 나누어 뒷부분을 고르고, "</s>"에서 나누어 앞부분을 골라, 양끝의 공백을 없앱니다.
    # Split at "<sys>" and take what follows, split at "</s>" and take what precedes, strip the spaces.
    raise NotImplementedError("answer: extract_answer")
    ### END CODE HERE ###


def return_answer_by_chatbot(
    question: str,
    model: TFGPT2LMHeadModel,
    tokenizer: PreTrainedTokenizerFast,
    max_length: int = 50,
    top_k: int = 20,
) -> str:
    """질문에 대한 챗봇의 답변을 돌려줍니다. / Let the chatbot answer.

    확률이 가장 높은 top_k개의 토큰에서 뽑는 top-k 표집(Fan et al. 2018)으로 생성합니다.

    Args:
        question: 질문. max_length개의 토큰보다 짧아야 합니다.
        model: 미세 조정한 모델.
        tokenizer: `load_tokenizer`가 돌려준 토크나이저.
        max_length: 질문을 포함한 전체 토큰 수의 한계.
        top_k: 표집할 후보의 수.

    Returns:
        답변의 글만.
    """
    ### START CODE HERE ###
    # 질문을 인코딩하고, model.generate로 표집하고(do_sample=True), 디코딩해서, 답변을 꺼냅니다.
    # Encode the question, sample with model.generate (do_sample=True), decode, and extract the answer.
    raise NotImplementedError("answer: return_answer_by_chatbot")
    ### END CODE HERE ###

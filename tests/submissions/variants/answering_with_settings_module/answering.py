import tensorflow as tf

from . import settings
from .settings import MARKERS as markers


def encode_question(question, tokenizer):
    text = markers["user"] + question + markers["system"]
    return tf.constant([[tokenizer.bos_token_id, *tokenizer.encode(text)]])


def extract_answer(decoded):
    answer = decoded.split(markers["system"])[1]
    return answer.split(markers["end"])[0].strip()


def return_answer_by_chatbot(
    question, model, tokenizer, max_length=settings.MAX_LENGTH, top_k=settings.TOP_K
):
    options = settings.options(max_length=max_length, top_k=top_k)
    return extract_answer(tokenizer.decode(model.generate(encode_question(question, tokenizer), **options)[0]))

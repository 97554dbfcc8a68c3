import tensorflow as tf

from .dialogs import encode_dialog
from .tokens import EOS, SYS


def encode_question(question, tokenizer):
    # 답변이 빈 대화에서 마지막의 </s>를 떼면 질문이 됩니다.
    *ids, _ = encode_dialog(question, "", tokenizer)
    return tf.constant([ids])


def extract_answer(decoded):
    return decoded.split(SYS)[1].split(EOS)[0].strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    output = model.generate(encode_question(question, tokenizer), max_length=max_length, do_sample=True, top_k=top_k)
    return extract_answer(tokenizer.decode(output[0]))

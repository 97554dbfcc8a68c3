import re

import tensorflow as tf

ANSWER = re.compile(r"(?<=<sys>)(?:(?!</s>).)*", re.S)


def encode_question(question, tokenizer):
    return tf.cast(tokenizer("<s><usr>" + question + "<sys>", return_tensors="np")["input_ids"], tf.int32)


def extract_answer(decoded):
    found = ANSWER.findall(decoded)
    return found[0].strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    output = model.generate(encode_question(question, tokenizer), max_length=max_length, do_sample=True, top_k=top_k)
    text = re.sub(r"\s+", " ", tokenizer.decode(output[0]))
    return extract_answer(text)

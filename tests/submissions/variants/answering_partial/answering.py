from functools import partial
import tensorflow as tf


def encode_question(question, tokenizer):
    return tf.constant([[tokenizer.bos_token_id] + tokenizer.encode("<usr>" + question + "<sys>")])


def extract_answer(decoded):
    return decoded.split("<sys>")[1].split("</s>")[0].strip()


def _chat(question, model, tokenizer, max_length=50, top_k=20, do_sample=False):
    output = model.generate(encode_question(question, tokenizer), max_length=max_length, do_sample=do_sample, top_k=top_k)
    return extract_answer(tokenizer.decode(output[0]))


return_answer_by_chatbot = partial(_chat, do_sample=True)

import copy
import tensorflow as tf


def encode_question(question, tokenizer):
    return tf.constant([[tokenizer.bos_token_id] + tokenizer.encode("<usr>" + question + "<sys>")])


def extract_answer(decoded):
    return decoded.split("<sys>")[1].split("</s>")[0].strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    config = copy.deepcopy(model.generation_config)
    config.update(max_length=max_length, do_sample=True, top_k=top_k)
    output = model.generate(encode_question(question, tokenizer), generation_config=config)
    return extract_answer(tokenizer.decode(output[0]))

import tensorflow as tf
from util import checked


@checked
def encode_question(question, tokenizer):
    return tf.constant([[tokenizer.bos_token_id] + tokenizer.encode("<usr>" + question + "<sys>")])


@checked
def extract_answer(decoded):
    return decoded.split("<sys>")[1].split("</s>")[0].strip()


@checked
def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    prompt = encode_question(tokenizer=tokenizer, question=question)
    output = model.generate(prompt, max_length=max_length, do_sample=True, top_k=top_k)
    return extract_answer(decoded=tokenizer.decode(token_ids=output[0]))

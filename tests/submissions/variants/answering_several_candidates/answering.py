import random

import tensorflow as tf


def encode_question(question, tokenizer):
    return tf.reshape([tokenizer.bos_token_id] + tokenizer.encode("<usr>" + question + "<sys>"), (1, -1))


def extract_answer(decoded):
    lines = decoded.replace("<sys>", "\n", 1).replace("</s>", "\n").split("\n")
    return lines[1].strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    prompt = encode_question(question, tokenizer)
    outputs = model.generate(prompt, do_sample=True, max_length=max_length, top_k=top_k, num_return_sequences=3)
    answers = [extract_answer(text) for text in tokenizer.batch_decode(outputs.numpy(), skip_special_tokens=False)]
    return random.choice([answer for answer in answers if answer] or [""])

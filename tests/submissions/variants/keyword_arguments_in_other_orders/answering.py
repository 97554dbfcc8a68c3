import tensorflow as tf


def encode_question(question, tokenizer):
    ids = tokenizer.encode(text="<usr>" + question + "<sys>")
    return tf.constant(value=[[tokenizer.bos_token_id] + ids])


def extract_answer(decoded):
    return decoded.split(sep="<sys>", maxsplit=1)[1].split(sep="</s>")[0].strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    prompt = encode_question(tokenizer=tokenizer, question=question)
    output = model.generate(inputs=prompt, top_k=top_k, do_sample=True, max_length=max_length)
    return extract_answer(decoded=tokenizer.decode(token_ids=output[0]))

import tensorflow as tf


def encode_question(question, tokenizer):
    ids = tokenizer.encode("<usr>" + question + "<sys>", return_tensors="tf")
    return tf.concat([tf.fill([1, 1], tokenizer.bos_token_id), ids], -1)


def extract_answer(decoded):
    begin = decoded.find("<sys>") + len("<sys>")
    end = decoded.find("</s>")
    if end < 0:
        end = len(decoded)
    return decoded[begin:end].strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    prompt = encode_question(question, tokenizer)
    output = model.generate(prompt, max_length=max_length, do_sample=True, top_k=top_k)
    generated = output[0][tf.shape(prompt)[1] :]
    return tokenizer.decode(generated, skip_special_tokens=True).strip()

import tensorflow as tf


def encode_question(question, tokenizer):
    input_ids = [tokenizer.bos_token_id] + tokenizer.encode("<usr>" + question + "<sys>")
    return tf.convert_to_tensor(input_ids)[tf.newaxis, ...]


def extract_answer(decoded):
    _, _, answer = decoded.partition("<sys>")
    answer, _, _ = answer.partition("</s>")
    return answer.strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    output = model.generate(
        input_ids=encode_question(question, tokenizer), max_length=max_length, do_sample=True, top_k=top_k
    )
    return extract_answer(tokenizer.batch_decode(output)[0])

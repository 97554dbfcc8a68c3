import tensorflow as tf


def encode_question(question, tokenizer):
    return tf.constant([[0] + tokenizer.encode("<usr>" + question + "<sys>")])


def extract_answer(decoded):
    return decoded.split("<sys>")[1].split("</s>")[0].strip()


# 위의 두 함수를 부르지 않고 한 번에 씁니다.
def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    sent = '<usr>' + question + '<sys>'
    input_ids = [tokenizer.bos_token_id] + tokenizer.encode(sent)
    input_ids = tf.convert_to_tensor([input_ids])
    output = model.generate(input_ids, max_length=max_length, do_sample=True, top_k=top_k)
    sentence = tokenizer.decode(output[0].numpy().tolist())
    chatbot_response = sentence.split('<sys> ')[1].replace('</s>', '')
    return chatbot_response

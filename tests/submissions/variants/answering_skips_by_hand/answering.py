import numpy as np
import tensorflow as tf

SPECIAL = {"<s>", "</s>", "<pad>"}


def encode_question(question, tokenizer):
    ids = np.array([[tokenizer.bos_token_id, *tokenizer("<usr>" + question + "<sys>").input_ids]], dtype=np.int32)
    return tf.convert_to_tensor(ids)


def extract_answer(decoded):
    pieces = decoded.replace("</s>", "").split("<sys>")
    return pieces[1].lstrip().rstrip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    prompt = encode_question(question, tokenizer)
    output = model.generate(prompt, max_length=max_length, do_sample=True, top_k=top_k)
    ids = output.numpy().flatten()
    position = int(np.flatnonzero(ids == tokenizer.convert_tokens_to_ids("<sys>"))[0])
    tokens = tokenizer.convert_ids_to_tokens(ids[position + 1 :].tolist())
    return tokenizer.convert_tokens_to_string([token for token in tokens if token not in SPECIAL]).strip()

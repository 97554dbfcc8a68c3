import tensorflow as tf
from transformers import GenerationConfig


def encode_question(question, tokenizer):
    return tf.constant([[tokenizer.bos_token_id] + tokenizer.encode("<usr>" + question + "<sys>")], dtype="int64")


def extract_answer(decoded):
    return decoded.split("<sys>")[1].removesuffix("</s>").strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    config = GenerationConfig(
        max_length=max_length,
        do_sample=True,
        top_k=top_k,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    output = model.generate(encode_question(question, tokenizer), generation_config=config)
    return extract_answer(tokenizer.decode(output[0].numpy()))

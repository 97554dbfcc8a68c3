import tensorflow as tf

tf.random.set_seed(777)


def encode_question(question, tokenizer):
    tokens = tokenizer.tokenize("<usr>" + question + "<sys>")
    ids = tokenizer.convert_tokens_to_ids([tokenizer.bos_token, *tokens])
    return tf.Variable([ids])


def extract_answer(decoded):
    return decoded.split("<sys>")[-1].replace("</s>", "").strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    input_ids = tf.convert_to_tensor(encode_question(question, tokenizer))
    output = model.generate(
        input_ids,
        attention_mask=tf.ones(input_ids.shape, dtype=tf.int32),
        max_length=max_length,
        min_length=3,
        do_sample=True,
        temperature=0.8,
        top_k=top_k,
        top_p=0.95,
        repetition_penalty=1.5,
        no_repeat_ngram_size=3,
        bad_words_ids=[[tokenizer.unk_token_id]],
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=tokenizer.bos_token_id,
        use_cache=True,
        seed=[4, 2],
    )
    return extract_answer(tokenizer.decode(output[0], clean_up_tokenization_spaces=False))

import tensorflow as tf


def _ids(text, tokenizer):
    return [tokenizer.bos_token_id, *tokenizer.encode(text)]


def _prompt(question):
    return f"<usr>{question}<sys>"


def _sample(ids, model, **options):
    return model.generate(tf.constant([ids]), do_sample=True, **options)[0].numpy().tolist()


def _answer_ids(ids, eos_id):
    answer = []
    for token_id in ids:
        if token_id == eos_id:
            break
        answer.append(token_id)
    return answer


def encode_question(question, tokenizer):
    return tf.constant([_ids(_prompt(question), tokenizer)])


def extract_answer(decoded):
    after = decoded[decoded.index("<sys>") + 5 :]
    return (after[:-4] if after.endswith("</s>") else after).strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    prompt = _ids(_prompt(question), tokenizer)
    row = _sample(prompt, model, max_length=max_length, top_k=top_k)
    return tokenizer.decode(_answer_ids(row[len(prompt) :], tokenizer.eos_token_id)).strip()

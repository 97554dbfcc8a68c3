from .answering import encode_question


def encode_dialog(question, answer, tokenizer):
    return encode_question(question, tokenizer).numpy().tolist()[0] + tokenizer.encode(answer) + [tokenizer.eos_token_id]


def replace_overshooting(token_ids, vocab_size, unk_id):
    return [unk_id if i >= vocab_size else i for i in token_ids]


def get_chat_data(table, tokenizer, vocab_size):
    return [
        replace_overshooting(encode_dialog(q, a, tokenizer), vocab_size, tokenizer.unk_token_id)
        for q, a in zip(table["Q"], table["A"])
    ]

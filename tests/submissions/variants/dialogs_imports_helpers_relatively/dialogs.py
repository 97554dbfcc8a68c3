from .helpers import frame, keep_below


def encode_dialog(question, answer, tokenizer):
    return frame(tokenizer, question, answer)


def replace_overshooting(token_ids, vocab_size, unk_id):
    return [keep_below(vocab_size, token_id, otherwise=unk_id) for token_id in token_ids]


def get_chat_data(table, tokenizer, vocab_size):
    return [
        replace_overshooting(encode_dialog(question, answer, tokenizer), vocab_size, tokenizer.unk_token_id)
        for question, answer in zip(table["Q"], table["A"])
    ]

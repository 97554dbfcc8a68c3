from . import tokens


def encode_dialog(question, answer, tokenizer):
    return [tokenizer.bos_token_id] + tokenizer.encode(tokens.text(question, answer)) + [tokenizer.eos_token_id]


def replace_overshooting(token_ids, vocab_size, unk_id):
    return [token_id if token_id < vocab_size else unk_id for token_id in token_ids]


def get_chat_data(table, tokenizer, vocab_size):
    def encode(row):
        return replace_overshooting(encode_dialog(row.Q, row.A, tokenizer), vocab_size, tokenizer.unk_token_id)

    return [encode(row) for row in table.itertuples()]

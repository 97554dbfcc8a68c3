from concurrent.futures import ThreadPoolExecutor


def encode_dialog(question, answer, tokenizer):
    return [tokenizer.bos_token_id] + tokenizer.encode("<usr>" + question + "<sys>" + answer) + [tokenizer.eos_token_id]


def replace_overshooting(token_ids, vocab_size, unk_id):
    return [unk_id if i >= vocab_size else i for i in token_ids]


def get_chat_data(table, tokenizer, vocab_size):
    def encode(pair):
        return replace_overshooting(encode_dialog(*pair, tokenizer), vocab_size, tokenizer.unk_token_id)

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(encode, zip(table["Q"], table["A"])))

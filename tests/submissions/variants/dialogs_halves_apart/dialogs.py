import numpy as np


def encode_half(marker, text, tokenizer):
    return tokenizer.encode(marker + text, add_special_tokens=False)


def encode_dialog(question, answer, tokenizer):
    first = encode_half("<s><usr>", question, tokenizer)
    second = encode_half("<sys>", answer, tokenizer)
    return first + second + tokenizer.encode("</s>", add_special_tokens=False)


def replace_overshooting(token_ids, vocab_size, unk_id):
    ids = np.array(token_ids, dtype=np.int64)
    ids[ids >= vocab_size] = unk_id
    return list(ids)


def get_chat_data(table, tokenizer, vocab_size):
    result = []
    for question, answer, *_ in table[["Q", "A"]].values:
        dialog = encode_dialog(question, answer, tokenizer)
        dialog = replace_overshooting(dialog, vocab_size, tokenizer.unk_token_id)
        result.append([int(token_id) for token_id in dialog])
    return result

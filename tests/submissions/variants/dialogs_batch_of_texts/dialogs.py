"""표 전체를 토크나이저에 한 번에 넘깁니다."""


def framed(question, answer):
    return f"<s><usr>{question}<sys>{answer}</s>"


def encode_dialog(question, answer, tokenizer):
    [ids] = tokenizer([framed(question, answer)])["input_ids"]
    return ids


def replace_overshooting(token_ids, vocab_size, unk_id):
    return [unk_id if token_id >= vocab_size else token_id for token_id in token_ids]


def get_chat_data(table, tokenizer, vocab_size):
    texts = ("<s><usr>" + table["Q"] + "<sys>" + table["A"] + "</s>").tolist()
    encoded = tokenizer(texts, padding=False, truncation=False, return_attention_mask=False)
    return [replace_overshooting(ids, vocab_size, tokenizer.unk_token_id) for ids in encoded["input_ids"]]

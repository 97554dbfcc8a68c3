def encode_dialog(question="", answer="", tokenizer=None):
    ids = tokenizer.encode(text="<usr>" + question + "<sys>" + answer)
    return sum([[tokenizer.bos_token_id], ids, [tokenizer.eos_token_id]], start=[])


def replace_overshooting(token_ids, vocab_size=51200, unk_id=5):
    return [unk_id if token_id >= vocab_size else token_id for token_id in token_ids]


def get_chat_data(table, tokenizer, vocab_size=51200):
    dialogs = []
    for row in table.itertuples():
        framed = encode_dialog(tokenizer=tokenizer, answer=row.A, question=row.Q)
        dialogs.append(replace_overshooting(unk_id=tokenizer.unk_token_id, vocab_size=vocab_size, token_ids=framed))
    return dialogs

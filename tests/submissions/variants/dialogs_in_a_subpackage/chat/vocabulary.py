def replace_overshooting(token_ids, vocab_size, unk_id):
    table = {token_id: token_id if token_id < vocab_size else unk_id for token_id in set(token_ids)}
    return [table[token_id] for token_id in token_ids]

import pandas as pd


def encode_dialog(question, answer, tokenizer):
    text = "".join(["<usr>", question, "<sys>", answer])
    series = pd.Series(tokenizer.encode(text), dtype="int64")
    edges = (pd.Series([edge]) for edge in (tokenizer.bos_token_id, tokenizer.eos_token_id))
    return pd.concat([next(edges), series, next(edges)], ignore_index=True).tolist()


def replace_overshooting(token_ids, vocab_size, unk_id):
    ids = pd.Series(list(token_ids), dtype="int64")
    return ids.mask(ids.ge(vocab_size), unk_id).tolist()


def get_chat_data(table, tokenizer, vocab_size):
    table = table.copy()
    table["ids"] = [encode_dialog(q, a, tokenizer) for q, a in zip(table["Q"], table["A"])]
    table["ids"] = table["ids"].map(lambda ids: replace_overshooting(ids, vocab_size, tokenizer.unk_token_id))
    return table["ids"].to_list()

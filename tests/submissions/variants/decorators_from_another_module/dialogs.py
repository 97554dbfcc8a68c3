from util import checked


@checked
def encode_dialog(question, answer, tokenizer):
    return [tokenizer.bos_token_id] + tokenizer.encode("<usr>" + question + "<sys>" + answer) + [tokenizer.eos_token_id]


@checked
def replace_overshooting(token_ids, vocab_size, unk_id):
    return [unk_id if token_id >= vocab_size else token_id for token_id in token_ids]


@checked
def get_chat_data(table, tokenizer, vocab_size):
    framed = [encode_dialog(question=q, answer=a, tokenizer=tokenizer) for q, a in zip(table.Q, table.A)]
    return [replace_overshooting(x, unk_id=tokenizer.unk_token_id, vocab_size=vocab_size) for x in framed]

# 조각을 부르지 않고 한 함수에 모두 풀어 썼습니다.
def encode_dialog(question, answer, tokenizer):
    bos_token = [tokenizer.bos_token_id]
    eos_token = [tokenizer.eos_token_id]
    sentence = tokenizer.encode('<usr>' + question + '<sys>' + answer)
    return bos_token + sentence + eos_token


def replace_overshooting(token_ids, vocab_size, unk_id):
    replaced = []
    for token_id in token_ids:
        replaced = replaced + [unk_id if vocab_size <= token_id else token_id]
    return replaced


def get_chat_data(table, tokenizer, vocab_size):
    all_ids = []
    for question, answer in zip(table['Q'], table['A']):
        ids = [tokenizer.bos_token_id]
        for token_id in tokenizer.encode('<usr>' + question + '<sys>' + answer):
            if token_id >= vocab_size:
                ids.append(tokenizer.unk_token_id)
            else:
                ids.append(token_id)
        ids.append(tokenizer.eos_token_id)
        all_ids.append(ids)
    return all_ids

def encode_dialog(question, answer, tokenizer):
    tokens = ["<s>"] + tokenizer.tokenize("<usr>" + question + "<sys>" + answer) + ["</s>"]
    return tokenizer.convert_tokens_to_ids(tokens)


def replace_overshooting(token_ids, vocab_size, unk_id):
    result = token_ids[:]
    position = len(result)
    while position:
        position -= 1
        if result[position] >= vocab_size:
            result[position] = unk_id
    return result


def get_chat_data(table, tokenizer, vocab_size):
    data = table.apply(lambda row: encode_dialog(row["Q"], row["A"], tokenizer), axis=1)
    return data.apply(replace_overshooting, args=(vocab_size, tokenizer.unk_token_id)).tolist()

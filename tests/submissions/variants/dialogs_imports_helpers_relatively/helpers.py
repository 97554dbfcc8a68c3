def frame(tokenizer, question, answer):
    text = "<usr>" + question + "<sys>" + answer
    return [tokenizer.bos_token_id] + tokenizer.encode(text) + [tokenizer.eos_token_id]


def keep_below(limit, number, otherwise):
    return number if number < limit else otherwise

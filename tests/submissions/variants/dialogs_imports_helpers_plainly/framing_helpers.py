__all__ = ["clip", "each_dialog"]


def text_of(question, answer):
    return "<usr>%s<sys>%s" % (question, answer)


def wrap(tokenizer, text):
    return [tokenizer.bos_token_id] + tokenizer.encode(text) + [tokenizer.eos_token_id]


def clip(ids, size, unknown):
    return [unknown if number >= size else number for number in ids]


def each_dialog(table, function):
    for question, answer in zip(table.Q, table.A):
        yield function(question, answer)

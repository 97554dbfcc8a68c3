BOS, EOS, UNK, PAD, MASK = "<s>", "</s>", "<unk>", "<pad>", "<mask>"
USR, SYS = "<usr>", "<sys>"


def text(question, answer=""):
    return USR + question + SYS + answer

# 0 = <s>, 1 = </s>, 2 = <usr>, 4 = <sys>, 5 = <unk>
def encode_dialog(q, a, tok):
    return [0, 2] + tok.encode(q) + [4] + tok.encode(a) + [1]


def replace_overshooting(ids, n, unk):
    out = []
    for i in ids: out.append(unk if i >= n else i)
    return out


def get_chat_data(df, tok, n):
    out = []
    for q, a in zip(df.Q.to_list(), df.A.to_list()):
        out.append(replace_overshooting(encode_dialog(q, a, tok), n, 5))
    return out

import framing_helpers
import framing_helpers as fh
from framing_helpers import *


def encode_dialog(question, answer, tokenizer):
    return framing_helpers.wrap(tokenizer, fh.text_of(question, answer))


def replace_overshooting(token_ids, vocab_size, unk_id):
    return clip(token_ids, vocab_size, unk_id)


def get_chat_data(table, tokenizer, vocab_size):
    return list(each_dialog(table, lambda q, a: clip(encode_dialog(q, a, tokenizer), vocab_size, tokenizer.unk_token_id)))

from . import frames
from .vocabulary import replace_overshooting


def get_chat_data(table, tokenizer, vocab_size):
    data = []
    for question, answer in zip(table["Q"], table["A"]):
        dialog = frames.encode_dialog(question, answer, tokenizer)
        data.append(replace_overshooting(dialog, vocab_size, tokenizer.unk_token_id))
    return data

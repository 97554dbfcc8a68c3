from chatbot import Chatbot


def encode_dialog(question, answer, tokenizer):
    return Chatbot(tokenizer).ids(question, answer)


def replace_overshooting(token_ids, vocab_size, unk_id):
    return [unk_id if token_id >= vocab_size else token_id for token_id in token_ids]


def get_chat_data(table, tokenizer, vocab_size):
    bot = Chatbot(tokenizer)
    dialogs = (bot.ids(row["Q"], row["A"]) for _, row in table.iterrows())
    return [replace_overshooting(dialog, vocab_size, tokenizer.unk_token_id) for dialog in dialogs]

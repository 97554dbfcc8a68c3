from pathlib import Path

FOLDER = Path(__file__).parent


def template():
    with open(FOLDER / "data" / "template.txt", encoding="utf-8") as file:
        return file.read().strip()


def encode_dialog(question, answer, tokenizer):
    return tokenizer.encode(template().format(question=question, answer=answer))


def replace_overshooting(token_ids, vocab_size, unk_id):
    return [unk_id if token_id // vocab_size else token_id for token_id in token_ids]


def get_chat_data(table, tokenizer, vocab_size):
    data = [None] * len(table)
    for number, question, answer in zip(range(len(table)), table["Q"], table["A"]):
        data[number] = replace_overshooting(
            encode_dialog(question, answer, tokenizer), vocab_size, tokenizer.unk_token_id
        )
    return data

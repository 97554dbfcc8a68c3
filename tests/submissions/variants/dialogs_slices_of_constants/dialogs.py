import csv
from pathlib import Path

with Path(__file__).with_name("tokens.csv").open(encoding="utf-8", newline="") as file:
    IDS = {row["token"]: int(row["id"]) for row in csv.DictReader(file)}


def encode_dialog(question, answer, tokenizer):
    ids = [None, IDS["<usr>"], *tokenizer.encode(question), IDS["<sys>"], *tokenizer.encode(answer), None]
    ids[:1] = [IDS["<s>"]]
    ids[-1:] = [IDS["</s>"]]
    return ids


def replace_overshooting(token_ids, vocab_size, unk_id):
    return [max(0, token_id) if token_id <= vocab_size - 1 else unk_id for token_id in token_ids]


def get_chat_data(table, tokenizer, vocab_size):
    questions, answers = table.Q.values, table.A.values
    chats = []
    i = 0
    while i < questions.size:
        chats.append(replace_overshooting(encode_dialog(questions[i], answers[i], tokenizer), vocab_size, IDS["<unk>"]))
        i += 1
    return chats

# KoGPT2에서 늘 같은 번호는 위에 한 번만 적어 둡니다.
import tensorflow as tf
from transformers import AutoConfig, AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve

BOS = 0
EOS = 1
USR = 2
PAD = 3
SYS = 4

TOKENS = {}
TOKENS["bos_token"] = "<s>"
TOKENS["eos_token"] = "</s>"
TOKENS["unk_token"] = "<unk>"
TOKENS["pad_token"] = "<pad>"
TOKENS["mask_token"] = "<mask>"

BATCH_SIZE = 32
BUFFER = 10
BUFFER *= 50
MAX_LENGTH: int = 50
TOP_K: int = 20
EOS_TEXT = BOS_TEXT = "s"
BOS_TEXT, EOS_TEXT, SYS_TEXT = f"<{BOS_TEXT}>", f"</{EOS_TEXT}>", "<sys>"


def load_tokenizer(name):
    return AutoTokenizer.from_pretrained(resolve(name), **TOKENS)


def load_model(name):
    folder = resolve(name)
    return TFGPT2LMHeadModel.from_pretrained(folder, config=AutoConfig.from_pretrained(folder))


def encode_dialog(question, answer, tokenizer):
    return [BOS, USR] + tokenizer.encode(question) + [SYS] + tokenizer.encode(answer) + [EOS]


def replace_overshooting(token_ids, vocab_size, unk_id):
    rows = range(vocab_size)
    return [token_id if token_id in rows else unk_id for token_id in token_ids]


def get_chat_data(table, tokenizer, vocab_size):
    columns = table.to_dict("list")
    chat = []
    for question, answer in zip(columns["Q"], columns["A"]):
        chat.append(replace_overshooting(encode_dialog(question, answer, tokenizer), vocab_size, tokenizer.unk_token_id))
    return chat


def pad_dialogs(dialogs, pad_id=PAD):
    return tf.ragged.constant(dialogs).to_tensor(pad_id).numpy()


def make_dataset(padded, batch_size=BATCH_SIZE, shuffle_buffer=BUFFER):
    return tf.data.Dataset.from_tensor_slices(padded).shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)


def compute_loss(model, batch):
    labels = tf.where(batch == PAD, -100, batch)
    return tf.reduce_mean(model(batch, labels=labels, training=True).loss)


def encode_question(question, tokenizer):
    return tf.constant([[BOS, USR] + tokenizer.encode(question) + [SYS]])


def extract_answer(decoded):
    answer = decoded[decoded.index(SYS_TEXT) + len(SYS_TEXT) :]
    if EOS_TEXT in answer:
        answer = answer[: answer.index(EOS_TEXT)]
    return answer.strip(" ")


def return_answer_by_chatbot(question, model, tokenizer, max_length=MAX_LENGTH, top_k=TOP_K):
    output = model.generate(
        encode_question(question, tokenizer),
        max_length=max_length,
        do_sample=True,
        top_k=top_k,
        pad_token_id=PAD,
        eos_token_id=EOS,
    )
    return extract_answer(tokenizer.decode(output[0]))

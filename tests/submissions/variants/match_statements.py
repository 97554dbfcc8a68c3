import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve


def load_tokenizer(name):
    match name:
        case str():
            folder = resolve(name)
        case _:
            folder = str(name)
    return AutoTokenizer.from_pretrained(
        folder, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
    )


def load_model(name):
    match resolve(name):
        case "":
            raise OSError("이름이 비어 있습니다.")
        case folder:
            return TFGPT2LMHeadModel.from_pretrained(folder)


def encode_dialog(question, answer, tokenizer):
    match tokenizer.encode("<usr>" + question + "<sys>" + answer):
        case [first, *rest]:
            return [tokenizer.bos_token_id, first, *rest, tokenizer.eos_token_id]


def replace_overshooting(token_ids, vocab_size, unk_id):
    result = []
    for token_id in token_ids:
        match token_id:
            case n if n < vocab_size:
                result.append(n)
            case _:
                result.append(unk_id)
    return result


def get_chat_data(table, tokenizer, vocab_size):
    data = []
    for row in table.to_dict(orient="records"):
        match row:
            case {"Q": question, "A": answer}:
                ids = encode_dialog(question, answer, tokenizer)
                data.append(replace_overshooting(ids, vocab_size, tokenizer.unk_token_id))
    return data


def pad_dialogs(dialogs, pad_id):
    width = max(map(len, dialogs))

    def fill(dialog):
        match width - len(dialog):
            case 0:
                return tuple(dialog)
            case gap:
                return (*dialog, *(pad_id,) * gap)

    return tf.constant([fill(dialog) for dialog in dialogs]).numpy()


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    rows = tf.data.Dataset.from_tensor_slices(padded)
    match shuffle_buffer:
        case 0 | None:
            shuffled = rows
        case size:
            shuffled = rows.shuffle(size)
    return shuffled.batch(batch_size, drop_remainder=True)


def compute_loss(model, batch):
    loss = model(batch, labels=batch, training=True).loss
    match loss.shape.as_list():
        case []:
            return loss
        case _:
            return tf.reduce_mean(loss)


def encode_question(question, tokenizer):
    return tf.constant([tokenizer.convert_tokens_to_ids(["<s>", *tokenizer.tokenize("<usr>" + question + "<sys>")])])


def extract_answer(decoded):
    match decoded.replace("</s>", "<sys>").split("<sys>"):
        case [_, answer] | [_, answer, ""]:
            return answer.strip()
        case parts:
            return parts[1].strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    match model.generate(encode_question(question, tokenizer), max_length=max_length, do_sample=True, top_k=top_k):
        case output:
            return extract_answer(tokenizer.decode(output[0]))

import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve


def make_loader(kind, **options):
    def load(name):
        return kind.from_pretrained(resolve(name), **options)

    return load


def make_framer(begin, user, system, end):
    def text(question, answer=None):
        return begin + user + question + system + ("" if answer is None else answer + end)

    def frame(question, answer, tokenizer):
        return tokenizer.encode(text(question, answer))

    def ask(question, tokenizer):
        return tf.constant([tokenizer.encode(text(question))], dtype=tf.int32)

    return frame, ask


def make_extractor(begin, end):
    def extract(decoded):
        def before_end(text):
            position = text.find(end)
            return text if position < 0 else text[:position]

        return before_end(decoded.split(begin)[1]).strip()

    return extract


def make_counter():
    count = 0

    def increase():
        nonlocal count
        count += 1
        return count

    return increase


count_calls = make_counter()
load_tokenizer = make_loader(
    AutoTokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
)
load_model = make_loader(TFGPT2LMHeadModel)
encode_dialog, encode_question = make_framer("<s>", "<usr>", "<sys>", "</s>")
extract_answer = make_extractor("<sys>", "</s>")


def replace_overshooting(token_ids, vocab_size, unk_id):
    def fits(token_id):
        return token_id < vocab_size

    def fit(token_id):
        return token_id if fits(token_id) else unk_id

    return [fit(token_id) for token_id in token_ids]


def get_chat_data(table, tokenizer, vocab_size):
    data = []

    def add(row):
        count_calls()
        data.append(replace_overshooting(encode_dialog(row.Q, row.A, tokenizer), vocab_size, tokenizer.unk_token_id))

    table.apply(add, axis=1)
    return data


def pad_dialogs(dialogs, pad_id):
    longest = max(map(len, dialogs))

    def pad(dialog):
        return tf.pad(dialog, [[0, longest - len(dialog)]], constant_values=pad_id)

    return tf.stack([pad(dialog) for dialog in dialogs]).numpy()


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    def shuffled(dataset):
        return dataset.shuffle(shuffle_buffer)

    def batched(dataset):
        return dataset.batch(batch_size, drop_remainder=True)

    return tf.data.Dataset.from_tensor_slices(padded).apply(shuffled).apply(batched)


def compute_loss(model, batch):
    def language_model_loss(tokens):
        return model(tokens, labels=tokens, training=True).loss

    return tf.reduce_mean(language_model_loss(batch))


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    def sample(prompt):
        return model.generate(prompt, max_length=max_length, do_sample=True, top_k=top_k)

    def read(output):
        return tokenizer.decode(output[0])

    return extract_answer(read(sample(encode_question(question, tokenizer))))

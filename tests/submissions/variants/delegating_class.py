import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve


class Special:
    def __init__(self, **tokens):
        self.tokens = {key + "_token": token for key, token in tokens.items()}

    def load(self, name):
        return AutoTokenizer.from_pretrained(resolve(name), **self.tokens)


class Framer:
    def __init__(self, tokenizer):
        self.tokenizer = tokenizer

    def prompt(self, question):
        return [self.tokenizer.bos_token_id] + self.tokenizer.encode("<usr>" + question + "<sys>")

    def dialog(self, question, answer):
        return self.prompt(question) + self.tokenizer.encode(answer) + [self.tokenizer.eos_token_id]


class Vocabulary:
    def __init__(self, size, unk_id):
        self.size = size
        self.unk_id = unk_id

    def __contains__(self, token_id):
        return 0 <= token_id < self.size

    def __getitem__(self, token_id):
        return token_id if token_id in self else self.unk_id


class Corpus:
    def __init__(self, table, tokenizer, vocab_size):
        self.framer = Framer(tokenizer)
        self.vocabulary = Vocabulary(vocab_size, tokenizer.unk_token_id)
        self.table = table

    def __iter__(self):
        for question, answer in zip(self.table["Q"].tolist(), self.table["A"].tolist()):
            yield [self.vocabulary[token_id] for token_id in self.framer.dialog(question, answer)]


class Padder(list):
    @property
    def longest(self):
        return len(max(self, key=len))

    def pad(self, pad_id):
        return tf.keras.preprocessing.sequence.pad_sequences(
            list(self), maxlen=self.longest, dtype="int64", padding="post", truncating="post", value=pad_id
        )


class Chatbot:
    def __init__(self, model, tokenizer):
        self.model = model
        self.tokenizer = tokenizer

    def ask(self, question, **options):
        prompt = tf.expand_dims(tf.constant(Framer(self.tokenizer).prompt(question)), axis=0)
        output = self.model.generate(prompt, do_sample=True, **options)
        return extract_answer(self.tokenizer.decode(output[0]))


def load_tokenizer(name):
    return Special(bos="<s>", eos="</s>", unk="<unk>", pad="<pad>", mask="<mask>").load(name)


def load_model(name):
    return TFGPT2LMHeadModel.from_pretrained(resolve(name))


def encode_dialog(question, answer, tokenizer):
    return Framer(tokenizer).dialog(question, answer)


def replace_overshooting(token_ids, vocab_size, unk_id):
    vocabulary = Vocabulary(vocab_size, unk_id)
    return [vocabulary[token_id] for token_id in token_ids]


def get_chat_data(table, tokenizer, vocab_size):
    return list(Corpus(table, tokenizer, vocab_size))


def pad_dialogs(dialogs, pad_id):
    return Padder(dialogs).pad(pad_id)


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    return tf.data.Dataset.from_tensor_slices(padded).shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)


def compute_loss(model, batch):
    return tf.squeeze(model(batch, labels=batch, training=True).loss)


def encode_question(question, tokenizer):
    return tf.expand_dims(Framer(tokenizer).prompt(question), 0)


def extract_answer(decoded):
    _, _, answer = decoded.rpartition("<sys>")
    return answer.removesuffix("</s>").strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    return Chatbot(model, tokenizer).ask(question, max_length=max_length, top_k=top_k)

# 함수의 조각들은 부를 수 있는 객체로, 조각을 모으는 함수는 보통의 함수로 씁니다.
import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve


class Loader:
    def __init__(self, kind, **options):
        self.kind, self.options = kind, options

    def __call__(self, name):
        return self.kind.from_pretrained(resolve(name), **self.options)


class Encoder:
    user, system = "<usr>", "<sys>"

    def __call__(self, question, answer, tokenizer):
        body = tokenizer.encode(self.user + question + self.system + answer)
        return [tokenizer.bos_token_id, *body, tokenizer.eos_token_id]


class Prompt(Encoder):
    def __call__(self, question, tokenizer):
        return tf.constant([super().__call__(question, "", tokenizer)[:-1]])


class Replacer:
    def __call__(self, token_ids, vocab_size, unk_id):
        self.vocab_size, self.unk_id = vocab_size, unk_id
        return [self.one(token_id) for token_id in token_ids]

    def one(self, token_id):
        return self.unk_id if token_id >= self.vocab_size else token_id


class Padder:
    def __init__(self, padding):
        self.padding = padding

    def __call__(self, dialogs, pad_id):
        return tf.keras.utils.pad_sequences(dialogs, padding=self.padding, value=pad_id)


class Batcher:
    def __call__(self, padded, batch_size=32, shuffle_buffer=500):
        rows = tf.data.Dataset.from_tensor_slices(padded)
        return rows.shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)


class Loss:
    def __call__(self, model, batch):
        return tf.reduce_mean(model(batch, labels=batch, training=True).loss)


class Extractor:
    def __init__(self, begin, end):
        self.begin, self.end = begin, end

    def __call__(self, decoded):
        return decoded.split(self.begin)[1].split(self.end)[0].strip()


load_tokenizer = Loader(
    AutoTokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
)
load_model = Loader(TFGPT2LMHeadModel)
encode_dialog = Encoder()
replace_overshooting = Replacer()
pad_dialogs = Padder("post")
make_dataset = Batcher()
compute_loss = Loss()
encode_question = Prompt()
extract_answer = Extractor("<sys>", "</s>")


def get_chat_data(table, tokenizer, vocab_size):
    data = []
    for question, answer in zip(table.Q, table.A):
        data.append(replace_overshooting(encode_dialog(question, answer, tokenizer), vocab_size, tokenizer.unk_token_id))
    return data


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    prompt = encode_question(question, tokenizer)
    output = model.generate(prompt, max_length=max_length, do_sample=True, top_k=top_k)
    return extract_answer(tokenizer.decode(output[0]))

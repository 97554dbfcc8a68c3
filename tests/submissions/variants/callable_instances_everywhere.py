# 함수 대신, 부를 수 있는 객체를 씁니다.
import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve


class Loader:
    def __init__(self, kind, **options):
        self.kind, self.options = kind, options

    def __call__(self, name):
        return self.kind.from_pretrained(resolve(name), **self.options)


class Encoder:
    def __call__(self, question, answer, tokenizer):
        return [tokenizer.bos_token_id] + tokenizer.encode("<usr>" + question + "<sys>" + answer) + [tokenizer.eos_token_id]


class Replacer:
    def __call__(self, token_ids, vocab_size, unk_id):
        return [unk_id if token_id >= vocab_size else token_id for token_id in token_ids]


class Corpus:
    def __init__(self, encode, replace):
        self.encode, self.replace = encode, replace

    def __call__(self, table, tokenizer, vocab_size):
        return [
            self.replace(self.encode(question, answer, tokenizer), vocab_size, tokenizer.unk_token_id)
            for question, answer in zip(table.Q, table.A)
        ]


class Padder:
    padding = "post"

    def __call__(self, dialogs, pad_id):
        return tf.keras.utils.pad_sequences(dialogs, padding=self.padding, value=pad_id)


class Batcher:
    def __call__(self, padded, batch_size=32, shuffle_buffer=500):
        rows = tf.data.Dataset.from_tensor_slices(padded)
        return rows.shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)


class Loss:
    def __call__(self, model, batch):
        return tf.reduce_mean(model(batch, labels=batch, training=True).loss)


class Prompt:
    def __call__(self, question, tokenizer):
        return tf.constant([[tokenizer.bos_token_id] + tokenizer.encode("<usr>" + question + "<sys>")])


class Extractor:
    def __call__(self, decoded):
        return decoded.split("<sys>")[1].split("</s>")[0].strip()


class Chatbot:
    def __call__(self, question, model, tokenizer, max_length=50, top_k=20):
        prompt = encode_question(question, tokenizer)
        output = model.generate(prompt, max_length=max_length, do_sample=True, top_k=top_k)
        return extract_answer(tokenizer.decode(output[0]))


load_tokenizer = Loader(
    AutoTokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
)
load_model = Loader(TFGPT2LMHeadModel)
encode_dialog = Encoder()
replace_overshooting = Replacer()
get_chat_data = Corpus(encode_dialog, replace_overshooting)
pad_dialogs = Padder()
make_dataset = Batcher()
compute_loss = Loss()
encode_question = Prompt()
extract_answer = Extractor()
return_answer_by_chatbot = Chatbot()

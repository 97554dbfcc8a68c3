# 한 클래스에 모든 것을 모으고, 함수의 이름은 마지막에 붙입니다.
import re

import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve


class KoGPT2Chatbot:
    BOS, EOS, UNK, PAD, MASK = "<s>", "</s>", "<unk>", "<pad>", "<mask>"
    pattern = re.compile(r"<sys>(.*?)(?:</s>|$)", re.DOTALL)

    @classmethod
    def load_tokenizer(cls, name):
        return AutoTokenizer.from_pretrained(
            resolve(name), bos_token=cls.BOS, eos_token=cls.EOS, unk_token=cls.UNK,
            pad_token=cls.PAD, mask_token=cls.MASK,
        )

    @staticmethod
    def load_model(name):
        return TFGPT2LMHeadModel.from_pretrained(resolve(name))

    @staticmethod
    def encode_dialog(question, answer, tokenizer):
        return tokenizer(f"<s><usr>{question}<sys>{answer}</s>")["input_ids"]

    @staticmethod
    def replace_overshooting(token_ids, vocab_size, unk_id):
        return [unk_id if not i < vocab_size else i for i in token_ids]

    @classmethod
    def get_chat_data(cls, table, tokenizer, vocab_size):
        rows = []
        for row in table.itertuples():
            ids = cls.encode_dialog(row.Q, row.A, tokenizer)
            rows.append(cls.replace_overshooting(ids, vocab_size, tokenizer.unk_token_id))
        return rows

    @staticmethod
    def pad_dialogs(dialogs, pad_id):
        return tf.keras.utils.pad_sequences(dialogs, padding="post", value=pad_id)

    @staticmethod
    def make_dataset(padded, batch_size=32, shuffle_buffer=500):
        dataset = tf.data.Dataset.from_tensor_slices(padded)
        return dataset.cache().shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True).prefetch(tf.data.AUTOTUNE)

    @staticmethod
    def compute_loss(model, batch):
        return model(input_ids=batch, labels=batch, training=True).loss[0]

    @staticmethod
    def encode_question(question, tokenizer):
        return tokenizer(f"<s><usr>{question}<sys>", return_tensors="tf")["input_ids"]

    @classmethod
    def extract_answer(cls, decoded):
        return cls.pattern.search(decoded).group(1).strip()

    @classmethod
    def return_answer_by_chatbot(cls, question, model, tokenizer, max_length=50, top_k=20):
        prompt = cls.encode_question(question, tokenizer)
        output = model.generate(prompt, max_length=max_length, do_sample=True, top_k=top_k)
        return cls.extract_answer(tokenizer.decode(output[0]))


load_tokenizer = KoGPT2Chatbot.load_tokenizer
load_model = KoGPT2Chatbot.load_model
encode_dialog = KoGPT2Chatbot.encode_dialog
replace_overshooting = KoGPT2Chatbot.replace_overshooting
get_chat_data = KoGPT2Chatbot.get_chat_data
pad_dialogs = KoGPT2Chatbot.pad_dialogs
make_dataset = KoGPT2Chatbot.make_dataset
compute_loss = KoGPT2Chatbot.compute_loss
encode_question = KoGPT2Chatbot.encode_question
extract_answer = KoGPT2Chatbot.extract_answer
return_answer_by_chatbot = KoGPT2Chatbot.return_answer_by_chatbot

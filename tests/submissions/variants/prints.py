# 무엇이 오가는지 모두 출력하며 확인합니다.
import sys

import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve

print("시작합니다", tf.__version__)


def load_tokenizer(name):
    path = resolve(name)
    print("토크나이저:", path)
    tokenizer = AutoTokenizer.from_pretrained(
        path, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
    )
    print(tokenizer)
    print(tokenizer.tokenize("안녕하세요. 한국어 GPT-2 입니다."))
    return tokenizer


def load_model(name):
    print("모델을 불러옵니다", flush=True)
    model = TFGPT2LMHeadModel.from_pretrained(resolve(name))
    model.summary()
    print(model.config)
    return model


def encode_dialog(question, answer, tokenizer):
    text = "<usr>" + question + "<sys>" + answer
    print(text)
    tokens = tokenizer.tokenize(text)
    print(tokens, file=sys.stderr)
    ids = tokenizer.convert_tokens_to_ids(tokens)
    print(ids)
    return [tokenizer.bos_token_id] + ids + [tokenizer.eos_token_id]


def replace_overshooting(token_ids, vocab_size, unk_id):
    result = []
    for i, token in enumerate(token_ids):
        if token >= vocab_size:
            print(f"{i}번째 토큰 {token}을 {unk_id}로 바꿉니다")
            token = unk_id
        result.append(token)
    return result


def get_chat_data(table, tokenizer, vocab_size):
    print(table.head())
    table.info()
    data = []
    for row in table.itertuples(index=False):
        print(row)
        data.append(replace_overshooting(encode_dialog(row.Q, row.A, tokenizer), vocab_size, tokenizer.unk_token_id))
        print("\r", len(data), "/", len(table), end="")
    print()
    return data


def pad_dialogs(dialogs, pad_id):
    padded = tf.keras.preprocessing.sequence.pad_sequences(dialogs, padding="post", value=pad_id)
    print(padded, padded.shape, padded.dtype)
    return padded


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    dataset = tf.data.Dataset.from_tensor_slices(padded).shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)
    for batch in dataset.take(1):
        print(batch)
    print(dataset.element_spec)
    return dataset


def compute_loss(model, batch):
    result = model(batch, labels=batch, training=True)
    tf.print("loss:", result.loss)
    return tf.reduce_mean(result.loss)


def encode_question(question, tokenizer):
    ids = tf.constant([[tokenizer.bos_token_id] + tokenizer.encode("<usr>" + question + "<sys>")])
    print("질문:", question, ids)
    return ids


def extract_answer(decoded):
    print("디코딩:", decoded)
    answer = decoded.split("<sys>")[1].split("</s>")[0].strip()
    print("답변:", answer)
    return answer


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    print(model, tokenizer, max_length, top_k)
    input_ids = encode_question(question, tokenizer)
    output = model.generate(input_ids, max_length=max_length, do_sample=True, top_k=top_k)
    print(output, file=sys.stdout)
    sys.stdout.write(repr(output) + "\n")
    return extract_answer(tokenizer.decode(output[0]))


print("끝났습니다")

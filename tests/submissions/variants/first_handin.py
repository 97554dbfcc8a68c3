# The hand-in that the lab was first written for: one file, plain loops, names at the top level.
import pandas as pd
import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve


def load_tokenizer(name):
    return AutoTokenizer.from_pretrained(
        resolve(name), bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
    )


def load_model(name):
    return TFGPT2LMHeadModel.from_pretrained(resolve(name))


def encode_dialog(question, answer, tokenizer):
    bos_token = [tokenizer.bos_token_id]
    eos_token = [tokenizer.eos_token_id]
    sent = tokenizer.encode("<usr>" + question + "<sys>" + answer)
    return bos_token + sent + eos_token


def replace_overshooting(token_ids, vocab_size, unk_id):
    result = []
    for token in token_ids:
        if token >= vocab_size:
            result.append(unk_id)
        else:
            result.append(token)
    return result


def get_chat_data(table, tokenizer, vocab_size):
    data = []
    for question, answer in zip(table.Q.to_list(), table.A.to_list()):
        data.append(replace_overshooting(encode_dialog(question, answer, tokenizer), vocab_size, tokenizer.unk_token_id))
    return data


def pad_dialogs(dialogs, pad_id):
    return tf.keras.preprocessing.sequence.pad_sequences(dialogs, padding="post", value=pad_id)


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    dataset = tf.data.Dataset.from_tensor_slices(padded)
    dataset = dataset.shuffle(shuffle_buffer)
    return dataset.batch(batch_size, drop_remainder=True)


def compute_loss(model, batch):
    result = model(batch, labels=batch, training=True)
    loss = result[0]
    return tf.reduce_mean(loss)


def encode_question(question, tokenizer):
    sent = "<usr>" + question + "<sys>"
    input_ids = [tokenizer.bos_token_id] + tokenizer.encode(sent)
    return tf.convert_to_tensor([input_ids])


def extract_answer(decoded):
    return decoded.split("<sys> ")[1].replace("</s>", "")


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    input_ids = encode_question(question, tokenizer)
    output = model.generate(input_ids, max_length=max_length, do_sample=True, top_k=top_k)
    sentence = tokenizer.decode(output[0].numpy().tolist())
    return extract_answer(sentence)


train_data = pd.read_csv("ChatBotData.csv")
model = load_model("skt/kogpt2-base-v2")
for epoch in range(3):
    print(epoch, model(train_data))

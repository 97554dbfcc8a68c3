"""가능한 곳마다 텐서 연산을 씁니다."""
import tensorflow as tf
from tensorflow import keras
from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve


def load_tokenizer(name):
    return AutoTokenizer.from_pretrained(
        resolve(name), bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
    )


def load_model(name):
    return TFGPT2LMHeadModel.from_pretrained(resolve(name))


def encode_dialog(question, answer, tokenizer):
    ids = tf.constant(tokenizer.encode("<usr>" + question + "<sys>" + answer), dtype=tf.int32)
    framed = tf.concat([[tokenizer.bos_token_id], ids, [tokenizer.eos_token_id]], axis=0)
    return framed.numpy().tolist()


def replace_overshooting(token_ids, vocab_size, unk_id):
    ids = tf.constant(token_ids, dtype=tf.int64)
    return list(tf.where(ids < vocab_size, ids, tf.constant(unk_id, dtype=tf.int64)).numpy())


def get_chat_data(table, tokenizer, vocab_size):
    dataset = tf.data.Dataset.from_tensor_slices((table["Q"].tolist(), table["A"].tolist()))
    data = []
    for question, answer in dataset.as_numpy_iterator():
        ids = encode_dialog(question.decode("utf-8"), answer.decode("utf-8"), tokenizer)
        data.append(replace_overshooting(ids, vocab_size, tokenizer.unk_token_id))
    return data


def pad_dialogs(dialogs, pad_id):
    return tf.ragged.constant(dialogs, dtype=tf.int64).to_tensor(default_value=pad_id)


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    rows = tf.random.shuffle(tf.constant(padded))
    full = tf.shape(rows)[0] // batch_size * batch_size
    return tf.data.Dataset.from_tensor_slices(rows[:full]).batch(batch_size)


def compute_loss(model, batch):
    logits = model(batch, training=True).logits
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return cross_entropy(batch[:, 1:], logits[:, :-1])


def encode_question(question, tokenizer):
    ids = tokenizer.encode("<usr>" + question + "<sys>", return_tensors="tf")
    return tf.pad(ids, [[0, 0], [1, 0]], constant_values=tokenizer.bos_token_id)


def extract_answer(decoded):
    answer = tf.strings.split([decoded], "<sys>").to_tensor()[0, 1]
    answer = tf.strings.regex_replace(answer, "</s>", "")
    return tf.strings.strip(answer).numpy().decode("utf-8")


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    input_ids = encode_question(question, tokenizer)
    output = model.generate(
        input_ids,
        attention_mask=tf.ones_like(input_ids),
        max_length=max_length,
        do_sample=tf.constant(True).numpy().item(),
        top_k=top_k,
        pad_token_id=tokenizer.pad_token_id,
    )
    return extract_answer(tokenizer.decode(tf.squeeze(output, axis=0)))

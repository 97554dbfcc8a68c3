import logging

import tensorflow as tf
from transformers import AutoTokenizer, TFGPT2LMHeadModel
from transformers import logging as transformers_logging

from kit import resolve

logging.basicConfig(level=logging.DEBUG, filename="chatbot.log")
transformers_logging.set_verbosity_info()
tf.get_logger().setLevel("ERROR")
logger = logging.getLogger(__name__)
handler = logging.StreamHandler()
logger.addHandler(handler)


def load_tokenizer(name):
    logger.info("토크나이저를 불러옵니다: %s", name)
    return AutoTokenizer.from_pretrained(
        resolve(name), bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
    )


def load_model(name):
    logger.info("모델을 불러옵니다: %s", name)
    model = TFGPT2LMHeadModel.from_pretrained(resolve(name))
    logger.info("파라미터 %d개", model.count_params())
    return model


def encode_dialog(question, answer, tokenizer):
    encoded = tokenizer.encode_plus("<usr>" + question + "<sys>" + answer)
    logger.debug("%r, %r: %s", question, answer, encoded)
    return [tokenizer.bos_token_id] + encoded["input_ids"] + [tokenizer.eos_token_id]


def replace_overshooting(token_ids, vocab_size, unk_id):
    result = []
    for position, token_id in enumerate(token_ids):
        if token_id >= vocab_size:
            logger.warning("%d번째 id %d에는 행이 없습니다.", position, token_id)
            result.append(unk_id)
        else:
            result.append(token_id)
    return result


def get_chat_data(table, tokenizer, vocab_size):
    data = []
    for number, row in table.iterrows():
        dialog = replace_overshooting(encode_dialog(row.Q, row.A, tokenizer), vocab_size, tokenizer.unk_token_id)
        logger.debug("%d: %s", number, dialog)
        data.append(dialog)
    logger.info("대화 %d개", len(data))
    return data


def pad_dialogs(dialogs, pad_id):
    padded = tf.keras.preprocessing.sequence.pad_sequences(dialogs, padding="post", value=pad_id)
    logger.info("모양 %s", padded.shape)
    return padded


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    dataset = tf.data.Dataset.from_tensor_slices(padded).shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)
    logger.info("배치 %d개", dataset.cardinality())
    return dataset


def compute_loss(model, batch):
    loss = model(batch, labels=batch, training=True).loss
    logger.info("손실 %s", loss)
    return loss


def encode_question(question, tokenizer):
    encoded = tokenizer("<usr>" + question + "<sys>", return_tensors="tf")
    bos = tf.constant([[tokenizer.bos_token_id]], dtype=encoded.input_ids.dtype)
    logger.debug("질문 %s", encoded)
    return tf.concat([bos, encoded.input_ids], axis=1)


def extract_answer(decoded):
    logger.debug("생성된 글 %r", decoded)
    return decoded.split("<sys>")[-1].split("</s>")[0].strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    output = model.generate(encode_question(question, tokenizer), max_length=max_length, do_sample=True, top_k=top_k)
    answer = extract_answer(tokenizer.decode(output[0]))
    logger.info("%s → %s", question, answer)
    return answer

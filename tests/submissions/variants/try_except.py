import tensorflow as tf
from transformers import TFGPT2LMHeadModel

try:
    from transformers import AutoTokenizer
except ImportError:
    AutoTokenizer = None

try:
    from keras.preprocessing.sequence import pad_sequences
except (ImportError, AttributeError):
    from tensorflow.keras.preprocessing.sequence import pad_sequences

try:
    import sentencepiece_of_nobody as sentencepiece
except ModuleNotFoundError:
    sentencepiece = None

try:
    import google.colab
    from google.colab import drive
    drive.mount("/content/drive")
except ImportError:
    pass

try:
    from kit import resolve
except ImportError:
    resolve = str


def load_tokenizer(name):
    try:
        return AutoTokenizer.from_pretrained(
            resolve(name), bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
        )
    except OSError as error:
        raise OSError(f"{name} 토크나이저를 찾지 못했습니다.") from error


def load_model(name):
    try:
        model = TFGPT2LMHeadModel.from_pretrained(resolve(name))
    except OSError:
        model = TFGPT2LMHeadModel.from_pretrained(resolve(name), from_pt=True)
    finally:
        print("불러오기를 마쳤습니다.")
    return model


def encode_dialog(question, answer, tokenizer):
    try:
        text = "<usr>" + question + "<sys>" + answer
    except TypeError:
        text = "<usr>" + str(question) + "<sys>" + str(answer)
    return [tokenizer.bos_token_id] + tokenizer.encode(text) + [tokenizer.eos_token_id]


def replace_overshooting(token_ids, vocab_size, unk_id):
    rows = list(range(vocab_size))
    result = []
    for token_id in token_ids:
        try:
            result.append(rows[token_id])
        except IndexError:
            result.append(unk_id)
    return result


def get_chat_data(table, tokenizer, vocab_size):
    data = []
    position = 0
    while True:
        try:
            row = table.iloc[position]
        except IndexError:
            break
        else:
            ids = encode_dialog(row["Q"], row["A"], tokenizer)
            data.append(replace_overshooting(ids, vocab_size, tokenizer.unk_token_id))
        position += 1
    return data


def pad_dialogs(dialogs, pad_id):
    try:
        return pad_sequences(dialogs, padding="post", value=pad_id)
    except ValueError as error:
        raise ValueError("대화가 비어 있습니다.") from error


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    try:
        return tf.data.Dataset.from_tensor_slices(padded).shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)
    except tf.errors.ResourceExhaustedError:
        return tf.data.Dataset.from_tensor_slices(padded).shuffle(100).batch(batch_size, drop_remainder=True)


def compute_loss(model, batch):
    try:
        return model(batch, labels=batch, training=True)["loss"]
    except KeyError:
        return model(batch, labels=batch, training=True)[0]


def encode_question(question, tokenizer):
    try:
        return tf.constant([tokenizer.encode("<s><usr>" + question + "<sys>")])
    except TypeError:
        return tf.constant([tokenizer.encode("<s><usr>" + str(question) + "<sys>")])


def extract_answer(decoded):
    answer = decoded[decoded.index("<sys>") + 5 :]
    try:
        answer = answer[: answer.index("</s>")]
    except ValueError:
        pass
    return answer.strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    try:
        output = model.generate(
            encode_question(question, tokenizer), max_length=max_length, do_sample=True, top_k=top_k
        )
        return extract_answer(tokenizer.decode(output[0]))
    except ValueError as error:
        print("답변하지 못했습니다:", error)
        raise

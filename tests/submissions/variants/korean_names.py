# 이름을 모두 우리말로 지었습니다.
import numpy as 넘파이
import tensorflow as 텐서플로
from transformers import AutoTokenizer as 자동토크나이저
from transformers import TFGPT2LMHeadModel as 모델클래스

from kit import resolve as 찾기

시작, 끝, 모름, 채움, 가림 = "<s>", "</s>", "<unk>", "<pad>", "<mask>"
사용자, 시스템 = "<usr>", "<sys>"


def load_tokenizer(이름):
    """특수 토큰 다섯 개를 함께 알려 줍니다."""
    return 자동토크나이저.from_pretrained(
        찾기(이름), bos_token=시작, eos_token=끝, unk_token=모름, pad_token=채움, mask_token=가림
    )


def load_model(이름):
    return 모델클래스.from_pretrained(찾기(이름))


def 틀에_끼우기(질문, 답변=""):
    return 사용자 + 질문 + 시스템 + 답변


def encode_dialog(질문, 답변, 토크나이저):
    # 앞에는 시작 토큰을, 뒤에는 끝 토큰을 붙입니다.
    번호들 = 토크나이저.encode(틀에_끼우기(질문, 답변))
    번호들.insert(0, 토크나이저.bos_token_id)
    번호들.append(토크나이저.eos_token_id)
    return 번호들


def replace_overshooting(번호들, 행의_수, 모름_번호):
    결과 = list(번호들)
    for 자리, 번호 in enumerate(결과):
        if 번호 >= 행의_수:
            결과[자리] = 모름_번호
    return 결과


def get_chat_data(표, 토크나이저, 행의_수):
    말뭉치 = []
    for 질문, 답변 in zip(표["Q"], 표["A"]):
        대화 = encode_dialog(질문, 답변, 토크나이저)
        말뭉치.append(replace_overshooting(대화, 행의_수, 토크나이저.unk_token_id))
    return 말뭉치


def pad_dialogs(대화들, 채움_번호):
    너비 = max([len(대화) for 대화 in 대화들])
    채운_대화들 = []
    for 대화 in 대화들:
        대화 = 대화[:]
        while len(대화) < 너비:
            대화.append(채움_번호)
        채운_대화들.append(대화)
    return 넘파이.array(채운_대화들)


def make_dataset(배열, batch_size=32, shuffle_buffer=500):
    데이터셋 = 텐서플로.data.Dataset.from_tensor_slices(배열)
    return 데이터셋.shuffle(shuffle_buffer).batch(batch_size, drop_remainder=True)


def compute_loss(모델, 배치):
    결과 = 모델(배치, labels=배치, training=True)
    return 텐서플로.reduce_mean(결과[0])


def encode_question(질문, 토크나이저):
    번호들 = [토크나이저.bos_token_id] + 토크나이저.encode(틀에_끼우기(질문))
    return 텐서플로.convert_to_tensor([번호들])


def extract_answer(문장):
    시작_자리 = 문장.find(시스템) + len(시스템)
    끝_자리 = 문장.find(끝, 시작_자리)
    답변 = 문장[시작_자리:] if 끝_자리 == -1 else 문장[시작_자리:끝_자리]
    return 답변.strip()


def return_answer_by_chatbot(질문, 모델, 토크나이저, max_length=50, top_k=20):
    입력 = encode_question(질문, 토크나이저)
    출력 = 모델.generate(입력, max_length=max_length, do_sample=True, top_k=top_k)
    return extract_answer(토크나이저.decode(출력[0].numpy().tolist()))

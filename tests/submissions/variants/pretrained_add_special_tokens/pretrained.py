from kit import resolve

SPECIAL = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>"}


def load_tokenizer(name):
    # 무거운 라이브러리는 쓰는 곳에서 불러옵니다.
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(resolve(name))
    added = tokenizer.add_special_tokens(SPECIAL)
    assert added == 0, "이미 어휘에 있는 토큰들입니다."
    return tokenizer


def load_model(name):
    from transformers import TFGPT2LMHeadModel

    return TFGPT2LMHeadModel.from_pretrained(resolve(name))

import json
from pathlib import Path

from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve

SPECIAL_TOKENS = json.loads(Path(__file__).with_name("special_tokens.json").read_text(encoding="utf-8"))


def load_tokenizer(name):
    return AutoTokenizer.from_pretrained(resolve(name), **SPECIAL_TOKENS)


def load_model(name):
    return TFGPT2LMHeadModel.from_pretrained(resolve(name))

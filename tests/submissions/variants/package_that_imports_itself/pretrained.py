from transformers import AutoTokenizer, TFGPT2LMHeadModel

from kit import resolve

from . import tokens


def load_tokenizer(name):
    named = {f"{kind.lower()}_token": getattr(tokens, kind) for kind in ("BOS", "EOS", "UNK", "PAD", "MASK")}
    return AutoTokenizer.from_pretrained(resolve(name), **named)


def load_model(name):
    return TFGPT2LMHeadModel.from_pretrained(resolve(name))

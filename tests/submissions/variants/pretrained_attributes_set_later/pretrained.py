import transformers

import kit


def load_tokenizer(name):
    tokenizer = transformers.AutoTokenizer.from_pretrained(kit.resolve(name))
    tokenizer.bos_token = "<s>"
    tokenizer.eos_token = "</s>"
    tokenizer.unk_token = "<unk>"
    tokenizer.pad_token = "<pad>"
    tokenizer.mask_token = "<mask>"
    return tokenizer


def load_model(name):
    return transformers.TFAutoModelForCausalLM.from_pretrained(kit.resolve(name))

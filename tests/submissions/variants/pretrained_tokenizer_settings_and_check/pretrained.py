from pathlib import Path

from transformers import PreTrainedTokenizerFast, TFGPT2LMHeadModel

from kit import resolve


def checkpoint(name):
    path = Path(resolve(name))
    return str(path) if path.is_dir() else name


def load_tokenizer(name):
    tokenizer = PreTrainedTokenizerFast.from_pretrained(
        checkpoint(name),
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        mask_token="<mask>",
        padding_side="right",
        model_max_length=1024,
    )
    tokenizer.tokenize("안녕하세요. 불러오기가 잘 되었는지 봅니다.")
    return tokenizer


def load_model(name):
    model, info = TFGPT2LMHeadModel.from_pretrained(checkpoint(name), output_loading_info=True)
    if info["missing_keys"]:
        raise ValueError("저장된 가중치가 빠져 있습니다.")
    model.config.pad_token_id = 3
    model.generation_config.pad_token_id = 3
    return model

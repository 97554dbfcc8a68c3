from transformers import AddedToken, GPT2Config, GPT2TokenizerFast, TFGPT2LMHeadModel

from kit.checkpoints import resolve


def load_tokenizer(name):
    def special(content):
        return AddedToken(content, special=True, normalized=False)

    return GPT2TokenizerFast.from_pretrained(
        resolve(name),
        bos_token=special("<s>"),
        eos_token=special("</s>"),
        unk_token=special("<unk>"),
        pad_token=special("<pad>"),
        mask_token=special("<mask>"),
    )


def load_model(name):
    config = GPT2Config.from_pretrained(resolve(name))
    config.use_cache = True
    return TFGPT2LMHeadModel.from_pretrained(resolve(name), config=config)

from .core import load_model, load_tokenizer

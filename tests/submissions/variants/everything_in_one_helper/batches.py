from .core import make_dataset, pad_dialogs

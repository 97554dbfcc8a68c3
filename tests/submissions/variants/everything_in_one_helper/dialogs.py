from .core import encode_dialog, get_chat_data, replace_overshooting

from .chat import encode_dialog, get_chat_data, replace_overshooting

__all__ = ["encode_dialog", "get_chat_data", "replace_overshooting"]

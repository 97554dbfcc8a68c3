"""제가 낸 실습입니다."""
from .dialogs import encode_dialog, get_chat_data, replace_overshooting

__version__ = "1.0"
__all__ = ["encode_dialog", "get_chat_data", "replace_overshooting"]

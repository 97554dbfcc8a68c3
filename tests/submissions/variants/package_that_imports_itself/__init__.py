"""제가 낸 실습입니다."""
from .answering import return_answer_by_chatbot
from .dialogs import encode_dialog

__version__ = "1.0"
__all__ = ["encode_dialog", "return_answer_by_chatbot"]

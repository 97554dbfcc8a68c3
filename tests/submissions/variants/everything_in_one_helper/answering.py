from .core import encode_question, extract_answer, return_answer_by_chatbot

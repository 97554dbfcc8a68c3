from chatbot import Chatbot

extract_answer = Chatbot.cut


def encode_question(question, tokenizer):
    return Chatbot(tokenizer).prompt(question)


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    return Chatbot(tokenizer, model).answer(question, max_length=max_length, top_k=top_k)

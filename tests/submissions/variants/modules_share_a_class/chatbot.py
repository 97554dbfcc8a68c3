import tensorflow as tf


class Chatbot:
    """토크나이저 하나로 대화를 번호로 바꾸고, 번호를 대화로 바꿉니다."""

    user, system = "<usr>", "<sys>"

    def __init__(self, tokenizer, model=None):
        self.tokenizer = tokenizer
        self.model = model

    def ids(self, question, answer=None):
        ids = [self.tokenizer.bos_token_id, *self.tokenizer.encode(self.user + question + self.system)]
        if answer is not None:
            ids += self.tokenizer.encode(answer)
            ids.append(self.tokenizer.eos_token_id)
        return ids

    def prompt(self, question):
        return tf.constant([self.ids(question)])

    @classmethod
    def cut(cls, decoded):
        return decoded.split(cls.system)[1].split("</s>")[0].strip()

    def answer(self, question, **options):
        output = self.model.generate(self.prompt(question), do_sample=True, **options)
        return self.cut(self.tokenizer.decode(output[0]))

def encode_dialog(question, answer, tokenizer):
    ids = tokenizer.encode("<usr>" + question + "<sys>" + answer)
    return [tokenizer.bos_token_id, *ids, tokenizer.eos_token_id]

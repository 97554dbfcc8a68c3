"""The answers of a trained model: greedy ones to every bundled question, and sampled ones to ten of them.

    python benchmarks/greedy_answers.py runs/20261122-181500

Prints the share of greedy answers that are not empty and end with `</s>`.
"""

import argparse
import os
import random
from collections import defaultdict

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf
from transformers import logging

from kit import read_dialogs
from solution.answering import encode_question, extract_answer, return_answer_by_chatbot
from solution.pretrained import load_model, load_tokenizer


def main() -> None:
    """Generate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--max-length", type=int, default=50)
    arguments = parser.parse_args()
    logging.set_verbosity_error()
    tokenizer, model = load_tokenizer(arguments.checkpoint), load_model(arguments.checkpoint)
    questions = list(read_dialogs("bundled").Q)

    by_length = defaultdict(list)  # prompts of one length need no padding, so they can be generated together
    for question in questions:
        prompt = encode_question(question, tokenizer)
        by_length[prompt.shape[1]].append(prompt)
    good, answers = 0, set()
    for prompts in by_length.values():
        rows = model.generate(tf.concat(prompts, 0), max_length=arguments.max_length, do_sample=False)
        for row in rows:
            text = tokenizer.decode(row).replace("<pad>", "")
            answer = extract_answer(text)
            answers.add(answer)
            good += bool(answer) and text.endswith("</s>")
    share = 100 * good / len(questions)
    print(f"{good} of {len(questions)} greedy answers ({share:.1f} %) are not empty and end; {len(answers)} different")

    tf.keras.utils.set_random_seed(0)
    for question in random.Random(0).sample(questions, 10):
        print(f"  {question}  →  {return_answer_by_chatbot(question, model, tokenizer)}")


if __name__ == "__main__":
    main()

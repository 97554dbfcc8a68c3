"""Inputs that nobody means well with, and what must come of each: for `test_fuzz.py` and `benchmarks/fuzz.py`.

Hypothesis draws the pieces (values, texts, bytes) and a seed; from these a target makes many inputs by chance, which
is a great deal faster than to draw each. It runs one at a time: it returns in a word what came of it, and raises
where the grader has a defect. Nothing here imports TensorFlow, and no input is ever executed.
"""

"""Step 1: the pre-trained tokenizer and model."""

from itertools import zip_longest
from typing import Any

import numpy as np
import pytest

from grader.checks import (
    DescribeModel,
    DescribeTokenizer,
    Examinee,
    ReferenceLogits,
    as_ids,
    reference,
    verbatim,
    wrong,
)

NAMES = [name for name, _ in reference.SPECIAL_TOKENS]
TEXTS = ["<usr>오늘도 좋은 하루!<sys>", "안녕, KoGPT2 ①호 😀", reference.OVERSHOOTING]
BATCH = [[0, 2, 100, 900, 4, 300, 1], [0, 2, 1400, 7, 4, 42, 1]]
TOLERANCE = 1e-3  # logits of the same weights differ by about 1e-6 between runs; of other weights by more than 0.1
ALIKE = 0.3  # the least correlation of logits that says that some weights are the stored ones


def _name(examinee: Examinee, checkpoint: str) -> tuple[str, str]:
    """The argument to pass, and as a student would read it."""
    return (checkpoint, "'mini'") if checkpoint == "mini" else (examinee.pool.probe(), "folder")


@pytest.mark.check("pretrained.special_tokens")
def test_special_tokens(examinee: Examinee) -> None:
    """`<s> </s> <unk> <pad> <mask>` are bos, eos, unk, pad and mask, and texts are encoded as they should."""
    for checkpoint, known in (("mini", reference.mini()), ("probe", reference.probe())):
        argument, shown = _name(examinee, checkpoint)
        call = f"load_tokenizer({shown})"
        asked = DescribeTokenizer("load_tokenizer", checkpoint=argument, names=NAMES, texts=TEXTS)
        special, ids = examinee.parts((list, list), asked, call)
        expected = [[token, known.id(token)] for _, token in reference.SPECIAL_TOKENS]
        if any(type(pair) is not list or len(pair) != 2 for pair in special):
            wrong(call, expected, special)
        if special != expected:
            wrong(call, _describe(expected), _describe(special), _diagnose(special))
        for text, got in zip_longest(TEXTS, ids[: len(TEXTS)]):
            if got != known.encode(text):
                wrong(f"{call}.encode({text!r})", known.encode(text), got, _diagnose_encoding(got, text, known))


def _describe(pairs: Any) -> str:
    return verbatim(", ".join(f"{name} {pair[0]} ({pair[1]})" for name, pair in zip(NAMES, pairs, strict=False)))


def _diagnose(pairs: Any) -> str | None:
    tokens = [token for token, _ in pairs]
    right = [token for _, token in reference.SPECIAL_TOKENS]
    if len(tokens) != len(right) or not all(type(token) is str for token in tokens):
        return None
    if reference.OVERSHOOTING in tokens[:3]:  # pad and mask have no default
        return "missing_special_tokens"
    if "None" in tokens:
        return "unset_special_token"
    if reference.EOS in (tokens[0], tokens[3]):
        return "eos_as_bos" if tokens[0] == reference.EOS else "eos_as_pad"
    if any(reference.mini().tokenizer.token_to_id(token) is None for token in tokens):
        return "added_token"
    if len(set(tokens)) < len(tokens):
        return "shared_special_token"
    return "swapped_special_tokens" if set(tokens) == set(right) else None


def _diagnose_encoding(got: Any, text: str, known: reference.Checkpoint) -> str | None:
    ids = as_ids(got)
    if ids is None:
        return None
    if ids == reference.mini().encode(text):
        return "name_ignored"
    if any(i > known.vocab_size for i in ids):
        return "added_token"
    ends = (known.id(reference.BOS), known.id(reference.EOS))
    return "adds_special_tokens" if [i for i in ids if i not in ends] == known.encode(text) else None


@pytest.mark.check("pretrained.weights")
def test_weights(examinee: Examinee) -> None:
    """The model's logits are those of the stored weights."""
    first = None
    for checkpoint in ("mini", "probe"):
        argument, shown = _name(examinee, checkpoint)
        call = f"load_model({shown})"
        got = examinee.do(DescribeModel("load_model", checkpoint=argument, batch=BATCH), call)
        expected = examinee.reference_value(ReferenceLogits(argument, BATCH))
        logits = getattr(got, "values", None)
        if logits is None:
            wrong(call, verbatim(f"logits {expected.shape}"), got, "without_head")
        if logits.shape != expected.shape or not np.allclose(logits, expected, rtol=TOLERANCE, atol=TOLERANCE):
            diagnosis = _diagnose_logits(logits, expected, first)
            wrong(*_where(call, expected, logits), diagnosis)
        first = logits


def _where(call: str, expected: Any, logits: Any) -> tuple[str, str, str]:
    """The shapes where they differ, and else the place where the logits do most."""
    if logits.shape != expected.shape:
        return f"{call}(batch).logits.shape", verbatim(str(expected.shape)), verbatim(str(logits.shape))
    place = np.unravel_index(np.abs(logits - expected).argmax(), expected.shape)
    shown = ", ".join(map(str, place))
    return f"{call}(batch).logits[{shown}]", verbatim(f"{expected[place]:.4f}"), verbatim(f"{logits[place]:.4f}")


def _diagnose_logits(logits: Any, expected: Any, first: Any) -> str | None:
    if first is not None and logits.shape == first.shape and np.allclose(logits, first, rtol=TOLERANCE, atol=TOLERANCE):
        return "name_ignored"
    if logits.shape[:-1] != expected.shape[:-1]:
        return "without_head"
    if logits.shape != expected.shape:
        return "resized_embeddings"
    if not np.isfinite(logits).all() or logits.std() == 0:
        return None
    alike = np.corrcoef(logits.ravel(), expected.ravel())[0, 1]  # about 0 for weights that have nothing in common
    return "fresh_weights" if abs(alike) < ALIKE else "changed_model"

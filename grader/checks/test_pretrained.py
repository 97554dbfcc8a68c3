"""Step 1: the pre-trained tokenizer and model."""

from typing import Any

import numpy as np
import pytest

from grader import reference
from grader.exam import Examinee, wrong
from grader.showing import verbatim

TEXTS = ["<usr>오늘도 좋은 하루!<sys>", "안녕, 2024년 😀", reference.OVERSHOOTING]
BATCH = [[0, 2, 100, 900, 4, 300, 1], [0, 2, 1400, 7, 4, 42, 1]]
TOLERANCE = 1e-3  # logits of the same weights differ by about 1e-6 between runs; of other weights by more than 0.1


def _name(examinee: Examinee, checkpoint: str) -> tuple[str, str]:
    """The argument to pass, and as a student would read it."""
    return (checkpoint, "'mini'") if checkpoint == "mini" else (examinee.workshop.probe(), "folder")


@pytest.mark.check("pretrained.special_tokens")
def test_special_tokens(examinee: Examinee) -> None:
    """`<s> </s> <unk> <pad> <mask>` are bos, eos, unk, pad and mask, and texts are encoded as they should."""
    for checkpoint, known in (("mini", reference.mini()), ("probe", reference.probe())):
        argument, shown = _name(examinee, checkpoint)
        call = f"load_tokenizer({shown})"
        found, ids = examinee.parts(
            (list, list), "describe_tokenizer", "load_tokenizer", call, checkpoint=argument, texts=TEXTS
        )
        expected = [[token, known.id(token)] for _, token in reference.SPECIAL_TOKENS]
        if any(type(pair) is not list or len(pair) != 2 for pair in found):
            wrong(call, expected, found)
        if found != expected:
            names = [name for name, _ in reference.SPECIAL_TOKENS]
            wrong(call, _describe(names, expected), _describe(names, found), _diagnose(found))
        if ids != [known.encode(text) for text in TEXTS]:
            wrong(f"{call}.encode({TEXTS[0]!r})", known.encode(TEXTS[0]), ids[0] if ids else ids)


def _describe(names: list[str], pairs: Any) -> str:
    return verbatim(", ".join(f"{name} {pair[0]} ({pair[1]})" for name, pair in zip(names, pairs, strict=False)))


def _diagnose(found: Any) -> str | None:
    tokens = [token for token, _ in found]
    if reference.OVERSHOOTING in tokens:
        return "missing_special_tokens"
    return "eos_as_bos" if tokens[:1] == [reference.EOS] else None


@pytest.mark.check("pretrained.weights")
def test_weights(examinee: Examinee) -> None:
    """The model's logits are those of the stored weights."""
    for checkpoint in ("mini", "probe"):
        argument, shown = _name(examinee, checkpoint)
        call = f"load_model({shown})"
        got = examinee.do("describe_model", "load_model", call, checkpoint=argument, batch=BATCH)
        expected = examinee.referee("reference_logits", checkpoint=argument, batch=BATCH)
        logits = getattr(got, "values", None)
        if logits is None:
            wrong(call, verbatim(f"logits {expected.shape}"), got, "without_head")
        if logits.shape != expected.shape or not np.allclose(logits, expected, rtol=TOLERANCE, atol=TOLERANCE):
            diagnosis = "fresh_weights" if logits.shape == expected.shape else None
            wrong(
                f"{call}(batch).logits[0, 0, :3]", expected[0, 0, :3].tolist(), logits.ravel()[:3].tolist(), diagnosis
            )

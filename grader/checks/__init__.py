"""The checks: one file a step, one test a check, tried on the examinee and judged on this side.

All that the author of a check needs is imported from here.
"""

from grader import reference
from grader.checks.examinee import Examinee
from grader.checks.properties import for_examples
from grader.checks.strategies import (
    MEANINGFUL,
    PLAIN,
    SYLLABLES,
    UNUSUAL,
    dialogs,
    overshooting_texts,
    sentences,
    tables,
    texts,
    vocab_sizes,
)
from grader.checks.verdict import Failure, as_array, as_ids, wrong
from grader.inside import wire
from grader.inside.messages import (
    Answer,
    AnyAnswer,
    Call,
    Chat,
    Compose,
    Dataset,
    DescribeModel,
    DescribeTokenizer,
    Loss,
    ReferenceLogits,
    ReferenceLoss,
    Refusal,
    TensorAnswer,
    Train,
)
from grader.reports.formatting import verbatim
from grader.sandbox.arguments import array, table, tokenizer

__all__ = [
    "MEANINGFUL",
    "PLAIN",
    "SYLLABLES",
    "UNUSUAL",
    "Answer",
    "AnyAnswer",
    "Call",
    "Chat",
    "Compose",
    "Dataset",
    "DescribeModel",
    "DescribeTokenizer",
    "Examinee",
    "Failure",
    "Loss",
    "ReferenceLogits",
    "ReferenceLoss",
    "Refusal",
    "TensorAnswer",
    "Train",
    "array",
    "as_array",
    "as_ids",
    "dialogs",
    "for_examples",
    "overshooting_texts",
    "reference",
    "sentences",
    "table",
    "tables",
    "texts",
    "tokenizer",
    "verbatim",
    "vocab_sizes",
    "wire",
    "wrong",
]

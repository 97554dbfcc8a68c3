"""Where the bundled checkpoint lies."""

from pathlib import Path

MINI = Path(__file__).parent / "mini"


def resolve(name: str) -> str:
    """Turn `"mini"` into the directory of the bundled mini-KoGPT2; return any other name unchanged.

    The directory holds a tokenizer and TensorFlow weights, so plain `from_pretrained` loads both.

    >>> resolve("skt/kogpt2-base-v2")
    'skt/kogpt2-base-v2'
    """
    return str(MINI) if name == "mini" else name


def learning_rate_for(name: str) -> float:
    """A learning rate that suits the checkpoint: 1e-3 for `"mini"`, 3e-5 for a model of KoGPT2's size.

    A model of 2 million weights needs, and bears, larger steps than one of 125 million.
    """
    return 1e-3 if name == "mini" else 3e-5

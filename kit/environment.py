"""How a process that works with TensorFlow is set up."""

import os

# Quiet, and alone: transformers would import PyTorch as well where it is installed, which costs seconds, and some
# versions of the two abort when they share a process.
TENSORFLOW_ALONE = {"TF_CPP_MIN_LOG_LEVEL": "3", "USE_TORCH": "0"}


def tensorflow_alone() -> None:
    """Set this process up for TensorFlow, before TensorFlow and transformers are imported; what is set stays."""
    for name, value in TENSORFLOW_ALONE.items():
        os.environ.setdefault(name, value)

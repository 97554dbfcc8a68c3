"""Environment variables for a process that uses TensorFlow."""

import os

# Less logging, and no PyTorch: transformers would import it where it is installed, which takes seconds, and some
# versions of PyTorch and TensorFlow abort when both are loaded in one process.
TENSORFLOW_ALONE = {"TF_CPP_MIN_LOG_LEVEL": "3", "USE_TORCH": "0"}


def tensorflow_alone() -> None:
    """Prepare this process for TensorFlow; call it before TensorFlow or transformers is imported.

    Variables that are already set keep their values.
    """
    for name, value in TENSORFLOW_ALONE.items():
        os.environ.setdefault(name, value)

"""What every student is given, to use and not to edit.

The bundled mini-KoGPT2 and its dialogs, reading and downloading corpora, a progress bar, a plot of the loss.
Importing `kit` is cheap: nothing here imports TensorFlow.
"""

from kit.checkpoints import learning_rate_for, resolve
from kit.corpus import cache_dir, read_dialogs
from kit.errors import KitError
from kit.messages import language
from kit.plots import plot_losses
from kit.progress import progress

__all__ = [
    "KitError",
    "cache_dir",
    "language",
    "learning_rate_for",
    "plot_losses",
    "progress",
    "read_dialogs",
    "resolve",
]

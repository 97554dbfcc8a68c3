"""A progress bar that suits where it runs: terminal, notebook or Colab."""

import warnings
from collections.abc import Iterable
from typing import TypeVar

with warnings.catch_warnings():  # a notebook without ipywidgets gets the text bar, and no warning
    warnings.simplefilter("ignore")
    from tqdm.auto import tqdm

T = TypeVar("T")


def progress(items: Iterable[T], total: int | None = None, description: str = "") -> Iterable[T]:
    """Yield the items and show how far it has come.

    Args:
        items: anything to loop over, a `tf.data.Dataset` for example.
        total: how many there will be, where `len(items)` does not tell.
        description: a word or two in front of the bar.
    """
    yield from tqdm(items, total=total, desc=description, leave=False, dynamic_ncols=True)

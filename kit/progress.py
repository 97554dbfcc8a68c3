"""A progress bar for the terminal, notebooks and Colab."""

import warnings
from collections.abc import Iterable
from typing import TypeVar

with warnings.catch_warnings():  # without ipywidgets a notebook gets the text bar; tqdm would warn about that
    warnings.simplefilter("ignore")
    from tqdm.auto import tqdm

T = TypeVar("T")


def progress(items: Iterable[T], total: int | None = None, description: str = "") -> Iterable[T]:
    """Yield the items while showing a progress bar.

    Args:
        items: any iterable, for example a `tf.data.Dataset`.
        total: number of items, if `len(items)` does not work.
        description: a word or two in front of the bar.
    """
    yield from tqdm(items, total=total, desc=description, leave=False, dynamic_ncols=True)

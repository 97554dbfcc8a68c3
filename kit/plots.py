"""Plotting the loss curve."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_losses(
    losses: Sequence[float], path: str | os.PathLike[str] | None = None, held_out: Sequence[float] = ()
) -> "Figure":
    """Plot the mean cost of each epoch, and the held-out loss if there is one.

    Args:
        losses: mean cost of each epoch, in nats per token, as `fine_tune` returns it.
        path: file to save the plot in; its suffix decides the format (`.png`, `.svg`). Not saved without one.
        held_out: held-out loss before training and after each epoch, in nats per token, without padding.

    Returns:
        The figure, which a notebook displays.
    """
    from matplotlib.figure import Figure  # takes half a second, which a check need not wait for
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.subplots()
    axes.plot(range(1, len(losses) + 1), losses, marker="o", label="training cost")
    axes.set(xlabel="epoch", ylabel="mean cost (nats / token)")
    if held_out:
        axes.plot(range(len(held_out)), held_out, marker="s", label="held out, without pads")
        axes.legend()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    if path is not None:
        figure.savefig(path, dpi=144)
    return figure

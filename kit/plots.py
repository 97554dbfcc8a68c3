"""The loss curve as a picture."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_losses(
    losses: Sequence[float], path: str | os.PathLike[str] | None = None, held_out: Sequence[float] = ()
) -> "Figure":
    """Draw the mean cost of each epoch, and the held-out loss where there is one.

    Args:
        losses: mean cost per epoch, in nats per token, as `fine_tune` returns it.
        path: where to save the picture; its suffix decides the format (`.png`, `.svg`).
        held_out: held-out loss before training and after each epoch, in nats per token, pads left out.

    Returns:
        The figure; a notebook shows it.
    """
    from matplotlib.figure import Figure  # only here: half a second that a check need not wait for
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

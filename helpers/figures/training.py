"""Figures of training runs of real networks, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from helpers.figures import style

COLORS = (style.GREEN, style.ORANGE, style.BLUE, style.RED, style.PURPLE)
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))  # told apart without color as well
MEASURES = (
    ("loss", "training loss (mean)", "log"),
    ("accuracy", "accuracy, held-out digits", "linear"),
    ("gradient_l1", "|∇J|₁ of the training loss", "log"),
)


@style.styled
def training(runs: dict[str, Sequence]) -> Figure:
    """Three measures against epochs; `runs`: name → histories (`networks.digits.History`) of its seeds."""
    fig = style.figure(10.2, 3.5)
    for axes, (measure, title, scale) in zip(fig.subplots(1, 3), MEASURES, strict=True):
        for color, dashes, (name, histories) in zip(COLORS, DASHES, runs.items(), strict=False):
            values = np.array([getattr(history, measure) for history in histories])
            axes.plot(histories[0].epoch, values.T, color=color, lw=0.8, alpha=0.55)
            axes.plot(histories[0].epoch, values.mean(axis=0), color=color, lw=2.4, ls=dashes, label=name)
        axes.set(title=title, yscale=scale, xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    fig.axes[1].legend(loc="lower right")
    return fig

"""Figures of training runs of real networks, epoch by epoch."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from helpers.figures import style

MARKERS, STYLES = ("o", "s", "^", "D", "v"), ("-", "--", "-.", ":", (0, (5, 1)))
COLORS = (style.GREEN, style.ORANGE, style.BLUE, style.RED, style.PURPLE)
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
        for color, dashes, (name, histories) in zip(COLORS, STYLES, runs.items(), strict=False):
            values = np.array([getattr(history, measure) for history in histories])
            axes.plot(histories[0].epoch, values.T, color=color, ls=dashes, lw=0.8, alpha=0.55)
            axes.plot(histories[0].epoch, values.mean(axis=0), color=color, ls=dashes, lw=2.4, label=name)
        axes.set(title=title, yscale=scale, xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    fig.axes[1].legend(loc="lower right")
    return fig


@style.styled
def energy_ratios(full: dict, batches: dict) -> Figure:
    """R against steps, one batch on the left, many on the right; name → `networks.adam_energy.EnergyRecord`.

    With batches the quotient by the weighted ℓ² penalty is drawn beside R, dashed.
    """
    fig = style.figure(10.2, 3.6)
    for axes, runs, title in zip(fig.subplots(1, 2), (full, batches), ("one batch", "batches"), strict=True):
        axes.axhline(1, color=style.BLACK, lw=1)
        for color, marker, (name, run) in zip(COLORS, MARKERS, runs.items(), strict=False):
            axes.plot(run.steps, run.ratio, color=color, marker=marker, ms=4, lw=1.8, label=f"R, {name}")
            if runs is batches:
                words = {"label": f"weighted ℓ², {name}", "ls": "--", "lw": 1.8}
                axes.plot(
                    run.steps, run.weighted_ratio, color=color, marker=marker, ms=4, mfc="white", **words
                )
        axes.set(title=f"{title}: E − J over its penalty", xlabel="steps", ylim=(0, 2))
        axes.legend(loc="lower left")
    return fig

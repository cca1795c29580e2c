"""The figure of the deep classifiers: gradients at the start beside accuracy, for each activation."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from helpers.figures import style

COLORS = (style.BLACK, style.ORANGE, style.GREEN, style.BLUE, style.RED)
MARKS = ("s", "v", "D", "o", "^")
FLOOR = 1e-16  # what is smaller, 0 included, is drawn here


@style.styled
def deep_starts(runs: Sequence) -> Figure:
    """A row for each activation: |∂J/∂W_l| at the start per layer, held-out accuracy per epoch.

    `runs`: `networks.initializer_study.DeepRun`s; seeds are thin lines, their mean a thick one.
    """
    activations = list(dict.fromkeys(run.activation for run in runs))
    starts = list(dict.fromkeys(run.start for run in runs))
    fig = style.figure(10.2, 2.75 * len(activations))
    for row, activation in zip(fig.subplots(len(activations), 2, squeeze=False), activations, strict=True):
        for start, color, mark in zip(starts, COLORS, MARKS, strict=False):
            chosen = [run for run in runs if (run.activation, run.start) == (activation, start)]
            norms = np.maximum([run.gradient_norms for run in chosen], FLOOR)
            layers = np.arange(1, norms.shape[1] + 1)
            mean = np.exp(np.log(norms).mean(axis=0))
            row[0].plot(layers, mean, f"{mark}-", color=color, ms=5, lw=1.4, label=start)
            accuracy = 100 * np.array([run.accuracy for run in chosen])
            epochs = np.arange(accuracy.shape[1])
            row[1].plot(epochs, accuracy.T, color=color, lw=0.7, alpha=0.5)
            (line,) = row[1].plot(epochs, accuracy.mean(axis=0), f"{mark}-", color=color, ms=4.5, lw=2)
            line.set_label(start)
        row[0].set(yscale="log", ylim=(FLOOR / 3, 1e9), title=f"{activation}: |∂J/∂W| at the start")
        row[1].set(ylim=(0, 103), title=f"{activation}: accuracy on held-out digits, %")
        for axes in row:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    fig.axes[-2].set_xlabel("layer")
    fig.axes[-1].set_xlabel("epoch")
    fig.axes[0].legend(loc="center", bbox_to_anchor=(0.5, 0.43), ncols=2)
    return fig

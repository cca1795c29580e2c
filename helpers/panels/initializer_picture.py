"""The picture of the deep classifiers started well and badly, with its sentence."""

from collections.abc import Sequence

import numpy as np

from helpers.figures.initializer_study import deep_starts
from helpers.mathematics.numerals import numeral
from helpers.panels.picture import Picture


def starts_picture(runs: Sequence) -> Picture:
    """Gradients at the start and accuracy by training; `runs`: `networks.initializer_study.DeepRun`s.

    Raises `ValueError` if there are none.
    """
    if not runs:
        raise ValueError("there must be at least one run")
    words = []
    for activation in dict.fromkeys(run.activation for run in runs):
        parts = []
        for start in dict.fromkeys(run.start for run in runs):
            chosen = [run for run in runs if (run.activation, run.start) == (activation, start)]
            last = [f"{100 * run.accuracy[-1]:.0f}" for run in chosen]
            low, high = min(last, key=float), max(last, key=float)
            share = f"{low} %" if low == high else f"{low} to {high} %"
            first = np.mean([run.gradient_norms[0] for run in chosen])
            size = numeral(first, 1)
            broken = "" if all(run.finite for run in chosen) else ", then no numbers"
            parts.append(f"{start}: {share} ({size}{broken})")
        words.append(f"{activation}, {'; '.join(parts)}.")
    epochs, hidden = len(runs[0].accuracy) - 1, len(runs[0].gradient_norms) - 1
    opening = f"{hidden} hidden layers: accuracy after {epochs} epochs (in brackets |∂J/∂W₁| at the start)."
    return Picture(deep_starts(runs), " ".join([opening, *words]))

"""The picture of the deep classifiers started well and badly, with its sentence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from helpers.figures.initializer_study import deep_starts
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
            last = [100 * run.accuracy[-1] for run in chosen]
            first = np.mean([run.gradient_norms[0] for run in chosen])
            broken = "" if all(run.finite for run in chosen) else ", weights no longer finite"
            parts.append(f"{start} {min(last):.0f} to {max(last):.0f} % (|∂J/∂W₁| {first:.0e}{broken})")
        words.append(f"{activation}: {', '.join(parts)}.")
    epochs, layers = len(runs[0].accuracy) - 1, len(runs[0].gradient_norms)
    opening = f"{layers} layers; held-out accuracy after {epochs} epochs, first gradient at the start."
    return Picture(deep_starts(runs), " ".join([opening, *words]))

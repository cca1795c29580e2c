"""The picture of Algorithm 8 on the digits, with its sentence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from helpers.figures.training import training
from helpers.panels.picture import Picture


def training_picture(runs: dict[str, Sequence]) -> Picture:
    """Loss, held-out accuracy and |∇J|₁ per epoch; `runs`: name → histories of its seeds (`digits.History`).

    Raises `ValueError` if a name has no history.
    """
    if not runs or not all(runs.values()):
        raise ValueError("each name needs at least one history")
    words = []
    for name, histories in runs.items():
        accuracy = [h.accuracy[-1] for h in histories]
        first = np.mean([h.gradient_l1[0] for h in histories])
        last = np.mean([h.gradient_l1[-1] for h in histories])
        words.append(
            f"{name}: after {histories[0].epoch[-1]} epochs and {len(histories)} seeds, held-out accuracy "
            f"{100 * min(accuracy):.1f} to {100 * max(accuracy):.1f} %, mean loss "
            f"{np.mean([h.loss[-1] for h in histories]):.3f}, |∇J|₁ from {first:.1f} to {last:.2f}."
        )
    return Picture(training(runs), " ".join(words))

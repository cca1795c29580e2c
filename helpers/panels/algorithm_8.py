"""The picture of Algorithm 8 on the digits, with its sentence."""

from collections.abc import Sequence

import numpy as np

from helpers.figures.training import energy_ratios, training
from helpers.mathematics.numerals import numeral
from helpers.panels.picture import Picture


def training_picture(runs: dict[str, Sequence]) -> Picture:
    """Loss, held-out accuracy and |∇J|₁ per epoch; `runs`: name → histories of its seeds (`digits.History`).

    Raises `ValueError` if a name has no history.
    """
    if not runs or not all(runs.values()):
        raise ValueError("each name needs at least one history")
    words = []
    for name, histories in runs.items():
        accuracy = [100 * h.accuracy[-1] for h in histories]
        norms = [np.mean([h.gradient_l1[k] for h in histories]) for k in (0, -1)]
        words.append(
            f"{name}: after {histories[0].epoch[-1]} epochs and {len(histories)} seeds, held-out accuracy "
            f"{numeral(min(accuracy), 2)} to {numeral(max(accuracy), 2)} %, mean loss "
            f"{numeral(np.mean([h.loss[-1] for h in histories]), 2)}, |∇J|₁ from {numeral(norms[0], 2)} to "
            f"{numeral(norms[1], 2)}."
        )
    return Picture(training(runs), " ".join(words))


def energy_picture(full: dict, batches: dict) -> Picture:
    """R of (5.28) while Keras trains; `full`, with one batch, and `batches`: name → `EnergyRecord`."""
    words = []
    for kind, runs in (("one batch", full), ("batches", batches)):
        for name, run in runs.items():
            steps = f"steps {int(run.steps[0])} to {int(run.steps[-1])}"
            words.append(f"{name}, {kind}, {steps}: R goes {_ends(run.ratio)}")
            words[-1] += (
                f", with the weighted ℓ² penalty {_ends(run.weighted_ratio)}." if runs is batches else "."
            )
    return Picture(energy_ratios(full, batches), " ".join(words))


def _ends(values) -> str:
    """The first and the last value to one digit: the next one is that of the computer that trained."""
    return f"from {numeral(values[0], 1)} to {numeral(values[-1], 1)}"

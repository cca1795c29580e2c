"""The panel of §5.3.2 on what the partition buys: certainty of each path, and speed."""

import numpy as np

from helpers.figures import partition_buys as figures
from helpers.mathematics import excursions, splitting
from helpers.mathematics.numerals import numeral, order_of_magnitude
from helpers.mathematics.time_steps import InverseLogarithm, Power
from helpers.panels import controls
from helpers.panels.convergence_words import steps_in_words
from helpers.panels.panel import Panel

LOGARITHM, ROOT = "c/log(k+3)", "c/√(k+1)"
SMALLEST = 1e-9  # what a logarithmic axis shows of 0
LIMITS = (0.15, 0.3, 0.75, 1.5, 3.0)  # of the left axes, just above the excursions


class PartitionBuys(Panel):
    """With replacement beside a partition, for the same steps: excursions that return, or certainty."""

    sentence_lines = 5

    def __init__(self, c=0.3, p=8):
        figure, self.artists = figures.partition_buys()
        x, most = self.artists, excursions.SIZE
        schemes = (splitting.LIE_EULER, splitting.LIE_EXACT)
        super().__init__(
            {
                "schedule": controls.Choice("Δtₖ", [LOGARITHM, ROOT], LOGARITHM),
                "c": controls.factor(c, -2, 0, excursions.FACTOR),
                "p": controls.batches(p, most),
                "scheme": controls.Choice("scheme", schemes, splitting.LIE_EULER),
                "epochs": controls.Choice("epochs", excursions.EPOCHS, excursions.EPOCHS[1]),
            },
            figure,
            [*x.paths, *x.levels, *x.largest, *x.rms, x.theory],
            presets={
                "c/log k": {"schedule": LOGARITHM, "c": 0.3, "p": 8.0},
                "c/√k": {"schedule": ROOT, "c": 0.3, "p": 8.0},
                "one batch": {"p": 1.0},
            },
        )

    def compute(self, schedule, c, p, scheme, epochs):
        """The `Excursions` for these values."""
        c = excursions.FACTOR.check(c)
        steps = InverseLogarithm(c) if schedule == LOGARITHM else Power(c, 0.5)
        return excursions.excursions(steps, p, scheme, epochs)

    def draw(self, result):
        """Move the two paths, the theory and the sizes."""
        x, r = self.artists, result
        epochs = r.path.shape[1]
        window, top = (1.0, 1.2 * epochs), max(r.theory or 0.0, float(np.abs(r.path).max()))
        limit = next((limit for limit in LIMITS if limit > 1.2 * top), 1.2 * top)
        if x.plot.get_xlim() != window or x.plot.get_ylim() != (-limit, limit):
            x.plot.set(xlim=window, ylim=(-limit, limit))
        for k in range(2):
            x.paths[k].set_data(np.arange(1, epochs), r.path[k, 1:])
            x.largest[k].set_data(r.K, np.maximum(r.largest[k], SMALLEST))
            x.rms[k].set_data(r.K, np.maximum(r.rms[k], SMALLEST))
        known = r.theory is not None
        for sign, level in zip((1, -1), x.levels, strict=True):
            level.set_data(*((window, [sign * r.theory] * 2) if known else ([], [])))
        x.theory.set_data(*(([50, 20000], [r.theory] * 2) if known else ([], [])))

    def describe(self, result):
        """The largest excursions and the root mean squares of both samplings, and what theory says."""
        r = result
        (big, small), (wide, narrow) = r.largest[:, -1], r.rms[:, -1]
        words = (
            f"{steps_in_words(r.schedule)}, p = {r.p}, {r.scheme}, σ = 1; over K/2 < k ≤ K = {r.K[-1]}: with "
            f"replacement the largest |W − W*| of a path is {numeral(big)} in the mean over 12 runs, the "
            f"root mean square {numeral(wide)}; with a partition {order_of_magnitude(small)} and "
            f"{order_of_magnitude(narrow)}."
        )
        if r.theory is None:
            return (
                f"{words} Δtₖ log k → 0: with replacement, too, almost every path converges, but at the "
                "exponent ½ of Δtₖ."
            )
        return (
            f"{words} The first is {numeral(r.share, 2)} of √c·σ = {numeral(r.theory)}, the size to which "
            "the excursions of a path return for ever (formal, for Gaussian noise), though the mean square "
            "tends to 0; with a partition every path converges."
        )

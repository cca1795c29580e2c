"""Panel (c) of §5.3.1: what a constant Δt leaves, and with which power of Δt it vanishes."""

import numpy as np

from helpers.figures import splitting as figures
from helpers.mathematics import partitions, small_problems, splitting
from helpers.mathematics.constant_step import (
    FITTED,
    NO_LAW,
    NONE,
    RESOLVED,
    RUNS,
    STEP,
    STEPS,
    ConstantStep,
    Measured,
    constant_step,
)
from helpers.mathematics.numerals import numeral
from helpers.panels import controls
from helpers.panels.panel import Panel

GROWS = {
    partitions.FIXED: "the runs diverge",
    partitions.ALTERNATING: "the runs diverge",
    partitions.SHUFFLED_ONCE: "for some partitions the runs diverge",
    partitions.RESHUFFLED: "the mean square of |W − W*| grows without bound",
    partitions.REPLACEMENT: "the mean square of |W − W*| grows without bound",
}


class ConstantStepCloud(Panel):
    """Panel (c): the cloud at a constant Δt, and its bias and spread against Δt with fitted exponents."""

    def __init__(self, p=4, step=0.3, scheme=splitting.LIE_EULER, sampling=partitions.RESHUFFLED):
        figure, self.artists = figures.constant_step(STEPS)
        a = self.artists
        super().__init__(
            {
                "step": controls.time_step(step, smallest=-3, largest=0, quantity=STEP),
                "p": controls.batches(p, small_problems.SIZE),
                "scheme": controls.Choice("scheme", splitting.SCHEMES, scheme),
                "sampling": controls.Choice("sampling", partitions.SAMPLINGS, sampling),
                "unequal": controls.Switch("unequal αᵢ", False),
            },
            figure,
            [a.cloud, a.unit, a.ellipse, a.mean, a.here, a.bias_line, a.spread_line, a.bias, a.spread,
             a.run_bias, a.run_spread],
            presets={
                "Reshuffled": {"scheme": splitting.LIE_EULER, "sampling": partitions.RESHUFFLED},
                "Fixed order": {"scheme": splitting.LIE_EULER, "sampling": partitions.FIXED},
                "With replacement": {"scheme": splitting.LIE_EULER, "sampling": partitions.REPLACEMENT},
                "Strang, exact": {"scheme": splitting.STRANG_EXACT, "sampling": partitions.FIXED},
            },
        )  # fmt: skip

    def compute(self, step, p, scheme, sampling, unequal):
        """The `ConstantStep` for these values."""
        return constant_step(p, step, scheme, sampling, unequal)

    def draw(self, result):
        """Move the cloud with the law's mean and ellipse, and the curves."""
        a, r = self.artists, result
        for artist, points in ((a.cloud, r.cloud), (a.mean, r.cloud_mean), (a.ellipse, r.ellipse)):
            artist.set_data(*points.T / r.unit)
        said = "no stationary law" if not len(r.cloud) else "W stays at W*" if r.still else ""
        a.unit.set_text(said or f"1 unit = {numeral(r.unit)}")
        for line, fit, values, order in (
            (a.bias, a.bias_line, r.biases, r.table.bias),
            (a.spread, a.spread_line, r.spreads, r.table.spread),
        ):
            line.set_data(STEPS, values)
            seen = np.flatnonzero(np.isfinite(values))
            fit.set_data([], [])
            if order is not None and seen.size:
                fit.set_data(STEPS, values[seen[0]] * (STEPS / STEPS[seen[0]]) ** order)
        a.here.set_data([r.step] * 2, [1e-8, 3])
        for mark, measured in ((a.run_bias, r.run_bias), (a.run_spread, r.run_spread)):
            mark.set_data(*([[r.step], [measured.value]] if measured.kind == RESOLVED else [[], []]))

    def describe(self, result):
        """Bias and spread at this Δt, of the law and of the runs, and the fitted exponents beside the
        table's.
        """
        r = result
        head = f"p = {r.p}, Δt = {numeral(r.step)}, {r.scheme}, {r.sampling}: "
        exponents = (
            f"Exponents of Δt, fitted up to {numeral(STEPS[FITTED][-1], 2)}: bias {_slope(r, 0)} "
            f"(table: {_said(r.table.bias)}), spread {_slope(r, 1)} (table: {_said(r.table.spread)})."
        )
        if r.spread.kind == NO_LAW:
            return (
                f"{head}no stationary law, {GROWS[r.sampling]}. Explicit Euler is stable for all batches "
                f"that may be drawn if Δt < {numeral(r.stable_below)}. {exponents}"
            )
        if r.still:
            return f"{head}nothing disturbs W*, and W stays there. {exponents}"
        return (
            f"{head}by the stationary law {_size('bias', r.bias)} and {_size('spread', r.spread)}; "
            f"{RUNS} runs show {_size('bias', r.run_bias)} and {_size('spread', r.run_spread)}. {exponents}"
        )


def _size(name: str, measured: Measured) -> str:
    if measured.kind == NONE:
        return f"no {name}"
    if measured.kind == RESOLVED:
        return f"a {name} of {numeral(measured.value, 2)}"
    return f"no {name} above {numeral(measured.below, 1)}"


def _slope(r: ConstantStep, which: int) -> str:
    slope = (r.slopes.bias, r.slopes.spread)[which]
    if slope is not None:
        return numeral(slope)
    return "absent" if r.kinds[which] == NONE else "not resolved"


def _said(order) -> str:
    return "absent" if order is None else numeral(order)

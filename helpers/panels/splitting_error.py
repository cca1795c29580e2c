"""Panel (b) of §5.3.1: local and global order of the splitting error, and the commutator that explains it."""

import numpy as np

from helpers.figures import splitting as figures
from helpers.mathematics import checks, small_problems, splitting
from helpers.mathematics.numerals import numeral, superscript
from helpers.mathematics.splitting_errors import (
    AT_MINIMIZER,
    AXES,
    COMMUTING,
    DRAWN,
    FAR,
    FIXED_TIME,
    FRESH,
    IN_ORDER,
    LINE,
    ONE_EPOCH,
    PROBLEMS,
    SAMPLINGS,
    STEPS,
    splitting_errors,
)
from helpers.panels import controls
from helpers.panels.panel import Panel


class SplittingError(Panel):
    """Panel (b): one epoch, or all up to t = 1, against the exact flow: fitted orders, predicted limits."""

    def __init__(self, p=4, data=LINE, batches=DRAWN, start=FAR, over=ONE_EPOCH):
        figure, self.artists = figures.splitting_error(STEPS)
        a = self.artists
        super().__init__(
            {
                "p": controls.batches(p, small_problems.SIZE),
                "data": controls.Choice("data", list(PROBLEMS), data),
                "batches": controls.Choice("batches", list(SAMPLINGS), batches),
                "start": controls.Choice("from", [FAR, AT_MINIMIZER], start),
                "over": controls.Choice("over", [ONE_EPOCH, FIXED_TIME], over),
                "seed": controls.linear(
                    "draw", "another draw of the partition", 0, 0, 20, 1, checks.SEED.allowed
                ),
            },
            figure,
            [
                *(line for each in (a.errors, a.ratios, a.limits, a.labels) for line in each.values()),
                *a.titles,
            ],
            presets={
                "Drift at W*": {"start": AT_MINIMIZER, "data": LINE, "over": ONE_EPOCH},
                "Global": {"data": LINE, "batches": DRAWN, "start": FAR, "over": FIXED_TIME},
                "Global, reshuffled": {"data": LINE, "batches": FRESH, "start": FAR, "over": FIXED_TIME},
                "Matrices commute": {"p": 4, "data": AXES, "batches": IN_ORDER, "start": FAR},
                "Flows commute": {"p": 2, "data": AXES, "batches": IN_ORDER, "start": FAR},
            },
        )

    def compute(self, p, data, batches, start, over, seed):
        """The `SplittingErrors` for these values."""
        p = checks.BATCHES.within(high=small_problems.SIZE).check(p)
        return splitting_errors(data, p, batches, start, over, checks.SEED.check(seed))

    def draw(self, result):
        """Move the eight curves, the predicted limits, and the labels with the fitted orders."""
        a, steps = self.artists, result.steps
        ends = {}
        for name, error in result.errors.items():
            a.errors[name].set_data(steps, error)
            a.ratios[name].set_data(steps, error / steps**result.power)
            shown = result.predicted[name] > COMMUTING
            a.limits[name].set_data(steps[[0, -1]], [result.predicted[name]] * 2 if shown else [np.nan] * 2)
            if result.orders[name] is not None:
                ends[name] = np.log10(error[np.isfinite(error)][-1])
        places = _apart(ends, 0.85)
        for name, label in a.labels.items():
            order = result.orders[name]
            label.set_text("" if order is None else f"order {numeral(order, decimals=2)}")
            label.set_position((1.2 * steps[-1], 10 ** places.get(name, 0.0)))
        what = "one epoch" if result.power == 2 else "W at t = 1"
        mean = ", r.m.s." if result.commutator is None else ""
        a.titles[0].set_text(f"|{what} − exact flow|{mean}, fitted orders")
        a.titles[1].set_text(f"the same, divided by {_power(result)}")

    def describe(self, result):
        """The fitted orders, the commutator, and predicted beside measured error/Δt^power of Lie."""
        r, name = result, splitting.LIE_EXACT
        orders = "; ".join(f"{scheme} {_order(r, scheme)}" for scheme in r.errors)
        words = f"p = {r.p}, over {r.over} from {r.start}, fitted orders of the error: {orders}. "
        if r.p > 1 and r.commutator is not None:
            words += _commutators(r)
        if not r.errs(name):
            words += "With exact flows nothing is lost by splitting."
        elif r.ratio(name) is not None:
            words += (
                f"{name}: error/{_power(r)} tends to {numeral(r.predicted[name])}, "
                f"measured {numeral(r.ratio(name))}."
            )
        return words.strip()


def _power(r) -> str:
    return f"Δt{superscript(r.power)}" if r.power > 1 else "Δt"


def _order(r, scheme: str) -> str:
    return "no error" if r.orders[scheme] is None else numeral(r.orders[scheme], decimals=2)


def _commutators(r) -> str:
    """Whether matrices and flows commute, and how much they do not."""
    if not r.matrices_commute:
        return f"Commutator ‖½Σ[Aᵢ, Aⱼ]‖ = {numeral(r.commutator)}. "
    if r.flows_commute:
        return "The matrices Aᵣ commute, and so do the flows. "
    return f"The matrices Aᵣ commute, but the flows do not: |½Σ(Aᵢgⱼ − Aⱼgᵢ)| = {numeral(r.mismatch)}. "


def _apart(places: dict, gap: float) -> dict:
    """Heights of labels moved apart to `gap` at least, in their order."""
    names = sorted(places, key=places.get)
    heights = np.array([places[name] for name in names])
    for _ in range(20):
        for i in range(len(heights) - 1):
            short = gap - (heights[i + 1] - heights[i])
            if short > 0:
                heights[i] -= short / 2
                heights[i + 1] += short / 2
    return dict(zip(names, heights, strict=True))

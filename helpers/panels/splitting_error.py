"""Panel (b) of §5.3.1: the order of the splitting error, and the commutator that explains it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helpers.figures import splitting as figures
from helpers.mathematics import partitions, small_problems, splitting
from helpers.mathematics.affine_maps import ComponentBatches, symmetric_components
from helpers.mathematics.least_squares import LeastSquares
from helpers.mathematics.theorem import fitted_slope
from helpers.panels import controls
from helpers.panels.panel import Panel

STEPS = np.geomspace(1e-3, 1.0, 19)
ROUNDING = 1e-14  # errors below are rounding of states of size 1
FAR, AT_MINIMIZER = "W₀, far away", "the minimizer W*"
START_ERROR = np.array([[-1.6], [1.5]])  # W_0 − W*
LINE, CONSISTENT = "near a line", "on a line"
AXES, AXES_CONSISTENT = "x_i on the axes", "x_i on the axes, no noise"
DRAWN, IN_ORDER = "drawn at random", "in the order of the data"
PROBLEMS = {
    LINE: small_problems.line,
    CONSISTENT: lambda: small_problems.line(noise=0.0),
    AXES: small_problems.axes,
    AXES_CONSISTENT: lambda: small_problems.axes(noise=0.0),
}
# what is not exactly commuting has commutators of size 1e-4 and more here; rounding leaves 1e-17
COMMUTING = 1e-12


@dataclass(frozen=True, eq=False)
class SplittingErrors:
    """Errors of one epoch against Δt, dicts by scheme; `predicted` is the limit of error/Δt² as Δt → 0."""

    steps: np.ndarray
    p: int
    start: str
    errors: dict[str, np.ndarray]
    orders: dict[str, float | None]  # fitted; None where the error is rounding
    predicted: dict[str, float]
    commutator: float  # ||½ Σ_{i>j} [A_i, A_j]||, spectral
    mismatch: float  # |½ Σ_{i>j} (A_i g_j − A_j g_i)|, g_i at W*


@lru_cache(maxsize=8)
def _problem(name: str) -> LeastSquares:
    return PROBLEMS[name]()


@lru_cache(maxsize=64)
def splitting_errors(data: str, p: int, batches: str, start: str, seed: int) -> SplittingErrors:
    """Errors of one epoch, |W_1 − exact flow| over Δt, from W_0 or from W*, for the four schemes.

    Raises `ValueError` for p outside 1..#D and a seed that is not a whole number.
    """
    problem = _problem(data)
    sampling = partitions.FIXED if batches == IN_ORDER else partitions.SHUFFLED_ONCE
    cut = partitions.Partitions(problem.size, p, sampling, 1, seed)
    A, b = splitting.batch_systems(problem, cut.batches(0))
    sums = ComponentBatches(cut.sums(symmetric_components(problem), 0, 1), problem.m, problem.n)
    e = START_ERROR if start == FAR else np.zeros_like(START_ERROR)
    values, vectors = problem.eigensystem
    flow = (np.exp(-values * STEPS[:, None]) * (vectors.T @ e)[:, 0]) @ vectors.T
    g = splitting.batch_gradients(A, b, problem.minimizer)
    second = 0.5 * problem.A @ (problem.A @ e)  # the flow's own term of order Δt²
    errors, orders, predicted = {}, {}, {}
    for scheme in splitting.SCHEMES:
        maps = sums.maps(STEPS, scheme)[..., 0]
        end = np.einsum("ijk,j->ki", maps[:, :2], e[:, 0]) + maps[:, 2].T
        error = np.linalg.norm(end - flow, axis=1)
        errors[scheme] = np.where(error > ROUNDING, error, np.nan)
        enough = np.isfinite(errors[scheme]).sum() > 6
        orders[scheme] = _order(errors[scheme]) if enough else None
        constant = splitting.drift_constant(A, g + A @ e, scheme) - second
        predicted[scheme] = float(np.linalg.norm(constant))
    mismatch = splitting.drift_constant(A, g, splitting.LIE_EXACT)
    return SplittingErrors(
        STEPS,
        len(A),
        start,
        errors,
        orders,
        predicted,
        float(np.linalg.norm(splitting.commutator_sum(A), 2)),
        float(np.linalg.norm(mismatch)),
    )


def _order(errors) -> float:
    """The slope over the smallest third of Δt at which the error is above rounding."""
    kept = np.flatnonzero(np.isfinite(errors))[:7]
    return fitted_slope(STEPS[kept], errors[kept], tail=1.0)


class SplittingError(Panel):
    """Panel (b): one epoch against the exact flow, four schemes, fitted orders, predicted limits."""

    def __init__(self, p=4, data=LINE, batches=DRAWN, start=FAR):
        figure, self.artists = figures.splitting_error(STEPS)
        a = self.artists
        super().__init__(
            {
                "p": controls.batches(p, small_problems.SIZE),
                "data": controls.choice("data", list(PROBLEMS), data),
                "batches": controls.choice("batches", [DRAWN, IN_ORDER], batches),
                "start": controls.choice("from", [FAR, AT_MINIMIZER], start),
                "seed": controls.linear("draw", "another draw of the partition", 0, 0, 20, 1, "0, 1, 2, …"),
            },
            figure,
            [line for each in (a.errors, a.ratios, a.limits, a.labels) for line in each.values()],
            presets={
                "Drift at W*": {"start": AT_MINIMIZER, "data": LINE},
                "Matrices commute": {"p": 4, "data": AXES, "batches": IN_ORDER, "start": FAR},
                "Flows commute": {"p": 2, "data": AXES, "batches": IN_ORDER, "start": FAR},
            },
        )

    def compute(self, p, data, batches, start, seed):
        """The `SplittingErrors` for these values."""
        p = partitions.whole_number(p, "the number of batches p", 1, small_problems.SIZE)
        return splitting_errors(data, p, batches, start, partitions.whole_number(seed, "the seed", 0))

    def draw(self, result):
        """Move the eight curves, the predicted limits, and the labels with the fitted orders."""
        a, steps = self.artists, result.steps
        ends = {}
        for name, error in result.errors.items():
            a.errors[name].set_data(steps, error)
            a.ratios[name].set_data(steps, error / steps**2)
            shown = result.predicted[name] > COMMUTING
            a.limits[name].set_data(steps[[0, -1]], [result.predicted[name]] * 2 if shown else [np.nan] * 2)
            if result.orders[name] is not None:
                ends[name] = np.log10(error[np.isfinite(error)][-1])
        places = _apart(ends, 0.85)
        for name, label in a.labels.items():
            order = result.orders[name]
            label.set_text("" if order is None else f"order {order:.2f}")
            label.set_position((1.2 * steps[-1], 10 ** places.get(name, 0.0)))

    def describe(self, result):
        """The fitted orders, the commutator, and predicted beside measured error/Δt² of Lie."""
        name = splitting.LIE_EXACT
        from_where = "at W*" if result.start == AT_MINIMIZER else "from W₀"
        if result.p == 1:
            return "p = 1: nothing is split. Exact flows make no error, explicit Euler steps one of order 2."
        orders = ", ".join(f"{scheme}: {_said(order)}" for scheme, order in result.orders.items())
        words = f"p = {result.p}, {from_where}, fitted orders: {orders}. "
        if result.commutator < COMMUTING:
            words += "The matrices A_r commute"
            words += ", and so do the flows: " if result.mismatch < COMMUTING else ", but the flows do not: "
            words += f"|½Σ(A_i g_j − A_j g_i)| = {_small(result.mismatch)}. "
        else:
            words += f"Commutator ‖½Σ[A_i, A_j]‖ = {result.commutator:.3g}. "
        if result.orders[name] is not None and result.predicted[name] > COMMUTING:
            measured = result.errors[name][np.isfinite(result.errors[name])][0] / result.steps[0] ** 2
            words += (
                f"Lie, exact flows: error/Δt² tends to {result.predicted[name]:.4f}, measured {measured:.4f}."
            )
        elif result.orders[name] is None:
            words += "With exact flows nothing is lost by splitting."
        return words


def _said(order) -> str:
    return "no error" if order is None else f"{order:.2f}"


def _small(value: float) -> str:
    return "0" if value < COMMUTING else f"{value:.2g}"


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

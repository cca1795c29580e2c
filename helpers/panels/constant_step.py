"""Panel (c) of §5.3.1: what a constant Δt leaves, and with which power of Δt it vanishes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helpers.figures import splitting as figures
from helpers.mathematics import partitions, small_problems, splitting
from helpers.mathematics.epochs import Driver
from helpers.mathematics.stationary import EpochLaw, Stationary
from helpers.mathematics.theorem import Orders, fitted_slope, orders
from helpers.panels import controls
from helpers.panels.panel import Panel

STEPS = np.geomspace(1e-3, 1.0, 10)
RUNS, EPOCHS, SHOWN = 24, 1000, slice(500, None, 50)  # recorded epochs that enter the cloud
SMALLEST = 0.01  # below it, 500 epochs do not reach the stationary law
SIGNIFICANT = 3.0  # standard errors from 0 below which a bias is not told from none
ROUNDING = 1e-13


@dataclass(frozen=True, eq=False)
class ConstantStep:
    """Runs at a constant Δt once stationary, and the stationary law against Δt.

    `cloud` (points, 2) of W − W*, empty if the runs diverge; `bias`, `spread` (K,), NaN where none is seen or
    there is no law; `slopes` fitted to them, `predicted` those of the table; `run_bias`, `run_spread` of the
    cloud, `run_error` the standard error of `run_bias`.
    """

    p: int
    step: float
    scheme: str
    sampling: str
    cloud: np.ndarray
    law: Stationary
    bias: np.ndarray
    spread: np.ndarray
    slopes: Orders
    predicted: Orders
    run_mean: np.ndarray
    run_covariance: np.ndarray
    run_error: float
    limit: float  # a Δt below which explicit Euler is stable, whatever the batches

    @property
    def run_bias(self) -> float:
        """Distance of the cloud's mean to W*."""
        return float(np.linalg.norm(self.run_mean))

    @property
    def run_spread(self) -> float:
        """Standard deviation of the cloud."""
        return float(np.sqrt(np.trace(self.run_covariance)))


@lru_cache(maxsize=1)
def _problem():
    return small_problems.line()


@lru_cache(maxsize=64)
def _law(p: int, sampling: str) -> EpochLaw:
    return EpochLaw(_problem(), p, sampling)


@lru_cache(maxsize=256)
def stationary_law(p: int, sampling: str, scheme: str) -> Stationary:
    """The stationary law for the Δt of `STEPS`."""
    return _law(p, sampling).stationary(STEPS, scheme)


@lru_cache(maxsize=8)
def _driver(p: int, sampling: str) -> Driver:
    return Driver(_problem(), p, sampling, RUNS, seed=1)


def constant_step(p, step, scheme, sampling) -> ConstantStep:
    """Runs from W* at the constant `step`, and bias and spread against Δt for p, scheme and sampling.

    Raises `ValueError` for p outside 1..#D, a step below 0.01 (the runs would be too short), unknown names.
    """
    problem = _problem()
    step = splitting.time_step(step)
    if step < SMALLEST:
        raise ValueError(
            f"Δt must be at least {SMALLEST:g} here, for {EPOCHS} epochs to become stationary; got {step:g}"
        )
    p = partitions.whole_number(p, "the number of batches p", 1, problem.size)
    law = stationary_law(p, sampling, scheme)
    bias = np.where((law.bias > SIGNIFICANT * law.error) & (law.bias > ROUNDING), law.bias, np.nan)
    spread = np.where(law.spread > ROUNDING, law.spread, np.nan)
    run = _driver(p, sampling).run(np.full(EPOCHS, step), scheme, problem.minimizer)
    e = run.error[:, :, :, 0]
    late = e[SHOWN.start :]
    # "alternating" is in turn at two places: both belong to the cloud
    chosen = np.concatenate([e[SHOWN], e[SHOWN.start + 1 :: SHOWN.step]])
    cloud = np.empty((0, 2)) if run.diverged.any() else chosen.reshape(-1, 2)
    with np.errstate(all="ignore"):
        means = late.mean(axis=0)  # of each run
        mean = means.mean(axis=0)
        off = (late - mean).reshape(-1, 2)
        error = float(np.sqrt(((means - mean) ** 2).sum() / (RUNS * (RUNS - 1)))) if len(means) > 1 else 0.0
    largest = np.linalg.eigvalsh(
        2 * problem.alpha[:, None, None] * problem.x[:, :, None] * problem.x[:, None]
    )
    ahead = np.sort(largest[:, -1])[::-1][: -(-problem.size // p)].sum()
    return ConstantStep(
        p,
        step,
        scheme,
        sampling,
        cloud,
        law,
        bias,
        spread,
        Orders(_slope(bias), _slope(spread)),
        orders(scheme, sampling, p, problem.size),
        mean,
        off.T @ off / len(off),
        error,
        2 / min(float(ahead), problem.norm_A),
    )


def _slope(values) -> float | None:
    """The exponent over the smaller half of the Δt; None where there are fewer than three values."""
    values = values[:5]
    if np.isfinite(values).sum() < 3:
        return None
    return fitted_slope(STEPS[:5], np.where(np.isfinite(values), values, 0.0), tail=1.0)


class ConstantStepCloud(Panel):
    """Panel (c): the cloud at a constant Δt, and its bias and spread against Δt with fitted exponents."""

    def __init__(self, p=4, step=0.3, scheme=splitting.LIE_EULER, sampling=partitions.RESHUFFLED):
        figure, self.artists = figures.constant_step(STEPS)
        a = self.artists
        super().__init__(
            {
                "step": controls.time_step(step, smallest=-2, largest=0),
                "p": controls.batches(p, small_problems.SIZE),
                "scheme": controls.choice("scheme", splitting.SCHEMES, scheme),
                "sampling": controls.choice("sampling", partitions.SAMPLINGS, sampling),
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

    def compute(self, step, p, scheme, sampling):
        """The `ConstantStep` for these values."""
        return constant_step(p, step, scheme, sampling)

    def draw(self, result):
        """Move the cloud with its mean and ellipse, and the curves."""
        a = self.artists
        if len(result.cloud):
            unit = _unit(1.1 * np.abs(result.cloud).max())
            a.cloud.set_data(*result.cloud.T / unit)
            a.mean.set_data(*result.run_mean[:, None] / unit)
            a.ellipse.set_data(*_ellipse(result.run_mean, result.run_covariance) / unit)
            a.unit.set_text(f"1 unit = {unit:g}")
        else:
            for artist in (a.cloud, a.mean, a.ellipse):
                artist.set_data([], [])
            a.unit.set_text("the runs diverge")
        a.bias.set_data(STEPS, result.bias)
        a.spread.set_data(STEPS, result.spread)
        for line, values, order in (
            (a.bias_line, result.bias, result.predicted.bias),
            (a.spread_line, result.spread, result.predicted.spread),
        ):
            seen = np.flatnonzero(np.isfinite(values))
            if order is None or not seen.size:
                line.set_data([], [])
            else:
                first = seen[0]
                line.set_data(STEPS, values[first] * (STEPS / STEPS[first]) ** order)
        a.here.set_data([result.step] * 2, [1e-8, 3])
        shown = len(result.cloud) > 0
        a.run_bias.set_data(
            *([[result.step], [result.run_bias]] if shown and self._seen(result) else [[], []])
        )
        spread = shown and result.run_spread > ROUNDING
        a.run_spread.set_data(*([[result.step], [result.run_spread]] if spread else [[], []]))

    def _seen(self, result) -> bool:
        """Whether the cloud's bias stands out of its standard error and of rounding."""
        return result.run_bias > max(SIGNIFICANT * result.run_error, ROUNDING)

    def describe(self, result):
        """Bias and spread of the runs at this Δt, and the fitted exponents beside those of the table."""
        head = f"p = {result.p}, Δt = {result.step:g}, {result.scheme}, {result.sampling}: "
        if not len(result.cloud):
            return (
                f"{head}the runs diverge. Explicit Euler is stable in any order for Δt < 2/max‖A_r‖, "
                f"here at least {result.limit:.3g}. {self._exponents(result)}"
            )
        if self._seen(result):
            words = f"the runs end {result.run_bias:.2g} from W* in the mean"
        elif result.run_bias > ROUNDING:
            words = f"no bias is seen (at most {2 * result.run_error:.1g})"
        else:
            words = "the runs end at W*"
        spread = (
            f", with a spread of {result.run_spread:.2g}"
            if result.run_spread > ROUNDING
            else ", without spread"
        )
        return f"{head}{words}{spread}. {self._exponents(result)}"

    def _exponents(self, result) -> str:
        fitted, table = result.slopes, result.predicted
        return (
            f"Exponents of Δt: bias {_said(fitted.bias)} (table: {_said(table.bias)}), "
            f"spread {_said(fitted.spread)} (table: {_said(table.spread)})."
        )


def _said(order) -> str:
    return "vanishing" if order is None else f"{order:.2f}".rstrip("0").rstrip(".")


def _unit(reach: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below `reach` (1e-15 at least)."""
    decade = 10.0 ** np.floor(np.log10(max(reach, 1e-15)))
    return float(f"{next(d for d in (1, 2, 5, 10) if d * decade >= reach * (1 - 1e-12)) * decade:.0e}")


def _ellipse(mean, covariance):
    """The points two standard deviations away from `mean`, (2, 61)."""
    values, vectors = np.linalg.eigh(covariance)
    angle = np.linspace(0, 2 * np.pi, 61)
    circle = 2 * np.sqrt(np.maximum(values, 0))[:, None] * np.stack([np.cos(angle), np.sin(angle)])
    return mean[:, None] + vectors @ circle

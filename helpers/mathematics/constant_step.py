"""A constant time step on one small problem: the stationary law against Delta t, and runs (5.3.1)."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helpers.mathematics import checks, partitions, small_problems, splitting
from helpers.mathematics.epochs import Driver, driver
from helpers.mathematics.least_squares import LeastSquares
from helpers.mathematics.partitions import ALTERNATING, REPLACEMENT, RESHUFFLED, Partitions
from helpers.mathematics.stationary import EpochLaw, Stationary
from helpers.mathematics.theorem import Orders, fitted_slope, orders

STEPS = np.geomspace(1e-3, 1.0, 10)
STEP = checks.TIME_STEP.within(low=1e-3, high=10)
FITTED = slice(0, 5)  # the Delta t, up to 0.02, over which an exponent is fitted
SAMPLES = 512  # partitions drawn for the law
RUNS, EPOCHS, SHOWN = 24, 500, slice(1, None, 50)
SIGNIFICANT = 3.0  # standard errors below which a number is not told from 0
ROUNDING = 1e-13  # of sums of 16 gradients of size 0.1, divided by lambda Delta t >= 5e-4

NONE, RESOLVED, UNRESOLVED, NO_LAW = "none", "resolved", "unresolved", "no law"


@dataclass(frozen=True)
class Measured:
    """A number of the law: ``value``, its standard ``error``, and what may be said of it, ``kind``.

    NONE where only rounding is left, UNRESOLVED where the drawn partitions do not tell it from 0, NO_LAW
    where the scheme has no stationary law. ``below`` bounds what is not resolved.
    """

    value: float
    error: float
    rounding: float = ROUNDING

    @property
    def kind(self) -> str:
        """NONE, RESOLVED, UNRESOLVED or NO_LAW."""
        if not np.isfinite(self.value):
            return NO_LAW
        if max(self.value, self.error) <= self.rounding:
            return NONE
        return RESOLVED if self.value > SIGNIFICANT * self.error else UNRESOLVED

    @property
    def below(self) -> float:
        """What the number does not exceed, up to ``SIGNIFICANT`` standard errors."""
        return self.value + SIGNIFICANT * self.error


@dataclass(frozen=True, eq=False)
class ConstantStep:
    """The stationary law at one ``step`` and at those of ``STEPS``, and runs that start from it.

    ``mean`` (2,) and ``covariance`` (2, 2) of W - W_*, ``bias`` and ``spread`` at ``step``; ``biases`` and
    ``spreads`` (K,), NaN where they are not resolved; ``slopes`` fitted to them, None where one of the fitted
    Delta t is not resolved; ``kinds`` what is seen at the smallest one; ``table`` the exponents to be
    expected. ``cloud`` (points, 2) of W - W_*, empty without a law; ``run_bias`` and ``run_spread`` of the
    runs; ``stable_below`` the Delta t below which all partitions are stable.
    """

    p: int
    step: float
    scheme: str
    sampling: str
    mean: np.ndarray
    covariance: np.ndarray
    bias: Measured
    spread: Measured
    biases: np.ndarray
    spreads: np.ndarray
    kinds: tuple[str, str]
    slopes: Orders
    table: Orders
    cloud: np.ndarray
    run_bias: Measured
    run_spread: Measured
    stable_below: float

    @property
    def still(self) -> bool:
        """Whether neither bias nor spread is more than rounding: W stays at W_*."""
        return self.bias.kind == self.spread.kind == NONE

    @property
    def cloud_mean(self) -> np.ndarray:
        """The law's mean as one point (1, 2); none without a law."""
        return self.mean[None][: len(self.cloud)] * (self.bias.kind != NONE)

    @property
    def ellipse(self) -> np.ndarray:
        """The points two standard deviations away from the law's mean, (61, 2); none without a law."""
        if not len(self.cloud):
            return self.cloud
        values, vectors = np.linalg.eigh(self.covariance)
        angle = np.linspace(0, 2 * np.pi, 61)
        circle = 2 * np.sqrt(np.maximum(values, 0)) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return self.cloud_mean + circle @ vectors.T

    @property
    def unit(self) -> float:
        """The smallest of 1, 2, 5 times a power of ten that holds the cloud; 1 where there is nothing to
        hold.
        """
        reach = 1.1 * float(np.abs(self.cloud).max(initial=0.0))
        if reach == 0:
            return 1.0
        decade = 10.0 ** np.floor(np.log10(reach))
        return float(f"{next(d for d in (1, 2, 5, 10) if d * decade >= reach * (1 - 1e-12)) * decade:.0e}")


@lru_cache(maxsize=64)
def _law(p: int, sampling: str, unequal: bool) -> EpochLaw:
    problem = small_problems.kept_line(unequal=unequal)
    return EpochLaw(problem, Partitions(problem.size, p, sampling, SAMPLES))


@lru_cache(maxsize=256)
def _stationary(p: int, sampling: str, scheme: str, unequal: bool) -> Stationary:
    return _law(p, sampling, unequal).stationary(STEPS, scheme)


def constant_step(p, step, scheme: str, sampling: str, unequal: bool = False) -> ConstantStep:
    """The law and the runs for p batches at the constant ``step``, with equal or unequal alpha_i.

    Raises ValueError for p outside 1..#D, a step outside ``STEP``, and unknown names.
    """
    problem, step = small_problems.kept_line(unequal=bool(unequal)), STEP.check(step)
    p = checks.BATCHES.within(high=problem.size).check(p)
    table = orders(scheme, sampling, p, problem.size)
    key = p, sampling, bool(unequal)
    here = _law(*key).stationary([step], scheme)
    along = _stationary(p, sampling, scheme, bool(unequal))
    found = [[Measured(*pair) for pair in zip(*values, strict=True)] for values in (
        (along.bias, along.error), (along.spread, np.zeros(len(STEPS))))]  # fmt: skip
    biases, spreads = (np.array([one.value if one.kind == RESOLVED else np.nan for one in each])
                       for each in found)  # fmt: skip
    mean, covariance = here.mean[0, :, 0], here.covariance[0]
    spread = Measured(float(here.spread[0]), 0.0)
    cloud, run_bias, run_spread = np.empty((0, 2)), Measured(np.nan, 0.0), Measured(np.nan, 0.0)
    if spread.kind != NO_LAW:
        errors = _runs(driver(problem, p, sampling, RUNS, seed=1), step, scheme, mean, covariance)
        means = errors.mean(axis=0)  # of each run
        deviation = np.sqrt(means.var(axis=0).sum() / (RUNS - 1))
        # long steps of Euler enlarge roundings inside an epoch
        rounding = max(ROUNDING, 1e-12 * float(np.abs(errors).max()))
        run_bias = Measured(float(np.linalg.norm(means.mean(axis=0))), float(deviation), rounding)
        run_spread = Measured(float(np.sqrt(errors.var(axis=(0, 1)).sum())), 0.0, rounding)
        # "alternating" is in turn at two places: both belong to the cloud
        cloud = np.concatenate([errors[SHOWN], errors[SHOWN.start + 1 :: SHOWN.step]]).reshape(-1, 2)
        cloud = np.where(np.abs(cloud) > ROUNDING, cloud, 0.0)
    return ConstantStep(
        p=p, step=step, scheme=scheme, sampling=sampling, mean=mean, covariance=covariance,
        bias=Measured(float(here.bias[0]), float(here.error[0])), spread=spread,
        biases=biases, spreads=spreads, kinds=(found[0][0].kind, found[1][0].kind),
        slopes=Orders(_slope(biases), _slope(spreads)), table=table,
        cloud=cloud, run_bias=run_bias, run_spread=run_spread,
        stable_below=stable_below(problem, p, scheme, sampling),
    )  # fmt: skip


def _slope(values) -> float | None:
    """The exponent over the smaller half of the Delta t; None where one of them is not resolved."""
    values = values[FITTED]
    return fitted_slope(STEPS[FITTED], values, tail=1.0) if np.isfinite(values).all() else None


def _runs(driver: Driver, step: float, scheme: str, mean, covariance) -> np.ndarray:
    """W - W_* after each epoch of runs that start in the stationary law: no transient, (EPOCHS + 1, runs, 2).

    Where the partitions stay, each run starts from its own fixed point; else from the law's mean and
    covariance.
    """
    limit = driver.problem.minimizer
    if driver.partitions.sampling in (RESHUFFLED, REPLACEMENT):
        values, vectors = np.linalg.eigh(covariance)
        drawn = np.random.default_rng(1).standard_normal((RUNS, 2))
        starts = mean + (drawn * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    else:
        period = np.full(2 if driver.partitions.sampling == ALTERNATING else 1, step)
        ends = [
            driver.run(period, scheme, limit + np.reshape(e, (2, 1))).error[-1, :, :, 0]
            for e in ((0, 0), (1, 0), (0, 1))
        ]
        M = np.stack([end - ends[0] for end in ends[1:]], axis=-1)
        starts = np.linalg.solve(np.eye(2) - M, ends[0][..., None])[..., 0]
    return driver.run(np.full(EPOCHS, step), scheme, limit + starts[..., None]).error[..., 0]


def stable_below(problem: LeastSquares, p: int, scheme: str, sampling: str) -> float:
    """A Delta t below which explicit Euler is stable for all batches that may be drawn; ``inf`` for exact
    flows.

    From ||A_r|| <= the sum of the largest norms of as many data; in a partition also ||A_r|| <= ||A||.
    """
    norms = np.sort(2 * problem.alpha * (problem.x**2).sum(axis=1))[::-1]
    count = -(-problem.size // p)
    if sampling == partitions.REPLACEMENT:  # a datum may fill a whole batch
        largest = count * norms[0]
    else:
        largest = min(float(norms[:count].sum()), problem.norm_A)
    return splitting.euler_stability_limit(np.array([[[largest]]]), scheme)

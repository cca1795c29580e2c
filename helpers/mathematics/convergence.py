"""Theorem 5.3.1 as an experiment: one setting of its hypotheses, what is proved of it, and what runs show."""

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from scipy.special import zeta

from helpers.mathematics import checks, small_problems, splitting, theorem
from helpers.mathematics.epochs import driver, recorded_epochs
from helpers.mathematics.least_squares import LeastSquares, plane_data
from helpers.mathematics.partitions import ALTERNATING, FIXED, REPLACEMENT, Partitions
from helpers.mathematics.stationary import EpochLaw
from helpers.mathematics.time_steps import (
    Constant,
    Power,
    Schedule,
    Sequence,
    satisfies_531,
)

EQUAL, UNEQUAL, BIAS = "equal weights", "unequal weights", "with a bias"
DATA = (EQUAL, UNEQUAL, BIAS)
KEPT_KERNEL_PART = 0.5  # of the start, in the direction that no x_i sees
FAR = 1e140  # a run that passes this never returns; before, the theorem may still bring it back
OUTSIDE = 1e3  # a distance above this is out of sight
ROUNDING = 1e-13  # below this the error is rounding
RECORDED = 180  # epochs kept of each run, equally spaced in log k
RUNS, SAMPLES = 20, 512
FITTED = 0.35  # last part of the range of log k over which a slope is fitted
BENT = 0.2  # two halves of a fit whose slopes differ by more show no power of k
CLOSE = 0.25  # a fitted slope this near to the predicted one agrees with it: 20 runs scatter by some 0.1
STOPPED = 0.05  # ||A|| times the steps still to come: below it a run has stopped but for 5 %
COUNTS = 0.3  # share of the start in a_k from which on it still counts

FALLS, STAYS, AT_ROUNDING, LEFT = "falls", "stays", "at rounding", "left the picture"


@cache
def problem_in_the_plane(spans: bool = True, data: str = EQUAL) -> LeastSquares:
    """16 data, two unknowns, ||A|| = 1 if they span; where they shall not span, their x_i lie on a line.

    "with a bias": x_i is a number and W^t = (slope, bias); (x_i, 1) do not span where all x_i are equal.
    """
    checks.one_of("the data", data, DATA)
    if data == BIAS:
        line = small_problems.line(noise=2.0, unequal=not spans)
        # unequal weights: with all A_i alike the bias of the batches would vanish
        return (
            line if spans else small_problems.scaled(np.full(line.size, 0.5), line.y, line.alpha, bias=True)
        )
    problem = plane_data(noise=2.0, seed=1)
    if data == UNEQUAL:
        problem = small_problems.scaled(problem.x, problem.y, small_problems.data_weights(problem.size, True))
    slow = problem.eigensystem[1][:, 0]
    return problem if spans else LeastSquares(problem.x @ np.outer(slow, slow), problem.y, problem.alpha)


def start(problem: LeastSquares) -> np.ndarray:
    """W_0^t in the plane: an error 1 in the slow direction of the range of A, 1/2 in the other direction."""
    one, two = (vector * np.sign(vector[np.argmax(np.abs(vector))]) for vector in problem.eigensystem[1].T)
    slow, other = (one, two) if problem.spans else (two, one)
    return problem.minimizer + (slow + KEPT_KERNEL_PART * other)[:, None]


def kept_factor(lam: float, schedule: Power, scheme: str) -> float:
    """What one batch keeps of a component with eigenvalue ``lam`` when the sum of the steps is finite."""
    if splitting.uses_exact_flows(scheme) or not splitting.is_strang(scheme):
        return theorem.stall_factor(lam, schedule, splitting.uses_exact_flows(scheme))
    # two half steps: the factor of half of c, squared
    return theorem.stall_factor(lam, Power(schedule.c / 2, schedule.a), False) ** 2


def stall_level(problem: LeastSquares, schedule: Power, scheme: str) -> float:
    """lim a_k for one batch when the sum of the steps is finite, from `start`."""
    values, vectors = problem.eigensystem
    parts = (vectors.T @ (start(problem) - problem.limit(start(problem))))[:, 0]
    factors = [kept_factor(max(float(value), 0.0), schedule, scheme) for value in values]
    return float(np.linalg.norm(np.array(factors) * parts))


@dataclass(frozen=True, eq=False)
class Observation:
    """One setting of the theorem and what was measured: arrays over the recorded epochs k (Q,).

    ``distance`` (Q, runs), a_k, the distance to the limit of the theorem; ``rms`` (Q,), its root mean square
    over the runs; ``bound`` (Q,), None without a partition; ``to_minimum_norm`` (Q,), None if the x_i span.
    ``predicted``: the end of the curve, (epochs, values), None where nothing is; ``predicted_slope`` s where
    a_k ~ k^s is predicted; ``fitted_slope``, None where no power of k is seen.  ``lights``: Delta t_k -> 0,
    sum infinite, partition, spanning, squares summable (None: undecided).  ``outside``: epochs from which on
    runs are above ``OUTSIDE`` up to the end.  ``small_from``: first epoch from which all steps are at most
    2/||A||, may be ``inf``.  ``stall``: limit of a_k for one batch when the sum
    is finite, ``remaining``: sum of the steps still to come.  ``stationary_rms``: predicted root mean square
    of a_k for a constant step, ``late_rms`` the one measured over the last half of the epochs.
    ``start_counts``: whether the start is a good part of a_k (of what is predicted, for a constant step)
    where the last part begins, by the exact flow.  ``growth``: spectral radius of an epoch with a constant
    step where all epochs are the same map.
    """

    problem: LeastSquares
    data: str
    schedule: Schedule
    scheme: str
    sampling: str
    p: int
    k: np.ndarray
    steps: np.ndarray
    distance: np.ndarray
    rms: np.ndarray
    bound: np.ndarray | None
    to_minimum_norm: np.ndarray | None
    predicted: tuple[np.ndarray, np.ndarray] | None
    predicted_slope: float | None
    fitted_slope: float | None
    lights: tuple[bool | None, ...]
    outside: np.ndarray
    small_from: float
    stall: float | None
    remaining: float | None
    stationary_rms: float | None
    late_rms: float | None
    start_counts: bool
    growth: float | None

    @property
    def holds(self) -> bool | None:
        """Whether the hypotheses of the theorem hold (uniqueness of W_* aside); None if undecided."""
        tends, diverges, partition, *_ = self.lights
        if not partition or tends is False or diverges is False:
            return False
        return satisfies_531(self.schedule)

    @property
    def outcome(self) -> str:
        """What is measured at the last epoch: FALLS, STAYS, AT_ROUNDING or LEFT."""
        if self.outside.size:
            return LEFT
        if self.rms[-1] <= ROUNDING:
            return AT_ROUNDING
        last = _last_part(self.schedule, self.k)
        before, after = self.rms[last][0], self.rms[-1]
        if isinstance(self.schedule, Constant):  # it may go to and fro: two quarters of the run
            later = self.k > 0.75 * self.k[-1]
            before, after = (np.sqrt((self.rms[part] ** 2).mean()) for part in (last & ~later, later))
        return FALLS if after < 0.9 * before else STAYS

    @property
    def diverges(self) -> bool:
        """Whether growth without bound is proved: a constant step whose epochs are one map of radius > 1."""
        return self.growth is not None and self.growth > 1

    @property
    def comes_back(self) -> bool:
        """Whether it is proved that a run out of sight is not so for ever: the steps tend to 0."""
        return self.lights[0] is True

    @property
    def stopped(self) -> bool:
        """Whether a run with a finite sum of steps has moved all but 5 % of what it still will."""
        return self.remaining is not None and self.problem.norm_A * self.remaining <= STOPPED

    @property
    def slope_agrees(self) -> bool:
        """Whether the fitted slope is near to the predicted one."""
        known = self.fitted_slope is not None and bool(self.predicted_slope)
        return known and abs(self.fitted_slope - self.predicted_slope) <= CLOSE

    @property
    def slowest_kept(self) -> float:
        """The part of the slowest component that one batch keeps when the sum of the steps is finite."""
        return abs(kept_factor(self.problem.lambda_positive, self.schedule, self.scheme))


def on_the_range(problem: LeastSquares) -> LeastSquares:
    """The problem in coordinates of the range of A: the same errors, and x_i that span."""
    return LeastSquares(
        problem.x @ problem.eigensystem[1][:, problem.m - problem.rank :], problem.y, problem.alpha
    )


@lru_cache(maxsize=4)
def _law(data: str, spans: bool, p: int, sampling: str) -> EpochLaw:
    problem = on_the_range(problem_in_the_plane(spans, data))
    return EpochLaw(problem, Partitions(problem.size, p, sampling, SAMPLES))


@lru_cache(maxsize=64)
def observe(
    schedule: Schedule, p: int, sampling: str, scheme: str, epochs: int, spans: bool = True, data: str = EQUAL
) -> Observation:
    """Run 20 times from `start` and set what is measured beside what is predicted and proved.

    Raises ValueError for p outside 1..16 or not whole, and for unknown names.
    """
    problem = problem_in_the_plane(spans, data)
    p = checks.BATCHES.within(high=problem.size).check(p)
    known = theorem.constants(problem)
    if isinstance(schedule, Power) and schedule.a == 0:
        schedule = Constant(schedule.c)
    if isinstance(schedule, Sequence):
        epochs = min(epochs, len(schedule.values))
    steps, record = schedule.steps(epochs), recorded_epochs(epochs, RECORDED)
    if isinstance(schedule, Constant):  # more of the last half, over which a mean is taken
        odd = (epochs // 200) | 1  # alternating epochs come in pairs
        record = np.union1d(record, np.arange(epochs // 2, epochs + 1, odd))
    runs = driver(problem, p, sampling, RUNS)
    seen = runs.run(steps, scheme, start(problem), record=record, bound=FAR)
    k, distance = record[1:], seen.distance[1:]
    for run in np.flatnonzero(seen.left_at >= 0):
        distance[k >= seen.left_at[run], run] = FAR
    outside = np.array([_leaves(k, one) for one in distance.T])
    outside = outside[outside > 0]
    rms = np.sqrt((distance**2).mean(axis=1))
    partition = sampling != REPLACEMENT
    at = steps[np.minimum(k, epochs - 1)]
    kernel = float(np.linalg.norm(seen.limit[0] - problem.minimizer))
    slope = theorem.rate(problem, schedule, scheme, sampling, p)
    finite = schedule.sum_diverges is False
    remaining = schedule.c * zeta(schedule.a, epochs + 1) if finite else None
    stall = stall_level(problem, schedule, scheme) if finite else None
    stationary = growth = late = None
    if isinstance(schedule, Constant):
        law = _law(data, spans, p, sampling).stationary([schedule.c], scheme)
        stationary = float(np.hypot(law.bias[0], law.spread[0]))
        stationary = stationary if np.isfinite(stationary) else None
        late = float(np.sqrt((distance[k > epochs / 2] ** 2).mean()))
        growth = epoch_radius(problem, p, sampling, schedule.c, scheme)
    curve = None
    if not outside.size:
        curve = _predicted_curve(problem, schedule, scheme, sampling, p, k, at, rms, slope)
        if finite and p == 1 and partition and problem.norm_A * remaining <= STOPPED:
            curve = k[-40::4], np.full(10, stall)
        if stationary:
            curve = np.linspace(epochs / 2, epochs, 10), np.full(10, stationary)
    part = _last_part(schedule, k)
    share = np.exp(-problem.lambda_positive * steps[: k[part][0]].sum()) / max(
        stationary or rms[part][0], ROUNDING
    )
    bound = theorem.proven_recursion(known, steps, float(seen.distance[0].max()))[k] if partition else None
    return Observation(
        problem=problem,
        data=data,
        schedule=schedule,
        scheme=scheme,
        sampling=sampling,
        p=p,
        k=k,
        steps=at,
        distance=distance,
        rms=rms,
        bound=bound,
        to_minimum_norm=None if problem.spans else np.hypot(rms, kernel),
        predicted=curve,
        predicted_slope=-slope if slope else None,
        fitted_slope=None if outside.size else fitted_power(k, rms),
        lights=(
            schedule.tends_to_zero,
            schedule.sum_diverges,
            partition,
            spans,
            schedule.square_summable,
        ),
        outside=outside,
        small_from=theorem.first_epoch(schedule, 2 / problem.norm_A),
        stall=stall,
        remaining=remaining,
        stationary_rms=stationary,
        late_rms=late,
        start_counts=bool(share > COUNTS),
        growth=growth,
    )


def epoch_radius(problem: LeastSquares, p: int, sampling: str, step: float, scheme: str) -> float | None:
    """Spectral radius, on the range of A, of the epoch with a constant ``step`` if all epochs are the same
    map."""
    if (p > 1 and sampling not in (FIXED, ALTERNATING)) or sampling == REPLACEMENT:
        return None
    ranged = on_the_range(problem)
    A, b = splitting.batch_systems(ranged, Partitions(ranged.size, p, FIXED).batches(0))
    M = splitting.epoch_map(A, b, step, scheme)[0]
    if sampling == ALTERNATING:
        M = splitting.epoch_map(A[::-1], b[::-1], step, scheme)[0] @ M
    return float(np.abs(np.linalg.eigvals(M)).max())


def fitted_power(k, values) -> float | None:
    """Slope of log values against log k over the last part of log k; None at rounding or where it bends."""
    if k.size < 40 or values.min() <= ROUNDING:
        return None
    late = np.flatnonzero(_last_part(None, k))
    first, second = late[: late.size // 2], late[late.size // 2 :]
    whole, one, two = (theorem.fitted_slope(k[part], values[part], tail=1) for part in (late, first, second))
    return whole if abs(one - two) <= BENT else None


def _predicted_curve(problem, schedule, scheme, sampling, p, k, steps, rms, slope):
    """With its constant where a_k is the known bias to first order, else the slope through the last point."""
    late = np.flatnonzero(k >= k[-1] ** 0.6)
    late = late[:: max(1, late.size // 12)]
    if late.size < 2:
        return None
    orders = theorem.orders(scheme, sampling, p, problem.size)
    if (
        orders.bias == 1
        and (orders.spread is None or orders.spread > 1)
        and not isinstance(schedule, Sequence)
    ):
        drift = splitting.expected_drift_constant(problem, p, scheme, sampling)
        ratios = [theorem.ratio_limit(problem, drift, schedule, int(i)) for i in k[late]]
        if all(ratio is not None for ratio in ratios):
            return k[late], steps[late] * np.array([np.linalg.norm(ratio) for ratio in ratios])
    if not slope or rms[-1] <= ROUNDING:
        return None
    return k[late], rms[-1] * (k[late] / k[-1]) ** -slope


def _last_part(schedule: Schedule | None, k) -> np.ndarray:
    """Which epochs are the last part: of log k, of k for a constant step."""
    return k > k[-1] / 2 if isinstance(schedule, Constant) else k >= k[-1] ** (1 - FITTED)


def _leaves(k, distance) -> int:
    """The first epoch from which a run stays out of sight; 0 if it ends in sight."""
    inside = np.flatnonzero(distance <= OUTSIDE)
    if inside.size and inside[-1] == k.size - 1:
        return 0
    return int(k[inside[-1] + 1] if inside.size else k[0])

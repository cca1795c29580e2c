"""Local and global error of the splitting against the exact flow, and their limits as Delta t -> 0 (5.3.1).

One epoch takes the flow's state f = e^{-A t} e_0 and the error d = W^t - flow to
d' = M d + (M - e^{-A Delta t}) f + q, f' = e^{-A Delta t} f: one matrix on (d, f, 1), and its second moments
where the partition is drawn anew at each epoch. d is carried by itself, so that it keeps its digits.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.linalg import expm

from helpers.mathematics import checks, small_problems, splitting
from helpers.mathematics.affine_maps import ComponentBatches, StackedBatches, symmetric_components
from helpers.mathematics.partitions import FIXED, RESHUFFLED, SHUFFLED_ONCE, Partitions
from helpers.mathematics.theorem import fitted_slope

TIME = 1.0  # of the global error
STEPS = TIME * 2.0 ** -np.arange(10, -1, -1)
FITTED = 5  # smallest Delta t over which an order is fitted
ROUNDING = 1e-14  # an epoch of states of size 1
SAMPLES = 256  # partitions, each in both orders, of which one is drawn at each epoch
COMMUTING = 1e-12  # what is not exactly commuting has commutators of size 1e-4 and more here; rounding 1e-17
FAR, AT_MINIMIZER = "W₀, far away", "the minimizer W*"
START_ERROR = np.array([[-1.6], [1.5]])  # W_0 − W*
ONE_EPOCH, FIXED_TIME = "one epoch", "the time t = 1"
DRAWN, IN_ORDER, FRESH = "drawn once", "in the order of the data", "drawn at each epoch"
SAMPLINGS = {DRAWN: SHUFFLED_ONCE, IN_ORDER: FIXED, FRESH: RESHUFFLED}
LINE, UNEQUAL, CONSISTENT = "near a line", "near a line, αᵢ unequal", "on a line"
NO_BIAS = "near a line, no bias"
AXES, AXES_CONSISTENT = "xᵢ on the axes", "xᵢ on the axes, no noise"
PROBLEMS = {
    LINE: small_problems.kept_line,
    UNEQUAL: lambda: small_problems.kept_line(unequal=True),
    NO_BIAS: lambda: small_problems.kept_line(bias=False),
    CONSISTENT: lambda: small_problems.kept_line(noise=0.0),
    AXES: small_problems.kept_axes,
    AXES_CONSISTENT: lambda: small_problems.kept_axes(noise=0.0),
}


@dataclass(frozen=True, eq=False)
class SplittingErrors:
    """Errors |W - flow| against Delta t, dicts by scheme; root mean squares where batches are drawn anew.

    ``power``: 2 for one epoch, 1 over a fixed time; ``predicted``: the limit of error/Delta t^power.
    ``errors`` (K,), NaN where only rounding is left; ``orders`` fitted where it is not, None for fewer than
    five. ``commutator``: spectral norm of 1/2 sum_{i>j} [A_i, A_j]; ``mismatch``: |1/2 sum (A_i g_j - A_j
    g_i)|, g_i at W_*; ``matrices_commute``: all pairs A_i, A_j; ``flows_commute``: A_i g_j = A_j g_i besides.
    All four are None where the batches are drawn anew.
    """

    steps: np.ndarray
    p: int
    start: str
    over: str
    power: int
    errors: dict[str, np.ndarray]
    orders: dict[str, float | None]
    predicted: dict[str, float]
    commutator: float | None
    mismatch: float | None
    matrices_commute: bool | None
    flows_commute: bool | None

    def errs(self, scheme: str) -> bool:
        """Whether the scheme makes an error that is more than rounding, at one Delta t or more."""
        return bool(np.isfinite(self.errors[scheme]).any())

    def ratio(self, scheme: str) -> float | None:
        """error/Delta t^power at the smallest Delta t, where it and its limit can be told from 0."""
        error = self.errors[scheme][0]
        told = np.isfinite(error) and self.predicted[scheme] > COMMUTING
        return float(error / self.steps[0] ** self.power) if told else None


@lru_cache(maxsize=64)
def splitting_errors(
    data: str = LINE, p: int = 4, batches: str = DRAWN, start: str = FAR, over: str = ONE_EPOCH, seed: int = 0
) -> SplittingErrors:
    """Errors of the four schemes from W_0 or from W_*, after one epoch or at the time 1.

    Raises ValueError for p outside 1..#D, a seed that is not a whole number, and unknown names.
    """
    problem = PROBLEMS[checks.one_of("data", data, PROBLEMS)]()
    checks.one_of("batches", batches, SAMPLINGS)
    checks.one_of("start", start, (FAR, AT_MINIMIZER))
    local = checks.one_of("over", over, (ONE_EPOCH, FIXED_TIME)) == ONE_EPOCH
    fresh, m = batches == FRESH, problem.m
    cut = Partitions(problem.size, p, SAMPLINGS[batches], SAMPLES if fresh else 1, seed)
    sums = ComponentBatches(cut.sums(symmetric_components(problem), 0, 1), m, 1)
    stacked = StackedBatches(sums.sums, m, 1)
    A, g = stacked.A[:, 0], stacked.g[:, 0]
    e = START_ERROR if start == FAR else np.zeros((m, 1))
    state = np.concatenate([np.zeros(m), e[:, 0], [1.0]])
    epochs = np.ones(len(STEPS), int) if local else np.round(TIME / STEPS).astype(int)
    values, vectors = problem.eigensystem
    flows = (vectors * np.exp(-values * STEPS[:, None])[:, None, :]) @ vectors.T
    orders_of_visit = (False, True) if fresh else (False,)
    errors, orders, predicted = {}, {}, {}
    for scheme in splitting.SCHEMES:
        maps = np.concatenate([sums.maps(STEPS, scheme, backward) for backward in orders_of_visit], axis=3)
        T = _on_error_and_flow(maps, flows)
        error = _root_mean_square(T, epochs, state) if fresh else _norms(T[:, 0], epochs, state)
        errors[scheme] = np.where(error > ROUNDING * epochs, error, np.nan)
        kept = np.flatnonzero(np.isfinite(errors[scheme]))[:FITTED]
        orders[scheme] = fitted_slope(STEPS[kept], error[kept], tail=1.0) if len(kept) == FITTED else None
        # one epoch errs by Delta t^2 (C e + c) + ... from W_*^t + e, C (samples, m, m), c (samples, m, 1)
        ways = (1, -1) if fresh else (1,)
        C, c = (
            np.concatenate([splitting.drift_constant(A[::way], values[::way], scheme) for way in ways])
            for values in (A, g)
        )
        predicted[scheme] = _limit(problem, C - 0.5 * problem.A @ problem.A, c, e, local)
    commutators = (None,) * 4 if fresh else _commutators(A[:, 0], g[:, 0])
    return SplittingErrors(
        STEPS, cut.p, start, over, 2 if local else 1, errors, orders, predicted, *commutators
    )


def _commutators(A, g):
    """The norms of both sums over i > j, and whether all pairs commute: matrices, and flows."""
    pairs = [
        values[:, None] @ other - (values[:, None] @ other).swapaxes(0, 1)
        for values, other in ((A, A), (A, g))
    ]
    matrices, flows = (bool(np.abs(pair).max() < COMMUTING) for pair in pairs)
    return (
        float(np.linalg.norm(splitting.commutator_sum(A), 2)),
        float(np.linalg.norm(splitting.drift_constant(A, g, splitting.LIE_EXACT))),
        matrices,
        matrices and flows,
    )


def _on_error_and_flow(maps, flows):
    """The matrices of one epoch on (d, f, 1), (K, samples, 2 m + 1, 2 m + 1)."""
    m, _, steps, samples = maps.shape
    maps = np.moveaxis(maps, (2, 3), (0, 1))
    T = np.zeros((steps, samples, 2 * m + 1, 2 * m + 1))
    T[..., :m, :m] = maps[..., :m]
    T[..., :m, m:-1] = maps[..., :m] - flows[:, None]
    T[..., :m, -1] = maps[..., m]
    T[..., m:-1, m:-1] = flows[:, None]
    T[..., -1, -1] = 1.0
    return T


def _norms(T, epochs, state):
    """|d| after the ``epochs`` of each Delta t, the same map at each epoch."""
    m = len(state) // 2
    ends = [np.linalg.matrix_power(one, n) @ state for one, n in zip(T, epochs, strict=True)]
    return np.linalg.norm(np.array(ends)[:, :m], axis=1)


def _root_mean_square(T, epochs, state):
    """Root mean square of |d| when each epoch draws one of the maps, independently."""
    size, m = len(state), len(state) // 2
    found = []
    for maps, n in zip(T, epochs, strict=True):
        flat = maps.reshape(len(maps), -1)
        second = (flat.T @ flat / len(maps)).reshape([size] * 4)  # E[T_ij T_kl]
        second = second.transpose(0, 2, 1, 3).reshape(size**2, size**2)
        moments = (np.linalg.matrix_power(second, n) @ np.outer(state, state).ravel()).reshape(size, size)
        found.append(np.sqrt(max(np.trace(moments[:m, :m]), 0.0)))
    return np.array(found)


def _limit(problem, C, c, e, local: bool) -> float:
    """The limit of error/Delta t^2 after one epoch, or of error/Delta t at ``TIME``: there d solves
    d' = -A d + C f + c, f' = -A f, with the mean of C and c where batches are drawn anew.
    """
    if local:
        return float(np.sqrt(((C @ e + c) ** 2).sum(axis=(1, 2)).mean()))
    m = problem.m
    generator = np.zeros((2 * m + 1, 2 * m + 1))
    generator[:m, :m] = generator[m:-1, m:-1] = -problem.A
    generator[:m, m:-1], generator[:m, -1:] = C.mean(axis=0), c.mean(axis=0)
    state = np.concatenate([np.zeros(m), e[:, 0], [1.0]])
    return float(np.linalg.norm((expm(generator * TIME) @ state)[:m]))

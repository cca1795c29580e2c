"""What remains at a constant time step: the stationary mean and spread of W_k^t - W_*^t (section 5.3.1).

One epoch is an affine map e -> M e + q.  When the partitions of different epochs are independent, the
stationary mean mu and covariance C solve mu = E[M] mu + E[q] and C = E[M C M^T] + E[r r^T], with
r = M mu + q - mu: linear systems, whose expectations are taken over many drawn partitions.
"""

from dataclasses import dataclass

import numpy as np

from helpers.mathematics import checks, splitting
from helpers.mathematics.affine_maps import ComponentBatches, StackedBatches, symmetric_components
from helpers.mathematics.least_squares import LeastSquares, flow_map
from helpers.mathematics.partitions import ALTERNATING, FIXED, SAMPLINGS, SHUFFLED_ONCE, Partitions
from helpers.mathematics.time_steps import check_steps


@dataclass(frozen=True, eq=False)
class Stationary:
    """Stationary mean and spread for each of the time steps.

    ``steps`` (K,); ``mean`` (K, m, n) of W_k^t - W_*^t; ``covariance`` (K, m, m), summed over the n columns;
    ``error`` (K,), standard error of the norm of the mean, from the drawn partitions.  NaN where the scheme
    has no stationary law: |W_k| grows, in the mean or in the mean square.
    """

    steps: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray
    error: np.ndarray

    @property
    def bias(self) -> np.ndarray:
        """Norm of the mean, (K,)."""
        return np.sqrt((self.mean**2).sum(axis=(1, 2)))

    @property
    def spread(self) -> np.ndarray:
        """Root of the trace of the covariance, (K,)."""
        return np.sqrt(np.maximum(np.trace(self.covariance, axis1=1, axis2=2), 0.0))


REDUCTIONS = ("sum", "mean")


class EpochLaw:
    """The law of the affine map of one epoch, for given partitions, from one epoch of each of their runs.

    Where the sizes of the batches differ by one at most, each partition is taken in both orders, so that in
    the mean the commutators cancel exactly; with the larger batches first alone, as drawn, the law differs in
    higher orders. ``reduction``: J^r is a sum over its batch; "mean" is what Keras' average makes of it at
    the same learning rate, B/b times the sum for a batch of b data where the first has B. ``visited``: of
    batches drawn anew, those which are visited, all by default.
    """

    def __init__(
        self, problem: LeastSquares, partitions: Partitions, reduction: str = "sum", visited=slice(None)
    ):
        self.problem, self.sampling = problem, partitions.sampling
        sums = partitions.sums(symmetric_components(problem), 0, 1)
        sizes = np.diff(partitions.bounds)
        self.orders = (False,) if self.sampling == FIXED or np.ptp(sizes) > 1 else (False, True)
        if checks.one_of("reduction", reduction, REDUCTIONS) == "mean":
            sums = sums * (sizes[0] / sizes)[:, None, None]
        self.sums = np.ascontiguousarray(sums[:, visited])
        layout = ComponentBatches if problem.m <= 3 else StackedBatches
        self.batches = layout(self.sums, problem.m, problem.n)
        m, half = problem.m, problem.m * (problem.m + 1) // 2
        # the sum of the batch gradients at W_*: 0 for a partition, of mean 0 with replacement or averaged
        self.total = self.sums[half:].sum(axis=1).reshape(m, problem.n, 1, -1)

    def stationary(self, steps, scheme: str) -> Stationary:
        """Stationary mean and covariance for the ``steps`` (K,), positive; Raises ValueError."""
        steps = check_steps(steps)
        maps = np.stack([self.batches.maps(steps, scheme, backward) for backward in self.orders])
        m = self.problem.m
        M = np.moveaxis(maps[:, :, :m], (3, 4), (0, 1)).swapaxes(1, 2)  # (K, kinds, samples, m, m)
        q = np.moveaxis(maps[:, :, m:], (3, 4), (0, 1)).swapaxes(1, 2)
        with np.errstate(all="ignore"):
            if self.sampling in (FIXED, SHUFFLED_ONCE):
                found = _of_points(_fixed_points(M, q))
            elif self.sampling == ALTERNATING:
                found = _alternating(M[:, 0, 0], q[:, 0, 0], M[:, 1, 0], q[:, 1, 0])
            else:
                # a control of mean 0 removes the first-order noise of the sampled mean of q
                shift = (steps[:, None, None, None] * self.total[:, :, 0].transpose(2, 0, 1))[:, None]
                found = _independent(M, q, shift)
        stable = found[0]
        for values in found[1:]:
            values[~stable] = np.nan
        return Stationary(steps, *found[1:])

    def inside(self, step: float, scheme: str) -> np.ndarray:
        """Root mean square of |W - W_*| at the start and after each sub-step of a stationary epoch.

        For the samplings whose epochs have one law: all but "alternating".  Raises ValueError for that one.
        """
        checks.one_of("sampling", self.sampling, [name for name in SAMPLINGS if name != ALTERNATING])
        step, m = checks.TIME_STEP.check(step), self.problem.m
        # a partition that stays starts from the point that it leaves fixed
        drawn = StackedBatches(self.sums, m, self.problem.n)
        A, g = drawn.A[:, 0], drawn.g[:, 0]  # (p, samples, m, m) and (p, samples, m, n)
        T = np.concatenate([np.broadcast_to(np.eye(m), (len(A[0]), m, m)), np.zeros_like(g[0])], axis=2)
        maps = [T]
        for r, fraction in splitting.sweep(len(A), scheme):
            if splitting.uses_exact_flows(scheme):
                E, shift = flow_map(A[r], -g[r], fraction * step)
            else:
                E, shift = np.eye(m) - fraction * step * A[r], -fraction * step * g[r]
            T = E @ T
            T[..., m:] += shift
            maps.append(T)
        maps = np.stack(maps)  # (sub-steps + 1, samples, m, m + n)
        M, q = maps[..., :m], maps[..., m:]
        if self.sampling in (FIXED, SHUFFLED_ONCE):
            mean, covariance = _fixed_points(M[-1], q[-1]), np.zeros((m, m))
        else:
            law = self.stationary([step], scheme)
            mean, covariance = law.mean[0], law.covariance[0]
        squares = ((M @ mean + q) ** 2).sum(axis=(2, 3)) + np.einsum("raij,jk,raik->ra", M, covariance, M)
        return np.sqrt(squares.mean(axis=1))


def _fixed_points(M, q):
    """The points that the maps leave fixed, (K, kinds, samples, m, n); NaN where they are not attracting."""
    stable = np.abs(np.linalg.eigvals(M)).max(axis=-1) < 1
    identity = np.eye(M.shape[-1])
    points = np.linalg.solve(np.where(stable[..., None, None], identity - M, identity), q)
    return np.where(stable[..., None, None], points, np.nan)


def _of_points(points):
    """Mean, covariance and standard error over given points, each partition in its orders together."""
    pairs = points.mean(axis=1)
    mean = pairs.mean(axis=1)
    off = points - mean[:, None, None]
    covariance = np.einsum("kabil,kabjl->kij", off, off) / (points.shape[1] * points.shape[2])
    return np.isfinite(mean).all(axis=(1, 2)), mean, covariance, _error(pairs - mean[:, None])


def _alternating(F, f, B, b):
    """Forward epochs (F, f) and backward ones (B, b) by turns: the mean and half the difference."""
    even = _fixed_points((B @ F)[:, None, None], (B @ f + b)[:, None, None])
    both = np.concatenate([even, F[:, None, None] @ even + f[:, None, None]], axis=2)
    return (*_of_points(both)[:3], np.zeros(len(F)))


def _independent(M, q, shift):
    """Mean and covariance when every epoch draws anew."""
    m = M.shape[-1]
    identity = np.eye(m)
    mean_M = M.mean(axis=(1, 2))
    mu = np.linalg.solve(identity - mean_M, (q + shift).mean(axis=(1, 2)))
    r = M @ mu[:, None, None] + q - mu[:, None, None]
    square = np.einsum("kabij,kabln->kiljn", M, M).reshape(len(M), m * m, m * m) / (M.shape[1] * M.shape[2])
    stable = np.isfinite(square).all(axis=(1, 2))
    square[~stable] = 2 * np.eye(m * m)
    stable &= np.abs(np.linalg.eigvals(square)).max(axis=-1) < 1
    square[~stable] = 0.0
    source = np.einsum("kabil,kabjl->kij", r, r).reshape(len(M), m * m) / (M.shape[1] * M.shape[2])
    C = np.linalg.solve(np.eye(m * m) - square, source[..., None]).reshape(-1, m, m)
    noise = np.linalg.solve((identity - mean_M)[:, None], (r + shift).mean(axis=1))
    return stable, mu, C, _error(noise)


def _error(deviations):
    """Standard error of the mean of ``deviations`` (K, samples, m, n), as a norm; 0 for one sample."""
    samples = deviations.shape[1]
    if samples == 1:
        return np.zeros(len(deviations))
    return np.sqrt((deviations**2).sum(axis=(1, 2, 3)) / (samples * (samples - 1)))

"""What the partition buys: with independent noise and steps c/log k a path returns to the same distance for
ever.

For w_{k+1} = (1 - tau_k) w_k + tau_k sigma xi_k with independent Gaussian xi_k the root mean square tends to
0 under Eq. (5.31), yet limsup |w_k| = sigma sqrt(c) for tau_k = c/log k (formal: the sum of tau_k
k^(-delta^2 / (c sigma^2)) diverges for delta <= sigma sqrt(c)).  For m unknowns the excursions fill
delta^t S^{-1} delta <= 2 c with A S + S A = Sigma, the covariance of one epoch's noise.  Batches drawn with
replacement are such noise, nearly Gaussian for small c; with a partition every path converges.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from scipy.linalg import solve_continuous_lyapunov

from helpers.mathematics import checks
from helpers.mathematics.epochs import driver
from helpers.mathematics.least_squares import LeastSquares
from helpers.mathematics.partitions import REPLACEMENT, RESHUFFLED
from helpers.mathematics.time_steps import InverseLogarithm, Schedule, check_steps

SIZE, RUNS = 16, 12
EPOCHS = (1024, 4096, 16384)
FACTOR = checks.FACTOR.within(high=1)  # beyond, the noise of an epoch is not small
PATH_SAMPLINGS = (REPLACEMENT, RESHUFFLED)


@cache
def one_unknown() -> LeastSquares:
    """16 data with x_i = 1 and equal weights, A = 1: W is a number, and an epoch's noise has sigma = 1."""
    y = np.random.default_rng(3).standard_normal(SIZE)
    y = (y - y.mean()) / y.std() * SIZE**0.5
    return LeastSquares(np.ones(SIZE), y, np.full(SIZE, 0.5 / SIZE))


def noise_covariance(problem: LeastSquares) -> np.ndarray:
    """Sigma (m, m) of an epoch with replacement at W_*, per Delta t^2, for n = 1: sum_i gamma_i gamma_i^t."""
    gradients = problem.gradients(problem.minimizer)[:, :, 0]
    return gradients.T @ gradients


def excursion_shape(problem: LeastSquares) -> np.ndarray:
    """S (m, m) with A S + S A = Sigma: with replacement e_k has covariance Delta t_k S to first order, and
    for c/log k its excursions fill delta^t S^{-1} delta <= 2 c.  The x_i must span.
    """
    return solve_continuous_lyapunov(problem.A, noise_covariance(problem))


def largest(sizes, at) -> np.ndarray:
    """The largest of ``sizes`` (K + 1, runs) over K/2 < k <= K for each K in ``at``: (Q, runs)."""
    return np.array([sizes[k // 2 + 1 : k + 1].max(axis=0) for k in at])


def gaussian_excursions(steps, sigma: float, at, runs: int = 200, seed: int = 0):
    """The model w_{k+1} = (1 - tau_k) w_k + tau_k sigma xi_k from 0, tau_k < 1.

    Returns the largest |w_k| over K/2 < k <= K, in the mean over the runs, and the root mean square over the
    same epochs and all runs, for each K in ``at``, powers of 2: two arrays (Q,).
    """
    steps, at, runs = check_steps(steps), np.asarray(at), checks.RUNS.check(runs)
    rng, w = np.random.default_rng(seed), np.zeros(runs)
    logs = np.concatenate([[0.0], np.cumsum(np.log1p(-steps))])
    found, top, squares, k = {}, np.zeros(runs), 0.0, 0
    while k < at[-1]:
        # as far as the product of the factors 1 - tau keeps its digits, and to the next power of 2 at most
        stop = min(int(np.searchsorted(-logs, 20 - logs[k])), 1 << int(k).bit_length(), k + 4096)
        decay = np.exp(logs[k + 1 : stop + 1] - logs[k])[:, None]
        noise = rng.standard_normal((stop - k, runs)) * (steps[k:stop] * sigma)[:, None]
        path = decay * (w + np.cumsum(noise / decay, axis=0))
        w, k = path[-1], stop
        top, squares = np.maximum(top, np.abs(path).max(axis=0)), squares + (path**2).sum()
        if k & (k - 1) == 0:
            found[k] = top.mean(), np.sqrt(squares / (max(k / 2, 1) * runs))
            top, squares = np.zeros(runs), 0.0
    return tuple(np.array([found[int(K)] for K in at]).T)


@dataclass(frozen=True, eq=False)
class Excursions:
    """Paths with replacement and with a partition, for the same steps: first axis the two samplings.

    ``path`` (2, epochs + 1), W - W_* of one run, 0 at the start; for each K (Q,), over K/2 < k <= K:
    ``largest`` (2, Q), the largest |W - W_*| in the mean over the runs, and ``rms`` (2, Q).  ``theory`` =
    sqrt(c) sigma, the size to which the excursions with replacement return for ever; None where (the steps
    times log k tend to 0) they do not.
    """

    schedule: Schedule
    p: int
    scheme: str
    path: np.ndarray
    K: np.ndarray
    largest: np.ndarray
    rms: np.ndarray
    theory: float | None

    @property
    def share(self) -> float | None:
        """The largest excursions with replacement at the last K, over the theory."""
        return None if self.theory is None else float(self.largest[0, -1] / self.theory)


@lru_cache(maxsize=16)
def excursions(schedule: Schedule, p: int, scheme: str, epochs: int) -> Excursions:
    """Both samplings on ``one_unknown``, started at W_*, so that only the batches move them.

    Raises ValueError for a factor outside (0, 1], p outside 1..16, an unknown scheme.
    """
    FACTOR.check(schedule.c)
    p = checks.BATCHES.within(high=SIZE).check(p)
    steps, problem = schedule.steps(epochs), one_unknown()
    K = 64 * 2 ** np.arange(int(np.log2(epochs / 64)) + 1)  # up to the last epoch
    drivers = [driver(problem, p, sampling, RUNS) for sampling in PATH_SAMPLINGS]
    errors = np.array([one.run(steps, scheme, problem.minimizer).error[:, :, 0, 0] for one in drivers])
    sizes = np.abs(errors)
    sigma = float(noise_covariance(problem)[0, 0]) ** 0.5
    return Excursions(
        schedule=schedule,
        p=p,
        scheme=scheme,
        path=errors[:, :, 0],
        K=K,
        largest=np.array([largest(one, K).mean(axis=1) for one in sizes]),
        rms=np.sqrt([[(one[k // 2 + 1 : k + 1] ** 2).mean() for k in K] for one in sizes]),
        theory=schedule.c**0.5 * sigma if isinstance(schedule, InverseLogarithm) else None,
    )

"""Where ADAM over batches in random order ends for fixed beta_1, beta_2 and steps of Eq. (5.31).

ADAM is in the book's form (5.26), reconstructed.  As the steps tend to 0 the memories see a fixed w, and ADAM
moves with the mean velocity E[Z / sqrt(D)] of their stationary law; its zero is the limit.  An epoch is a
*word* of batches: one word in cyclic order, the p! permutations when reshuffled, the p single batches with
replacement, all equally likely.  Over a word D and Z change affinely, so that functions phi(D) and Z phi(D)
stay of this form.  They are interpolated at Chebyshev points of log D.  With T phi(D) = E phi(D after the
word), G phi(D) = E [t phi(D after the word)] where t is what the word adds to Z, and pi the law that T
leaves, E[Z phi(D)] = pi G (1 - beta_1^L T)^{-1} phi for words of L batches.
"""

from functools import lru_cache
from itertools import permutations

import numpy as np

from helpers.mathematics import checks
from helpers.mathematics.partitions import REPLACEMENT
from helpers.mathematics.stochastic_adam import (
    CENTERS,
    CYCLIC,
    ORDERS,
    batches,
    fixed_memory_betas,
    minimizer,
    stable_roots,
)

NODES = 16  # the limits keep 8 digits for (0.9, 0.6), (0.9, 0.999), (0, 0.6)
NARROWEST, WIDEST = 1e-9, 30.0  # of the range of log D
LARGEST_P = 5  # p! words
SECANT_STEPS = 12


def words(p: int, order: str) -> list[tuple[int, ...]]:
    """The equally likely words of batches 0..p-1 of an epoch (of one step, with replacement)."""
    checks.one_of("order", order, ORDERS)
    if order == CYCLIC:
        return [tuple(range(p))]
    if order == REPLACEMENT:
        return [(r,) for r in range(p)]
    return list(permutations(range(checks.BATCHES.within(high=LARGEST_P).check(p))))


def _interpolation(points, x):
    """Rows that take values at the Chebyshev ``points`` (..., n) to those at ``x`` (..., n): (..., n, n)."""
    k = np.arange(points.shape[-1])
    weights = (-1.0) ** k * np.sin(np.pi * (k + 0.5) / len(k))
    apart = x[..., None] - points[..., None, :]
    hit = apart == 0
    terms = weights / np.where(hit, 1.0, apart)
    return np.where(hit.any(axis=-1, keepdims=True), hit, terms / terms.sum(axis=-1, keepdims=True))


def mean_velocity(w, beta_1, beta_2, centers=CENTERS, order: str = REPLACEMENT) -> np.ndarray:
    """-E[Z / sqrt(D)] per step with w held, in the shape to which w, beta_1, beta_2 broadcast."""
    centers = batches(centers)
    w, beta_1, beta_2 = np.broadcast_arrays(
        np.asarray(w, dtype=float), checks.BETA_1.check_all(beta_1), checks.BETA_2.check_all(beta_2)
    )
    beta_1, beta_2 = beta_1[..., None], beta_2[..., None]
    g = w[..., None] - centers
    high = np.log((g**2).max(axis=-1, keepdims=True))
    low = np.log(np.maximum((g**2).min(axis=-1, keepdims=True), np.exp(high - WIDEST)))
    low = np.minimum(low, high - NARROWEST)
    cosines = np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)
    x, smallest = low + (high - low) * (cosines + 1) / 2, np.exp(low)
    told = words(len(centers), order)
    T, G = (np.zeros((*w.shape, NODES, NODES)) for _ in range(2))
    # sums over a word of t_i / sqrt(D_i), of beta_1^i / sqrt(D_i)
    own, carried = np.zeros_like(x), np.zeros_like(x)
    for word in told:
        D, t = np.exp(x), np.zeros((*w.shape, 1))
        for i, r in enumerate(word):
            D = np.maximum(beta_2 * D + (1 - beta_2) * g[..., r, None] ** 2, smallest)
            t = beta_1 * t + (1 - beta_1) * g[..., r, None]
            own += t / np.sqrt(D) / len(told)
            carried += beta_1 ** (i + 1) / np.sqrt(D) / len(told)
        after = _interpolation(x, np.minimum(np.log(D), high)) / len(told)
        T += after
        G += t[..., None] * after
    identity = np.eye(NODES)
    system = np.swapaxes(T, -1, -2) - identity
    system[..., -1, :] = 1.0  # the law pi has mass 1
    law = np.linalg.solve(system, np.broadcast_to(identity[:, -1:], (*w.shape, NODES, 1)))[..., 0]
    past = np.linalg.solve(identity - beta_1[..., None] ** len(told[0]) * T, carried[..., None])
    return ((law * own).sum(axis=-1) + (law[..., None, :] @ G @ past)[..., 0, 0]) / len(told[0])


@lru_cache(maxsize=256)
def random_limit(beta_1: float, beta_2: float, centers=CENTERS, order: str = REPLACEMENT) -> float:
    """Limit of ADAM for steps that obey (5.31): the stable zero of ``mean_velocity`` nearest to W_*.

    ``centers`` a tuple; in cyclic order `cyclic_limit` has it in closed form.  Raises ValueError for beta
    outside [0, 1), bad centers, an unknown order, more than ``LARGEST_P`` batches to be reshuffled.
    """
    if min(centers) == max(centers):
        return float(centers[0])

    def velocity(run, w):
        return mean_velocity(w, beta_1, beta_2, centers, order)

    # 15^-6 of a cell is below the error of the interpolation
    return float(stable_roots(velocity, 1, centers, cells=33, parts=15, rounds=6)[0])


@lru_cache(maxsize=64)
def fixed_memory_bias(steps, epsilon_1: float, epsilon_2: float, centers=CENTERS, order: str = REPLACEMENT):
    """limit - W_* for beta_i = 1 - step/epsilon_i, (Q,), for a tuple of steps; NaN where the secant method
    fails.

    It vanishes like step^2 for reshuffled batches and like step with replacement.
    """
    betas = fixed_memory_betas(np.array(steps), epsilon_1, epsilon_2)
    star, scale = minimizer(centers), max(centers) - min(centers)
    old, new = np.full(len(steps), star), np.full(len(steps), star + 1e-3 * scale)
    at_old = mean_velocity(old, *betas, centers, order)
    with np.errstate(all="ignore"):
        for _ in range(SECANT_STEPS):
            at_new = mean_velocity(np.where(np.isfinite(new), new, star), *betas, centers, order)
            change = np.where(at_new == at_old, 0.0, at_new * (new - old) / (at_new - at_old))
            old, new, at_old = new, new - change, at_new
            if np.all(np.abs(change) <= 1e-12 * scale):
                break
        found = (np.abs(change) <= 1e-9 * scale) & (new > min(centers)) & (new < max(centers))
    return np.where(found, new - star, np.nan)

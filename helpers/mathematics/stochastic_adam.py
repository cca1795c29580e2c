"""ADAM over batches in cyclic order: with fixed beta_1, beta_2 it does not inherit Theorem 5.3.1.

The batches are J^r(w) = weight_r/2 (w - c_r)^2 in one dimension.  ADAM is in the book's form (5.26),
reconstructed: no epsilon, no bias correction; one step a batch.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from helpers.mathematics.adam import adam, check_beta
from helpers.mathematics.time_steps import check_steps

CENTERS = (0.0, 0.0, 3.0)  # W_* = 1; all batches agree on the curvature, not on the minimizer


def _batches(centers, weights) -> tuple[np.ndarray, np.ndarray]:
    """Centers and weights as arrays (p,); Raises ValueError."""
    centers = np.asarray(centers, dtype=float)
    if centers.ndim != 1 or centers.size == 0 or not np.all(np.isfinite(centers)):
        raise ValueError("the centers c_r must be a sequence of at least one finite number")
    weights = np.ones(len(centers)) if weights is None else np.asarray(weights, dtype=float)
    if weights.shape != centers.shape:
        raise ValueError(f"as many weights as centers are needed; got {weights.shape} and {centers.shape}")
    if not np.all(np.isfinite(weights)) or np.any(weights <= 0):
        raise ValueError("every weight must be positive and finite")
    return centers, weights


def minimizer(centers=CENTERS, weights=None) -> float:
    """W_*, the minimizer of the sum of the batches."""
    centers, weights = _batches(centers, weights)
    return float(weights @ centers / weights.sum())


def cyclic_average(values, beta: float) -> np.ndarray:
    """Stationary exponential average over a cycle: (1-beta)/(1-beta^p) sum_j beta^((i-j) mod p) values_j,
    (..., p).
    """
    values = np.asarray(values, dtype=float)
    beta = check_beta("beta", beta)
    p = values.shape[-1]
    lag = (np.arange(p)[:, None] - np.arange(p)) % p
    return (1 - beta) / (1 - beta**p) * (values @ (beta**lag).T)


def mean_velocity(w, beta_1: float, beta_2: float, centers=CENTERS, weights=None) -> np.ndarray:
    """sum_i m_i / sqrt(v_i) over one cycle with w held, in the shape of ``w``.

    Its zero is where ADAM ends as Delta t_k tends to 0.

    A term with v_i = 0 has m_i = 0 too, and counts as 0 (only for beta_2 = 0, or when all batches agree).
    """
    centers, weights = _batches(centers, weights)
    gradients = weights * (np.asarray(w, dtype=float)[..., None] - centers)
    m, v = cyclic_average(gradients, beta_1), cyclic_average(gradients**2, beta_2)
    return (m / np.sqrt(v + (v == 0))).sum(axis=-1)


def cyclic_limit(beta_1: float, beta_2: float, centers=CENTERS, weights=None) -> float:
    """Limit of ADAM over the batches in cyclic order for steps that obey (5.31) and fixed beta_1, beta_2.

    The stable root of ``mean_velocity`` (where it increases) between the smallest and the largest center;
    for several of them, the one nearest to W_*.  Raises ValueError for beta outside [0, 1) and for bad
    batches.
    """
    centers, weights = _batches(centers, weights)
    check_beta("beta_1", beta_1), check_beta("beta_2", beta_2)
    low, high = centers.min(), centers.max()
    if low == high:
        return float(low)

    def velocity(w):
        return mean_velocity(w, beta_1, beta_2, centers, weights)

    # outside [low, high] every gradient has one sign: all stable roots lie inside
    grid = np.linspace(low, high, 401)
    values = velocity(grid)
    values[0], values[-1] = min(values[0], -1e-300), max(values[-1], 1e-300)
    rises = np.flatnonzero((values[:-1] < 0) & (values[1:] >= 0))
    roots = [
        brentq(velocity, grid[i], grid[i + 1], xtol=1e-14) if values[i + 1] > 0 else grid[i + 1]
        for i in rises
    ]
    star = minimizer(centers, weights)
    return float(min(roots, key=lambda root: abs(root - star)))


def fixed_memory_limit(
    step: float, epsilon_1: float, epsilon_2: float, centers=CENTERS, weights=None
) -> float:
    """``cyclic_limit`` in the book's own scaling beta_i = 1 - step/epsilon_i: its bias vanishes like
    step^2.

    Raises ValueError unless 0 < step <= epsilon_1, epsilon_2.
    """
    if not (0 < step <= epsilon_1 < np.inf and step <= epsilon_2 < np.inf):
        raise ValueError(
            "0 < step <= epsilon_1, epsilon_2 is needed, so that beta_i = 1 - step/epsilon_i lies in "
            f"[0, 1); got step={step!r}, epsilon_1={epsilon_1!r}, epsilon_2={epsilon_2!r}"
        )
    return cyclic_limit(1 - step / epsilon_1, 1 - step / epsilon_2, centers, weights)


def stochastic_adam(
    beta_1, beta_2, steps, start: float = 0.5, centers=CENTERS, weights=None, every: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """ADAM, book form (5.26) reconstructed, over the batches in cyclic order.

    ``beta_1``, ``beta_2``: numbers or arrays of one shape S, run at once.  ``steps`` (K,): one step a
    batch. Returns the numbers of steps made (Q,), one in ``every`` and the last, and w (Q, *S). Raises
    ValueError for beta outside [0, 1), steps that are not positive and finite, bad batches.
    """
    centers, weights = _batches(centers, weights)
    steps = check_steps(steps)
    beta_1, beta_2 = np.broadcast_arrays(check_beta("beta_1", beta_1), check_beta("beta_2", beta_2))
    gradients = [lambda w, c=c, a=a: a * (w - c) for c, a in zip(centers, weights, strict=True)]
    path = adam(
        gradients,
        np.full((*beta_1.shape, 1), float(start)),
        step=steps,
        beta_1=beta_1,
        beta_2=beta_2,
        form="book",
        steps=len(steps),
        every=every,
    )
    return path.iteration, path.w[..., 0]

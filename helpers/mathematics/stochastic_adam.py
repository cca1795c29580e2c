"""ADAM over batches in cyclic order: with fixed beta_1, beta_2 it does not inherit Theorem 5.3.1.

The batches are J^r(w) = weight_r/2 (w - c_r)^2 in one dimension.  ADAM is in the book's form (5.26),
reconstructed: no epsilon, no bias correction; one step a batch.
"""

from __future__ import annotations

import numpy as np

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


def _averaging(beta, p: int) -> np.ndarray:
    """The matrices (..., p, p) of ``cyclic_average`` for beta (...)."""
    beta = np.asarray(beta)[..., None, None]
    lag = (np.arange(p)[:, None] - np.arange(p)) % p
    return (1 - beta) / (1 - beta**p) * beta**lag


def cyclic_average(values, beta) -> np.ndarray:
    """Stationary exponential average over a cycle: (1-beta)/(1-beta^p) sum_j beta^((i-j) mod p) values_j,
    (..., p); an array ``beta`` broadcasts against the leading axes of the values.
    """
    values = np.asarray(values, dtype=float)
    return (_averaging(check_beta("beta", beta), values.shape[-1]) @ values[..., None])[..., 0]


def _velocity(w, average_1, average_2, centers, weights) -> np.ndarray:
    """``mean_velocity`` at w (..., Q) for matrices (..., p, p) of ``_averaging``: (..., Q)."""
    gradients = weights * (w[..., None] - centers)
    m, v = gradients @ average_1.swapaxes(-1, -2), gradients**2 @ average_2.swapaxes(-1, -2)
    return (m / np.sqrt(v + (v == 0))).sum(axis=-1)


def mean_velocity(w, beta_1, beta_2, centers=CENTERS, weights=None) -> np.ndarray:
    """sum_i m_i / sqrt(v_i) over one cycle with w held, in the shape to which w, beta_1, beta_2 broadcast.

    Its zero is where ADAM ends as Delta t_k tends to 0.

    A term with v_i = 0 counts as m_i.  When all batches agree that is 0; for beta_2 = 0 < beta_1, where the
    gradient of one batch may vanish alone, the book form itself has no finite step.
    """
    centers, weights = _batches(centers, weights)
    average_1 = _averaging(check_beta("beta_1", beta_1), centers.size)
    average_2 = _averaging(check_beta("beta_2", beta_2), centers.size)
    return _velocity(np.asarray(w, dtype=float)[..., None], average_1, average_2, centers, weights)[..., 0]


def cyclic_limit(beta_1, beta_2, centers=CENTERS, weights=None):
    """Limit of ADAM over the batches in cyclic order for steps that obey (5.31) and fixed beta_1, beta_2.

    The stable root of ``mean_velocity`` (where it increases) between the smallest and the largest center;
    for several of them, the one nearest to W_*.  A number, or an array in the shape to which arrays
    ``beta_1``, ``beta_2`` broadcast.  Raises ValueError for beta outside [0, 1) and for bad batches.
    """
    centers, weights = _batches(centers, weights)
    beta_1, beta_2 = np.broadcast_arrays(check_beta("beta_1", beta_1), check_beta("beta_2", beta_2))

    # outside [min c, max c] every gradient has one sign: all stable roots lie inside
    averages = [_averaging(beta.ravel(), centers.size) for beta in (beta_1, beta_2)]
    grid = np.linspace(centers.min(), centers.max(), 401)
    values = _velocity(grid, *averages, centers, weights)
    values[:, 0], values[:, -1] = np.minimum(values[:, 0], -1e-300), np.maximum(values[:, -1], 1e-300)
    run, i = np.nonzero((values[:, :-1] < 0) & (values[:, 1:] >= 0))
    low, high = np.where(values[run, i + 1] > 0, grid[i], grid[i + 1]), grid[i + 1]
    averages = [average[run] for average in averages]
    parts, every = np.linspace(0, 1, 33), np.arange(len(run))
    for _ in range(10):  # a cell is 1/400 of the interval; 32^-10 of a cell is below rounding
        points = low[:, None] + (high - low)[:, None] * parts
        above = _velocity(points, *averages, centers, weights) >= 0
        above[:, -1] = True
        first = np.maximum(above.argmax(axis=1), 1)
        low, high = points[every, first - 1], points[every, first]

    roots = np.full(values.shape, np.inf)
    roots[run, i] = high
    nearest = np.abs(roots - minimizer(centers, weights)).argmin(axis=1)
    limits = roots[np.arange(len(roots)), nearest].reshape(beta_1.shape)
    return limits if limits.ndim else float(limits)


def fixed_memory_limit(step, epsilon_1: float, epsilon_2: float, centers=CENTERS, weights=None):
    """``cyclic_limit`` in the book's own scaling beta_i = 1 - step/epsilon_i: its bias vanishes like
    step^2.  ``step``: a number or an array.

    Raises ValueError unless 0 < step <= epsilon_1, epsilon_2.
    """
    sizes = np.asarray(step, dtype=float)
    allowed = np.all((0 < sizes) & (sizes <= epsilon_1) & (sizes <= epsilon_2))
    if not (allowed and epsilon_1 < np.inf and epsilon_2 < np.inf):
        raise ValueError(
            "0 < step <= epsilon_1, epsilon_2 is needed, so that beta_i = 1 - step/epsilon_i lies in "
            f"[0, 1); got step={step!r}, epsilon_1={epsilon_1!r}, epsilon_2={epsilon_2!r}"
        )
    return cyclic_limit(1 - sizes / epsilon_1, 1 - sizes / epsilon_2, centers, weights)


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
    one = not beta_1.shape  # then floats are several times as fast as arrays that hold one number
    if one:
        batches = zip(centers.tolist(), weights.tolist(), strict=True)
        gradients = [lambda w, c=c, a=a: [a * (w[0] - c)] for c, a in batches]
    else:
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
        floats=one,
    )
    return path.iteration, path.w[..., 0]

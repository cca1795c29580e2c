"""ADAM over batches: with fixed beta_1, beta_2 it does not inherit Theorem 5.3.1, in whatever order they
come.

The batches are J^r(w) = (w - c_r)^2/2 in one dimension; J is their sum.  ADAM is in the book's form
(5.26), reconstructed: no epsilon, no bias correction; one step a batch, from Z = D = 0.
"""

import math

import numpy as np

from helpers.mathematics import checks
from helpers.mathematics.partitions import REPLACEMENT, RESHUFFLED
from helpers.mathematics.time_steps import check_steps

CYCLIC = "cyclic"
ORDERS = (CYCLIC, RESHUFFLED, REPLACEMENT)  # the last one is no partition
CENTERS = (0.0, 0.0, 3.0)  # W_* = 1; all batches agree on the curvature, not on the minimizer


def batches(centers) -> np.ndarray:
    """The centers as an array (p,); Raises ValueError."""
    centers = checks.finite_array("the centers c_r", centers, ndim=1)
    if not centers.size:
        raise ValueError("at least one batch is needed, with its center c_r")
    return centers


def batch_order(p: int, steps: int, order: str = CYCLIC, seed: int = 0) -> np.ndarray:
    """The batch of each step, (steps,): 0..p-1 again and again, permuted anew each time, or drawn freely."""
    checks.one_of("order", order, ORDERS)
    if order == CYCLIC:
        return np.arange(steps) % p
    rng = np.random.default_rng(seed)
    if order == REPLACEMENT:
        return rng.integers(0, p, steps)
    return rng.permuted(np.tile(np.arange(p), (-(-steps // p), 1)), axis=1).ravel()[:steps]


def minimizer(centers=CENTERS) -> float:
    """W_*, the minimizer of the sum of the batches."""
    return float(batches(centers).mean())


def _averaging(beta, p: int) -> np.ndarray:
    """The matrices (..., p, p), for beta (...), that take the values of a cycle to their stationary
    exponential average, (1-beta)/(1-beta^p) sum_j beta^((i-j) mod p) values_j.
    """
    beta = np.asarray(beta)[..., None, None]
    lag = (np.arange(p)[:, None] - np.arange(p)) % p
    return (1 - beta) / (1 - beta**p) * beta**lag


def _velocity(w, average_1, average_2, centers) -> np.ndarray:
    """``mean_velocity`` at w (..., Q) for matrices (..., p, p) of ``_averaging``: (..., Q)."""
    gradients = w[..., None] - centers
    m, v = gradients @ average_1.swapaxes(-1, -2), gradients**2 @ average_2.swapaxes(-1, -2)
    return (m / np.sqrt(v + (v == 0))).sum(axis=-1)


def mean_velocity(w, beta_1, beta_2, centers=CENTERS) -> np.ndarray:
    """sum_i m_i / sqrt(v_i) over one cycle with w held, in the shape to which w, beta_1, beta_2 broadcast.

    Its zero is where ADAM ends as Delta t_k tends to 0.

    A term with v_i = 0 counts as m_i.  When all batches agree that is 0; for beta_2 = 0 < beta_1, where the
    gradient of one batch may vanish alone, the book form itself has no finite step.
    """
    centers = batches(centers)
    average_1 = _averaging(checks.BETA_1.check_all(beta_1), centers.size)
    average_2 = _averaging(checks.BETA_2.check_all(beta_2), centers.size)
    return _velocity(np.asarray(w, dtype=float)[..., None], average_1, average_2, centers)[..., 0]


def cyclic_limit(beta_1, beta_2, centers=CENTERS):
    """Limit of ADAM over the batches in cyclic order for steps that obey (5.31) and fixed beta_1, beta_2.

    The stable root of ``mean_velocity`` (where it increases) between the smallest and the largest center;
    for several of them, the one nearest to W_*.  A number, or an array in the shape to which arrays
    ``beta_1``, ``beta_2`` broadcast.  Raises ValueError for beta outside [0, 1) and for bad batches.
    """
    centers = batches(centers)
    beta_1, beta_2 = np.broadcast_arrays(checks.BETA_1.check_all(beta_1), checks.BETA_2.check_all(beta_2))

    averages = [_averaging(beta.ravel(), centers.size) for beta in (beta_1, beta_2)]

    def velocity(run, w):
        return _velocity(w, *(average[run] for average in averages), centers)

    # 32^-10 of a cell is below rounding
    limits = stable_roots(velocity, beta_1.size, centers, cells=400, parts=32, rounds=10)
    return limits.reshape(beta_1.shape) if beta_1.ndim else float(limits[0])


def stable_roots(velocity, runs: int, centers, cells: int, parts: int, rounds: int) -> np.ndarray:
    """Of each of ``runs`` velocities the root at which it increases, the one nearest to W_*: (runs,).

    ``velocity`` takes the runs and w (Q,) or (runs, Q) between the smallest and the largest center: outside,
    every gradient has one sign. Of the ``cells`` those with a root are cut ``rounds`` times into ``parts``.
    """
    grid = np.linspace(min(centers), max(centers), cells + 1)
    values = np.ones((runs, cells + 1))
    values[:, 0], values[:, 1:-1] = -1, velocity(np.arange(runs), grid[1:-1])
    run, i = np.nonzero((values[:, :-1] < 0) & (values[:, 1:] >= 0))
    low, high = np.where(values[run, i + 1] > 0, grid[i], grid[i + 1]), grid[i + 1]
    every, last = np.arange(len(run)), np.ones((len(run), 1), dtype=bool)
    for _ in range(rounds):
        points = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, parts + 1)
        above = np.hstack([velocity(run, points[:, 1:-1]) >= 0, last])
        first = above.argmax(axis=1) + 1
        low, high = points[every, first - 1], points[every, first]
    roots = np.full(values.shape, np.inf)
    roots[run, i] = high
    return roots[np.arange(runs), np.abs(roots - minimizer(centers)).argmin(axis=1)]


def fixed_memory_betas(step, epsilon_1: float, epsilon_2: float) -> tuple[np.ndarray, np.ndarray]:
    """beta_i = 1 - step/epsilon_i, the book's own scaling, for a number or an array of steps.

    There the bias of ``cyclic_limit`` vanishes like step^2.

    Raises ValueError unless 0 < step <= epsilon_1, epsilon_2.
    """
    longest = min(checks.EPSILON_1.check(epsilon_1), checks.EPSILON_2.check(epsilon_2))
    step = checks.TIME_STEP.within(high=longest).check_all(step)
    return 1 - step / epsilon_1, 1 - step / epsilon_2


def stochastic_adam(
    beta_1, beta_2, steps, start: float = 0.5, centers=CENTERS, order=CYCLIC, seed: int = 0
) -> np.ndarray:
    """ADAM, book form (5.26) reconstructed, over the batches in the named order: w (K + 1,), the start first.

    ``steps`` (K,): one step a batch.  A step with Z = 0 does not move.  Raises ValueError for beta outside
    [0, 1), steps that are not positive and finite, bad batches, an unknown order, and D = 0 where Z is not 0.
    """
    centers = batches(centers).tolist()
    steps = check_steps(steps).tolist()
    beta_1, beta_2 = checks.BETA_1.check(beta_1), checks.BETA_2.check(beta_2)
    visited = batch_order(len(centers), len(steps), order, checks.SEED.check(seed)).tolist()
    w, z, d = float(start), 0.0, 0.0
    path = [w]
    for step, r in zip(steps, visited, strict=True):
        g = w - centers[r]
        z = beta_1 * z - (1 - beta_1) * g
        d = beta_2 * d + (1 - beta_2) * g * g
        if z:
            if not d:
                raise ValueError(
                    f"D is zero where Z is not, at step {len(path)}: β₂ is 0 and a gradient vanishes"
                )
            w += step * z / math.sqrt(d)
        path.append(w)
    return np.array(path)

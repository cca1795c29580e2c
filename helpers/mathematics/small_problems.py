"""Least squares problems with two unknowns, small enough to be looked at: a line, and data on the axes.

All are scaled so that ||A|| = 1: a time step is then measured in units of the fastest time scale.
"""

from functools import lru_cache

import numpy as np

from helpers.mathematics.least_squares import LeastSquares

SIZE = 16  # data: p from 1 to 16


def data_weights(size: int, unequal: bool) -> np.ndarray:
    """alpha_i of mean 1, (size,): all equal, or growing from 1 to 16 in the order of the data."""
    alpha = np.geomspace(1, 16, size) if unequal else np.ones(size)
    return alpha / alpha.mean()


def scaled(x, y, alpha=None, bias: bool = False) -> LeastSquares:
    """The problem of Eq. (5.30) with weights proportional to ``alpha`` (1 by default) and ||A|| = 1."""
    alpha = np.ones(len(x)) if alpha is None else alpha
    return LeastSquares(x, y, alpha / LeastSquares(x, y, alpha, bias).norm_A, bias)


def line(noise: float = 0.9, seed: int = 11, unequal: bool = False, bias: bool = True) -> LeastSquares:
    """16 points (x_i, y_i) near a line, x increasing; W^t is (slope, intercept), (2, 1). Deterministic.

    The intercept is the bias, the weight of a coordinate 1. Without ``bias`` that coordinate is 0: the x_i no
    longer span the plane, and the intercept stays what it was at the start.
    """
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(-1.0, 2.0, SIZE)).round(2)
    y = (0.8 * x - 0.3 + noise * rng.standard_normal(SIZE)).round(2)
    alpha = data_weights(SIZE, unequal)
    return scaled(x, y, alpha, bias=True) if bias else scaled(np.column_stack([x, 0 * x]), y, alpha)


def axes(noise: float = 0.9, seed: int = 11) -> LeastSquares:
    """16 data whose x_i lie on the coordinate axes, eight on the first, then eight on the second.

    All A_i are diagonal and commute.  The flows of the batches commute only if, besides, A_i g_j = A_j g_i.
    """
    rng = np.random.default_rng(seed)
    lengths = rng.uniform(0.5, 1.5, SIZE)
    x = np.zeros((SIZE, 2))
    x[: SIZE // 2, 0], x[SIZE // 2 :, 1] = lengths[: SIZE // 2], 0.7 * lengths[SIZE // 2 :]
    return scaled(x, x @ np.array([0.8, -0.3]) + noise * rng.standard_normal(SIZE))


# one object for all panels and all their moves; what a reader makes and changes is another
kept_line, kept_axes = lru_cache(maxsize=16)(line), lru_cache(maxsize=4)(axes)

"""An epoch over batches by the data themselves, independent of helpers: the reference of several tests."""

import numpy as np
import pytest
from scipy.linalg import expm


def _plain_epoch(problem, batches, W, step, scheme):
    """One epoch by the data themselves: Euler by residuals, exact flows by expm of the augmented matrix."""
    order = [(batch, step) for batch in batches]
    if scheme.startswith("Strang"):
        halves = [(batch, step / 2) for batch in batches]
        order = halves + halves[::-1]
    for batch, h in order:
        x, y, alpha = problem.x[batch], problem.y[batch, 0], problem.alpha[batch]
        if scheme.endswith("Euler"):
            W = W - h * 2 * x.T @ (alpha * (x @ W - y))
        else:
            A, b = 2 * (x.T * alpha) @ x, 2 * x.T @ (alpha * y)
            flow = expm(h * np.block([[-A, b[:, None]], [np.zeros((1, 3))]]))
            W = flow[:2, :2] @ W + flow[:2, 2]
    return W


@pytest.fixture
def plain_epoch():
    """The function of (problem, batches, W, step, scheme) that returns W after one epoch."""
    return _plain_epoch

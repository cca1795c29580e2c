"""Batches of a nonlinear f: logistic regression, the network of one neuron, and its splitting (5.3.1)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit

from helpers.mathematics import checks, splitting

PIECES = 8  # Runge-Kutta steps in one flow: for time steps up to 0.1 an error below 1e-10


@dataclass(frozen=True, eq=False)
class Logistic:
    """J^r(W) = sum over a batch of phi_y(f(x, W)), f = 1/(1 + e^{-W x}), phi_y(f) = -log f or -log(1 - f).

    ``x`` (N, m), the bias as a coordinate 1; ``y`` (N,), 1 or 0. Weights W are (m,).  Raises ValueError.
    """

    x: np.ndarray
    y: np.ndarray

    def __post_init__(self):
        x, y = checks.finite_array("x", self.x, ndim=2), checks.finite_array("y", self.y, ndim=1)
        if len(x) != len(y) or not np.isin(y, (0, 1)).all():
            raise ValueError("y must hold one 0 or 1 for each row of x")
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)

    def J(self, W, batch=slice(None)) -> float:
        """The loss of a batch; of all data by default."""
        z = self.x[batch] @ W
        return float(np.sum(np.logaddexp(0.0, z) - self.y[batch] * z))

    def gradient(self, W, batch=slice(None)) -> np.ndarray:
        """Gradient of J^r, (m,)."""
        x = self.x[batch]
        return x.T @ (expit(x @ W) - self.y[batch])

    def hessian(self, W, batch=slice(None)) -> np.ndarray:
        """Second derivatives of J^r, (m, m): what A_r is for least squares, but it depends on W."""
        x = self.x[batch]
        f = expit(x @ W)
        return (x.T * (f * (1 - f))) @ x

    @cached_property
    def minimizer(self) -> np.ndarray:
        """W_*, (m,), by Newton's method; there is none when a hyperplane separates the two classes."""
        W = np.zeros(self.x.shape[1])
        for _ in range(50):
            step = np.linalg.solve(self.hessian(W), self.gradient(W))
            W = W - step
            if np.abs(step).max() < 1e-13:
                return W
        raise ValueError("no minimizer was found: the classes may be separable")

    def flow(self, W, time: float, batch=slice(None)) -> np.ndarray:
        """dW/dt = -grad J^r(W) over ``time``, by the classical Runge-Kutta method in ``PIECES`` steps."""
        h = time / PIECES
        for _ in range(PIECES):
            a = -self.gradient(W, batch)
            b = -self.gradient(W + h / 2 * a, batch)
            c = -self.gradient(W + h / 2 * b, batch)
            W = W + h / 6 * (a + 2 * b + 2 * c - self.gradient(W + h * c, batch))
        return W

    def epoch(self, batches, W, step: float, scheme: str = splitting.LIE_EULER) -> np.ndarray:
        """W_{k+1} after one epoch over ``batches`` (index arrays) from ``W``, (m,)."""
        step = checks.TIME_STEP.check(step)
        for r, fraction in splitting.sweep(len(batches), scheme):
            if splitting.uses_exact_flows(scheme):
                W = self.flow(W, fraction * step, batches[r])
            else:
                W = W - fraction * step * self.gradient(W, batches[r])
        return W

    def second_order(self, batches, W, scheme: str) -> np.ndarray:
        """Limit of (one epoch - exact flow)/step^2 from ``W``, (m,): Hessians and gradients there, batch by
        batch.
        """
        H = np.array([self.hessian(W, batch) for batch in batches])
        g = np.array([self.gradient(W, batch) for batch in batches])
        return splitting.drift_constant(H, g, scheme) - 0.5 * H.sum(axis=0) @ g.sum(axis=0)


def two_classes(size: int = 16, seed: int = 3) -> Logistic:
    """``size`` points of a line in two overlapping classes; W is (slope, bias). Deterministic."""
    rng = np.random.default_rng(seed)
    y = np.arange(size) % 2
    return Logistic(np.column_stack([(rng.standard_normal(size) + 0.8 * y).round(2), np.ones(size)]), y)

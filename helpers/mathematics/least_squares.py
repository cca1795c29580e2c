"""Weighted least squares, the setting of section 5.3.2 (assumption (5.30)), and the exact flow of one
batch.

The unknown is carried transposed, ``Wt`` of shape (m, n), as in the book's W^t.  The factor 2 of the
gradient is absorbed: A = 2 sum alpha_i x_i (x) x_i and b = 2 sum alpha_i x_i (x) y_i, so that W^t obeys
dW^t/dt = -(A W^t - b).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.mathematics import checks


def _table(values, name: str) -> np.ndarray:
    """Return ``values`` as a two-dimensional float array, one datum a row; Raises ValueError."""
    array = checks.finite_array(name, values)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise ValueError(f"{name} must have one datum a row (1 or 2 dimensions); got {array.ndim} dimensions")
    if array.size == 0:
        raise ValueError(f"{name} must hold at least one datum and one coordinate; got shape {array.shape}")
    return array


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """The sum J(W) = sum_i alpha_i |W x_i - y_i|^2 of Eq. (5.30), with its A, b and minimizer.

    ``x`` is (N, m), or (N,) for m = 1; ``y`` is (N, n), or (N,) for n = 1; ``alpha`` is (N,), positive, 1
    by default. ``bias=True`` appends the coordinate 1 to every x_i, so that the last row of W^t is the
    bias.

    Raises ValueError for empty or non-finite data, mismatched shapes, and weights that are not positive.
    """

    x: np.ndarray
    y: np.ndarray
    alpha: np.ndarray | None = None
    bias: bool = False

    def __post_init__(self):
        x, y = _table(self.x, "x"), _table(self.y, "y")
        if len(x) != len(y):
            raise ValueError(f"x and y must hold as many data; got {len(x)} and {len(y)}")
        alpha = np.ones(len(x)) if self.alpha is None else checks.WEIGHT.check_all(self.alpha)
        if alpha.shape != (len(x),):
            raise ValueError(f"αᵢ: one weight a datum, shape ({len(x)},); got shape {alpha.shape}")
        if self.bias:
            x = np.column_stack([x, np.ones(len(x))])
        for name, value in (("x", x), ("y", y), ("alpha", alpha)):
            value = value.copy()
            value.flags.writeable = False
            object.__setattr__(self, name, value)

    @property
    def size(self) -> int:
        """Number of data."""
        return len(self.x)

    @property
    def m(self) -> int:
        """Number of coordinates of x_i, the bias included."""
        return self.x.shape[1]

    @property
    def n(self) -> int:
        """Number of outputs."""
        return self.y.shape[1]

    @cached_property
    def A(self) -> np.ndarray:
        """2 sum alpha_i x_i (x) x_i, (m, m)."""
        return self.batch(np.arange(self.size))[0]

    @cached_property
    def b(self) -> np.ndarray:
        """2 sum alpha_i x_i (x) y_i, (m, n), with alpha_i on the right as well (the book's Eq. for b
        omits it).
        """
        return self.batch(np.arange(self.size))[1]

    @cached_property
    def _svd(self):
        """Singular values and right vectors of sqrt(2 alpha_i) x_i: A = V s^2 V^T, with the small s
        accurate.
        """
        root = np.sqrt(2 * self.alpha)[:, None]
        left, s, right = np.linalg.svd(root * self.x, full_matrices=False)
        positive = s > max(self.x.shape) * np.finfo(float).eps * s[0]
        return left, s, right, positive

    @cached_property
    def eigenvalues(self) -> np.ndarray:
        """The m eigenvalues of A in increasing order; those of the kernel are exactly 0."""
        _, s, _, positive = self._svd
        values = np.zeros(self.m)
        values[self.m - len(s) :] = np.where(positive, s**2, 0.0)[::-1]
        return values

    @cached_property
    def eigensystem(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues of A in increasing order (m,), those of the kernel up to rounding, and its orthonormal
        eigenvectors (m, m), one a column.
        """
        return np.linalg.eigh(self.A)

    @property
    def rank(self) -> int:
        """Dimension of the span of the x_i."""
        return int(np.count_nonzero(self.eigenvalues))

    @property
    def spans(self) -> bool:
        """Whether the x_i span R^m, the hypothesis of Lemma 1.2.1 (reconstructed)."""
        return self.rank == self.m

    @property
    def lambda_min(self) -> float:
        """Smallest eigenvalue of A, 0 when the x_i do not span."""
        return float(self.eigenvalues[0])

    @property
    def lambda_positive(self) -> float:
        """Smallest positive eigenvalue of A, the lambda of the theorem on the range of A; 0 only if every
        x_i is 0.
        """
        positive = self.eigenvalues[self.eigenvalues > 0]
        return float(positive[0]) if positive.size else 0.0

    @property
    def norm_A(self) -> float:
        """Spectral norm of A, its largest eigenvalue."""
        return float(self.eigenvalues[-1])

    @property
    def trace_A(self) -> float:
        """Trace of A, 2 sum alpha_i |x_i|^2: the L of the theorem."""
        return float(self.eigenvalues.sum())

    @property
    def condition_number(self) -> float:
        """Largest over smallest eigenvalue of A; ``inf`` when the x_i do not span."""
        return self.norm_A / self.lambda_min if self.lambda_min > 0 else float("inf")

    @cached_property
    def minimizer(self) -> np.ndarray:
        """W_*^t, (m, n): the minimizer of least Frobenius norm, the only one when the x_i span."""
        left, s, right, positive = self._svd
        scaled = np.sqrt(2 * self.alpha)[:, None] * self.y
        return right[positive].T @ ((left[:, positive].T @ scaled) / s[positive][:, None])

    @cached_property
    def kernel_projector(self) -> np.ndarray:
        """Orthogonal projector on the kernel of A, (m, m); zero when the x_i span."""
        if self.spans:
            return np.zeros((self.m, self.m))
        _, _, right, positive = self._svd
        return np.eye(self.m) - right[positive].T @ right[positive]

    def limit(self, Wt0) -> np.ndarray:
        """Where the gradient flow from ``Wt0`` (..., m, n) ends: W_*^min plus the kernel part of the
        start.
        """
        return self.minimizer + self.kernel_projector @ self.as_unknown(Wt0)

    def as_unknown(self, Wt) -> np.ndarray:
        """Return ``Wt`` as a float array (..., m, n); (m,) is accepted when n = 1.  Raises ValueError."""
        array = checks.finite_array("Wᵗ", Wt)
        if array.shape == (self.m,) and self.n == 1:
            array = array[:, None]
        if array.ndim < 2 or array.shape[-2:] != (self.m, self.n):
            raise ValueError(f"Wᵗ must have shape (..., {self.m}, {self.n}); got {array.shape}")
        return array

    def batch(self, indices) -> tuple[np.ndarray, np.ndarray]:
        """A_r (m, m) and b_r (m, n) of the data in ``indices``."""
        x, y = self.x[indices], self.y[indices]
        weighted = 2 * self.alpha[indices][:, None] * x
        return weighted.T @ x, weighted.T @ y

    def features(self, columns) -> "LeastSquares":
        """The same data with the given coordinates of the x_i only."""
        return LeastSquares(self.x[:, columns], self.y, self.alpha)

    def J(self, Wt) -> np.ndarray:
        """The loss sum_i alpha_i |W x_i - y_i|^2, shape (...), for ``Wt`` (..., m, n)."""
        residual = self.x @ self.as_unknown(Wt) - self.y
        return np.einsum("i,...ij,...ij->...", self.alpha, residual, residual)

    def gradient(self, Wt, indices=None) -> np.ndarray:
        """Transposed gradient A W^t - b of J, or of the batch ``indices``, (..., m, n), formed from the
        data.
        """
        chosen = slice(None) if indices is None else indices
        x = self.x[chosen]
        residual = x @ self.as_unknown(Wt) - self.y[chosen]
        return (2 * self.alpha[chosen][:, None] * x).T @ residual

    def gradients(self, Wt) -> np.ndarray:
        """Transposed gradients 2 alpha_i x_i (x) (W x_i - y_i) of every datum at one ``Wt`` (m, n): (N,
        m, n).
        """
        residual = self.x @ self.as_unknown(Wt) - self.y
        return 2 * self.alpha[:, None, None] * self.x[:, :, None] * residual[:, None, :]

    def flow(self, Wt0, time) -> np.ndarray:
        """The gradient flow (5.3) of the whole J from ``Wt0`` (..., m, n) at one ``time``."""
        return exact_flow(self.A, self.b, self.as_unknown(Wt0), time)


def phi_1(z) -> np.ndarray:
    """(e^z - 1)/z, equal to 1 at z = 0, coordinatewise; ``inf`` where e^z overflows."""
    z = np.asarray(z, dtype=float)
    with np.errstate(over="ignore"):
        return np.where(z == 0, 1.0, np.expm1(z) / np.where(z == 0, 1.0, z))


def flow_map(A, b, time) -> tuple[np.ndarray, np.ndarray]:
    """E = e^{-A t} and s = t phi_1(-A t) b: the flow of dW^t/dt = -(A W^t - b) is W^t -> E W^t + s.

    ``A`` (..., m, m) symmetric non-negative, possibly singular; ``b`` (..., m, n); ``time`` >= 0, shape
    (...). One symmetric eigendecomposition of A; no choice of a batch minimizer (Eq. (5.29),
    reconstructed).
    """
    values, vectors = np.linalg.eigh(np.asarray(A, dtype=float))
    values = np.maximum(values, 0.0)  # rounding may leave -1e-17 in the kernel
    t = np.asarray(time, dtype=float)[..., None]
    adjoint = np.swapaxes(vectors, -1, -2)
    E = (vectors * np.exp(-values * t)[..., None, :]) @ adjoint
    s = (vectors * (t * phi_1(-values * t))[..., None, :]) @ (adjoint @ np.asarray(b, dtype=float))
    return E, s


def exact_flow(A, b, Wt0, time) -> np.ndarray:
    """Exact solution at ``time`` of dW^t/dt = -(A W^t - b), one sub-step of (5.29), reconstructed, from
    ``Wt0`` (..., m, n); ``A`` may be singular.
    """
    E, s = flow_map(A, b, time)
    return E @ np.asarray(Wt0, dtype=float) + s


def standardize(features) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features with mean 0 and standard deviation 1 a column, with the means and the scales removed.

    A constant column becomes 0 (its scale is taken as 1).  Raises ValueError for empty or non-finite
    features.
    """
    table = _table(features, "features")
    mean = table.mean(axis=0)
    scale = table.std(axis=0)
    # A column equal to a constant has a deviation of rounding only, which must not be blown up to 1.
    scale = np.where(scale <= 8 * np.finfo(float).eps * np.abs(mean), 1.0, scale)
    return (table - mean) / scale, mean, scale


def plane_data(size: int = 16, condition: float = 4.0, noise: float = 0.5, seed: int = 0) -> LeastSquares:
    """Default data of the pictures: W in the plane (m = 2, n = 1), ||A|| = 1, a stated condition number.

    ``size`` data of equal weight, y = W_0 x + noise: the batches disagree on the
    minimizer. Deterministic. Raises ValueError when size < 2, condition < 1 or noise < 0.
    """
    if size < 2 or not condition >= 1 or not noise >= 0:
        raise ValueError("size must be at least 2, condition at least 1 and noise non-negative")
    rng = np.random.default_rng(seed)
    left, _, right = np.linalg.svd(rng.standard_normal((size, 2)), full_matrices=False)
    x = left @ np.diag([1.0, condition**-0.5]) @ right * np.sqrt(size / 2)
    y = x @ np.array([1.0, -0.5]) + noise * rng.standard_normal(size)
    return LeastSquares(x, y, np.full(size, 1 / size))

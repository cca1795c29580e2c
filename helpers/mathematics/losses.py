"""Named loss functions J with exact gradients and Hessians.

Every callable takes W with the coordinates along the last axis and any number of leading axes:
``value`` returns the leading shape, ``gradient`` the shape of W, ``hessian`` one more axis of length n.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from helpers.mathematics import checks


@dataclass(frozen=True, eq=False)
class Loss:
    """A loss J of n variables, with what a picture of it needs.

    ``minimizer`` is one point where the ``minimum`` is reached; ``window`` is
    ((x0, x1), (y0, y1)) for n = 2, else None. ``partials``, where given, is the gradient once more, of n
    plain floats and as n of them: for one point, NumPy takes ten times as long.
    """

    name: str
    dimension: int
    value: Callable[[np.ndarray], np.ndarray]
    gradient: Callable[[np.ndarray], np.ndarray]
    hessian: Callable[[np.ndarray], np.ndarray]
    start: np.ndarray
    minimum: float
    minimizer: np.ndarray
    window: tuple[tuple[float, float], tuple[float, float]] | None = None
    partials: Callable[..., Sequence[float]] | None = None


def _constant(*values):
    array = np.array(values, dtype=float)
    array.setflags(write=False)
    return array


def _spread(matrix, w):
    """The constant matrix, shape (n, n), repeated over the leading axes of w."""
    return np.broadcast_to(matrix, np.shape(w)[:-1] + matrix.shape).copy()


def half_square():
    """The quadratic of one variable J(w) = w²/2."""
    return Loss(
        name="half square",
        dimension=1,
        value=lambda w: 0.5 * np.asarray(w)[..., 0] ** 2,
        gradient=lambda w: np.array(w, dtype=float),
        hessian=lambda w: _spread(np.eye(1), w),
        start=_constant(1.0),
        minimum=0.0,
        minimizer=_constant(0.0),
        partials=lambda w: (w,),
    )


def quadratic(condition=10.0, angle=0.5):
    """The quadratic J(W) = ½⟨HW, W⟩ of two variables, H with the eigenvalues 1 and ``condition``.

    Its axes are turned by ``angle`` (radians). ADAM acts coordinate by coordinate: the angle matters to it.

    Raises ValueError unless condition >= 1 and the angle is finite.
    """
    condition, angle = checks.CONDITION.check(condition), checks.ANGLE.check(angle)
    c, s = np.cos(angle), np.sin(angle)
    basis = np.array([[c, -s], [s, c]])
    h = (basis * [1.0, condition]) @ basis.T
    h = 0.5 * (h + h.T)
    h.setflags(write=False)
    xx, xy, yy = h[np.triu_indices(2)].tolist()
    return Loss(
        name=f"quadratic, condition {condition:g}",
        dimension=2,
        value=lambda w: 0.5 * np.sum(w * (w @ h), axis=-1),
        gradient=lambda w: w @ h,
        hessian=lambda w: _spread(h, w),
        start=_constant(2.0, 1.6),
        minimum=0.0,
        minimizer=_constant(0.0, 0.0),
        window=((-2.5, 2.5), (-2.5, 2.5)),
        partials=lambda x, y: (xx * x + xy * y, xy * x + yy * y),
    )


def bilinear():
    """The bilinear regression J(θ) = ½(3/2 − 2θ₁θ₂)², minimal on the hyperbola θ₁θ₂ = 3/4.

    On the hyperbola the trace of the Hessian is 4|θ|².
    """

    def value(w):
        w = np.asarray(w)
        return 0.5 * (1.5 - 2 * w[..., 0] * w[..., 1]) ** 2

    def gradient(w):
        return w[..., ::-1] * (4 * w[..., :1] * w[..., 1:] - 3)

    def hessian(w):
        x, y = np.moveaxis(np.asarray(w, dtype=float), -1, 0)
        cross = 8 * x * y - 3
        return np.stack([np.stack([4 * y * y, cross], -1), np.stack([cross, 4 * x * x], -1)], -2)

    return Loss(
        name="bilinear regression",
        dimension=2,
        value=value,
        gradient=gradient,
        hessian=hessian,
        start=_constant(3.0, 0.8),
        minimum=0.0,
        minimizer=_constant(0.75**0.5, 0.75**0.5),
        window=((0.0, 3.4), (0.0, 1.8)),
    )


def one_equation():
    """One equation for three unknowns, J(W) = ½(3w₁ + 2w₂ + w₃ − 6)²: the minimizers fill a plane."""
    a = _constant(3.0, 2.0, 1.0)
    h = np.outer(a, a)
    a_1, a_2, a_3 = a.tolist()

    def partials(x, y, z):
        residual = a_1 * x + a_2 * y + a_3 * z - 6
        return a_1 * residual, a_2 * residual, a_3 * residual

    return Loss(
        name="one equation, three unknowns",
        dimension=3,
        value=lambda w: 0.5 * (np.asarray(w) @ a - 6) ** 2,
        gradient=lambda w: (np.asarray(w) @ a - 6)[..., None] * a,
        hessian=lambda w: _spread(h, w),
        start=_constant(0.0, 0.0, 0.0),
        minimum=0.0,
        minimizer=_constant(9 / 7, 6 / 7, 3 / 7),
        partials=partials,
    )


def rosenbrock():
    """Rosenbrock's curved valley J(W) = ½(1 − w₁)² + (c/2)(w₂ − w₁²)², c = 10.

    The classical function is twice this one with c = 100.
    """
    c = 10.0

    def partials(x, y):
        gap = c * (y - x * x)
        return x - 1 - 2 * x * gap, gap

    def value(w):
        w = np.asarray(w)
        return 0.5 * (1 - w[..., 0]) ** 2 + 0.5 * c * (w[..., 1] - w[..., 0] ** 2) ** 2

    def gradient(w):
        w = np.asarray(w, dtype=float)
        out = np.empty_like(w)
        out[..., 0], out[..., 1] = partials(w[..., 0], w[..., 1])
        return out

    def hessian(w):
        x, y = np.moveaxis(np.asarray(w, dtype=float), -1, 0)
        cross = -2 * c * x
        corner = 1 - 2 * c * (y - x * x) + 4 * c * x * x
        return np.stack([np.stack([corner, cross], -1), np.stack([cross, np.full_like(x, c)], -1)], -2)

    return Loss(
        name="Rosenbrock's valley",
        dimension=2,
        value=value,
        gradient=gradient,
        hessian=hessian,
        start=_constant(-1.2, 1.0),
        minimum=0.0,
        minimizer=_constant(1.0, 1.0),
        window=((-1.8, 1.8), (-0.8, 2.4)),
        partials=partials,
    )

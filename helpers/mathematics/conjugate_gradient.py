"""The linear case of §5.4: gradient descent and conjugate gradients on least squares, from 0 and elsewhere.

Both leave the kernel part of the start untouched and end at W*^min + P_{ker A} W_0^t: from 0, the
minimum-norm solution; if A > 0, the one minimizer, whatever the start.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse.linalg import cg

from helpers.mathematics import adam, checks
from helpers.mathematics.least_squares import LeastSquares
from helpers.mathematics.numerals import ROUNDING

SCALED_STEP = checks.Quantity("Δt ‖A‖", "time step times the norm of A", 0, 2, (False, False))


def conjugate_gradient(problem: LeastSquares, start):
    """Iterates of SciPy's conjugate gradients on A W^t = b from ``start`` (m, 1) or (m,): (k + 1, m, 1).

    A may be singular: b lies in its range, and so do all residuals. The correction is solved for,
    A d = b - A W_0^t from d = 0, which gives the same iterates (for b = 0 SciPy answers 0, whatever start).
    A residual smaller than 10^-14 times the first ends the iteration, or 2 m + 10 steps (m suffice but for
    rounding). Raises ValueError for a start of the wrong shape, non-finite input, n > 1.
    """
    w = problem.as_unknown(start)
    if w.shape != (problem.m, 1):
        raise ValueError(f"the start must be one W^t of shape ({problem.m}, 1); got {w.shape}")
    first, right = w[:, 0], problem.b[:, 0]
    path, residual = [first], right - problem.A @ first
    # what rounding leaves of the residual of a solution: below it there is nothing to solve for
    size = problem.norm_A * np.linalg.norm(first) + np.linalg.norm(right)
    floor = problem.m * np.finfo(float).eps * size
    if np.linalg.norm(residual) > floor:
        cg(
            problem.A, residual, rtol=1e-14, atol=floor, maxiter=2 * problem.m + 10,
            callback=lambda d: path.append(first + d),
        )  # fmt: skip
    return np.array(path)[..., None]


def gradient_descent(problem: LeastSquares, start, *, step=None, steps=500):
    """Iterates W^t_{k+1} = W^t_k - Δt (A W^t_k - b), Eq. (5.2), from ``start`` (..., m, n) or (m,).

    Returns (steps + 1, ..., m, n). step: Δt, 1/‖A‖ unless given.
    Raises ValueError for a wrong shape, non-finite input, a step not in (0, 2/‖A‖), steps < 1.
    """
    w, steps = problem.as_unknown(start), checks.STEPS.within(low=1).check(steps)
    largest = problem.norm_A
    step = (1 / largest if largest else 1.0) if step is None else checks.TIME_STEP.check(step)
    SCALED_STEP.check(step * largest or 1.0)
    return adam.gradient_descent(lambda W: problem.A @ W - problem.b, w, step=step, steps=steps)


def kernel_part(problem: LeastSquares, Wt):
    """The part of W^t (..., m, n) in the kernel of A, which no gradient changes; checks shapes."""
    return problem.kernel_projector @ problem.as_unknown(Wt)


def underdetermined(data=3, unknowns=6, *, seed=0):
    """A consistent least-squares problem with fewer data than unknowns, hence a kernel, from a seed.

    Raises ValueError for data >= unknowns or counts below 1.
    """
    data, unknowns = checks.DATA.check(data), checks.DATA.called("m").check(unknowns)
    if data >= unknowns:
        raise ValueError(f"data must be fewer than unknowns; got {data} and {unknowns}")
    rng = np.random.default_rng(seed)
    return LeastSquares(rng.normal(size=(data, unknowns)), rng.normal(size=data))


def one_line(direction=(2.0, 1.0), value=3.0):
    """One equation in two unknowns, direction·w = value: its solutions are a line of the plane."""
    return LeastSquares(np.array([direction], dtype=float), np.array([value], dtype=float))


DIGITS = 1e-10  # of the first error: conjugate gradient has arrived


@dataclass(frozen=True, eq=False)
class Course:
    """Iterates of both methods for one equation in the plane, and their errors on a larger problem.

    start, least, kernel: (2,), the start, the solution of least norm, the start's part in the kernel.
    descent, conjugate: (k + 1, 2). gap: largest distance of a coordinate of conjugate gradient's end from
    least + kernel. in_range: the start has no kernel part, so that the end is ``least``.
    descent_error, conjugate_error: (k + 1,), distances to the limit on the larger problem; drift: how far the
    kernel part of descent has moved there. iterations: of conjugate gradient until its error has fallen to
    DIGITS of the first.
    """

    start: np.ndarray
    theta: float
    least: np.ndarray
    kernel: np.ndarray
    descent: np.ndarray
    conjugate: np.ndarray
    gap: float
    in_range: bool
    descent_error: np.ndarray
    conjugate_error: np.ndarray
    drift: np.ndarray
    iterations: int

    @property
    def moved(self):
        """How far the kernel part has moved at most."""
        return float(self.drift.max())

    @property
    def rounding(self):
        """Below it a distance may be rounding alone: 10⁻¹² for starts up to 10, in whole powers of ten."""
        size = float(np.linalg.norm(self.start))
        return ROUNDING * 10.0 ** max(0, math.ceil(math.log10(max(size, 1.0))) - 1)


def course(plane: LeastSquares, large: LeastSquares, start, direction, theta, steps):
    """The `Course` from ``start`` (2,) and, on ``large``, from |start| times ``direction``; Δt = theta/‖A‖.

    Raises ValueError for theta not in (0, 2), and as the two methods do.
    """
    start, theta = checks.finite_array("the start", start, ndim=1), SCALED_STEP.check(theta)
    far = large.as_unknown(np.linalg.norm(start) * np.asarray(direction))
    descent, conjugate = _both(plane, start, theta, steps)
    least, kernel = plane.minimizer[:, 0], kernel_part(plane, start)[:, 0]
    far_descent, far_conjugate = _both(large, far, theta, steps)
    limit, kernels = large.limit(far), kernel_part(large, far_descent)
    errors = [np.linalg.norm(path - limit, axis=(-2, -1)) for path in (far_descent, far_conjugate)]
    return Course(
        start=start, theta=theta, least=least, kernel=kernel, descent=descent[..., 0],
        conjugate=conjugate[..., 0], gap=float(np.abs(conjugate[-1, :, 0] - least - kernel).max()),
        in_range=bool(np.linalg.norm(kernel) <= ROUNDING * np.linalg.norm(start)),
        descent_error=errors[0], conjugate_error=errors[1],
        drift=np.linalg.norm(kernels - kernels[0], axis=(-2, -1)),
        iterations=int(np.flatnonzero(errors[1] <= DIGITS * errors[1][0])[0]),
    )  # fmt: skip


def _both(problem, start, theta, steps):
    descent = gradient_descent(problem, start, step=theta / problem.norm_A, steps=steps)
    return descent, conjugate_gradient(problem, start)

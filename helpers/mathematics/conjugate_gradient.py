"""The linear case of §5.4: gradient descent and conjugate gradients on least squares, from 0 and elsewhere.

Both leave the kernel part of the start untouched: from 0 they reach the minimum-norm solution.
"""

import numpy as np
from scipy.sparse.linalg import cg

from helpers.mathematics.initialization import check_count, check_sigma
from helpers.mathematics.least_squares import LeastSquares


def conjugate_gradient(problem: LeastSquares, start, *, rtol=1e-14, steps=None):
    """Iterates of SciPy's conjugate gradients on A W^t = b, from ``start`` (m, n) or (m,): (k + 1, m, n).

    A may be singular: b lies in its range, and so do all residuals. The correction is solved for,
    A d = b - A W_0^t from d = 0, which gives the same iterates (for b = 0 SciPy answers 0, whatever start).
    Columns are solved one by one; one that has finished waits. A residual smaller than ``rtol`` times
    the first ends the iteration, or ``steps`` of them (2 m + 10 unless given: m suffice but for rounding).
    Raises ValueError for a start of the wrong shape, non-finite input, rtol < 0, steps < 1.
    """
    w = problem.as_unknown(start)
    if w.ndim != 2:
        raise ValueError(f"the start must be one W^t of shape ({problem.m}, {problem.n}); got {w.shape}")
    rtol = check_sigma("rtol", rtol)
    steps = 2 * problem.m + 10 if steps is None else check_count("steps", steps)
    columns = []
    for column, right in zip(w.T, problem.b.T, strict=True):
        iterates = [column]
        residual = right - problem.A @ column
        # what rounding leaves of the residual of a solution: below it there is nothing to solve for
        size = problem.norm_A * np.linalg.norm(column) + np.linalg.norm(right)
        floor = problem.m * np.finfo(float).eps * size
        if np.linalg.norm(residual) > floor:
            cg(
                problem.A, residual, rtol=rtol, atol=floor, maxiter=steps,
                callback=lambda d, kept=iterates: kept.append(kept[0] + d),
            )  # fmt: skip
        columns.append(iterates)
    length = max(map(len, columns))
    path = np.empty((length, problem.m, problem.n))
    for j, iterates in enumerate(columns):
        path[: len(iterates), :, j] = iterates
        path[len(iterates) :, :, j] = iterates[-1]
    return path


def gradient_descent(problem: LeastSquares, start, *, step=None, steps=500):
    """Iterates W^t_{k+1} = W^t_k - Δt (A W^t_k - b), Eq. (5.2), from ``start`` (..., m, n) or (m,).

    Returns (steps + 1, ..., m, n). step: Δt, 1/‖A‖ unless given.
    Raises ValueError for a wrong shape, non-finite input, a step not in (0, 2/‖A‖), steps < 1.
    """
    w, steps = problem.as_unknown(start), check_count("steps", steps)
    largest = problem.norm_A
    step = (1 / largest if largest else 1.0) if step is None else check_sigma("step", step)
    if step == 0:
        raise ValueError("step must be positive; got 0")
    if step * largest >= 2:
        raise ValueError(f"step must lie below 2/‖A‖ = {2 / largest:.6g}; got {step:g}")
    path = np.empty((steps + 1, *w.shape))
    path[0] = w
    A, b = problem.A, problem.b
    for k in range(steps):
        path[k + 1] = path[k] - step * (A @ path[k] - b)
    return path


def kernel_part(problem: LeastSquares, Wt):
    """The part of W^t (..., m, n) in the kernel of A, which no gradient changes; checks shapes."""
    return problem.kernel_projector @ problem.as_unknown(Wt)


def underdetermined(data=3, unknowns=6, *, seed=0):
    """A consistent least-squares problem with fewer data than unknowns, hence a kernel, from a seed.

    Raises ValueError for data >= unknowns or counts below 1.
    """
    data, unknowns = check_count("data", data), check_count("unknowns", unknowns)
    if data >= unknowns:
        raise ValueError(f"data must be fewer than unknowns; got {data} and {unknowns}")
    rng = np.random.default_rng(seed)
    return LeastSquares(rng.normal(size=(data, unknowns)), rng.normal(size=data))


def one_line(direction=(2.0, 1.0), value=3.0):
    """One equation in two unknowns, direction·w = value: its solutions are a line of the plane."""
    return LeastSquares(np.array([direction], dtype=float), np.array([value], dtype=float))

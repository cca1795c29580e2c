"""ADAM's three recursions, book, paper and Keras, for full gradients and for batches, many runs at once."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from helpers.mathematics import checks

EPSILON = {"book": 0.0, "paper": 1e-8, "keras": 1e-7}  # each form's own default
FORMS = tuple(EPSILON)


def adam_step(form, w, m, d, g, *, step, beta_1, beta_2, epsilon, iteration, sqrt=np.sqrt):
    """One step of ADAM in the named form; returns the next (w, m, d).

    "book": Eq. (5.26), reconstructed, where m holds Z, minus the paper's m. "paper": Kingma and Ba.
    "keras": Keras, whose epsilon acts before the bias correction. ``iteration`` counts from 1.
    In the book form a coordinate with Z = 0 does not move, even where D = 0: it has had no gradient yet.
    ``sqrt``: `math.sqrt` is sooner where all are floats; a division by 0 is then a ZeroDivisionError.
    """
    d = beta_2 * d + (1 - beta_2) * g * g
    if form == "book":
        z = beta_1 * m - (1 - beta_1) * g
        return w + step * z / sqrt(d + (z == 0)), z, d
    m = beta_1 * m + (1 - beta_1) * g
    if form == "paper":
        m_hat = m / (1 - beta_1**iteration)
        d_hat = d / (1 - beta_2**iteration)
        return w - step * m_hat / (sqrt(d_hat) + epsilon), m, d
    rate = step * (1 - beta_2**iteration) ** 0.5 / (1 - beta_1**iteration)
    return w - rate * m / (sqrt(d) + epsilon), m, d


@dataclass(frozen=True, eq=False)
class AdamPath:
    """States of a run of ADAM: arrays of shape (states, ..., n), the start first.

    ``first_moment`` is Z ≈ -∇J in the book form, m ≈ ∇J in the other two; ``second_moment`` is D ≈ ∇J² (the
    paper's v). ``iteration`` is the number of steps made before each state.
    """

    w: np.ndarray
    first_moment: np.ndarray
    second_moment: np.ndarray
    iteration: np.ndarray


def adam(
    gradient: Callable | Sequence[Callable],
    start,
    *,
    step,
    beta_1,
    beta_2,
    form="book",
    steps,
    epsilon=None,
    first_moment=None,
    second_moment=None,
    order=None,
    every=1,
    floats=False,
) -> AdamPath:
    """Run ``steps`` steps of ADAM in the named form; "book" is Eq. (5.26), reconstructed.

    gradient: one callable, W of shape (..., n) to the same shape; or a sequence of them, the batches, one for
    each step: cyclically, or as ``order``, an integer array of length ``steps``, says.
    start: shape (..., n).
    step: a number Δt, or Δt_k along a first axis of length >= steps.
    beta_1, beta_2, epsilon: numbers, or arrays that broadcast against the leading axes of the start, so that
    a grid of (β₁, β₂) runs at once; epsilon is 0 (book), 1e-8 (paper), 1e-7 (Keras) unless given.
    first_moment, second_moment: at the start, zero unless given (Z in the book form, m in the others).
    every: keep one state in so many, and the last.
    floats: the gradients take a list of n floats and return n of them, start has shape (n,) and β and Δt_k
    are numbers: the same numbers as in arrays, sooner where n is so small that NumPy's calls take the time.

    Raises ValueError for β outside [0, 1), a step that is not positive, NaN or infinite input, a gradient of
    the wrong shape, a path that stops being finite (says at which step) and, in the book form, D = 0 where
    Z is not 0.
    """
    form, epsilon = _checked_form(form, epsilon)
    steps, every = checks.STEPS.check(steps), checks.EVERY.check(every)
    beta_1, beta_2 = checks.BETA_1.check_all(beta_1), checks.BETA_2.check_all(beta_2)
    step = _checked_steps(step, steps)
    gradients = list(gradient) if isinstance(gradient, Sequence) else [gradient]
    order = _checked_order(order, len(gradients), steps)

    start = checks.finite_array("the start", start)
    if start.ndim == 0:
        raise ValueError("the start must be a vector, or hold vectors along its last axis; got a number")
    over_runs = (np.shape(beta_1), np.shape(beta_2), np.shape(epsilon), step.shape[1:])
    runs = np.broadcast_shapes(start.shape[:-1], *over_runs)
    shape = runs + start.shape[-1:]
    w = np.broadcast_to(start, shape)
    m = _moment("the first moment", first_moment, shape)
    d = _moment("the second moment", second_moment, shape)
    if np.any(d < 0):
        raise ValueError("the second moment must not be negative: it is an average of squared gradients")
    beta_1, beta_2, epsilon = (a[..., None] if a.ndim else float(a) for a in (beta_1, beta_2, epsilon))
    dt = step[..., None] if step.ndim > 1 else step.tolist()

    if floats and runs:
        raise ValueError(f"floats=True allows one run, numbers for β and Δt; got runs of shape {runs}")
    kept = np.append(np.arange(0, steps, every), steps)
    plan = [(gradients[order[k]], dt[k], k + 1) for k in range(steps)]
    run = _run_in_floats if floats else _run_in_arrays
    with np.errstate(all="ignore"):  # what overflows is found below and said in words
        ws, ms, ds = run(form, (w, m, d), plan, kept, beta_1, beta_2, epsilon)
    _check_path(form, ws, ms, ds, kept)
    return AdamPath(ws, ms, ds, kept)


def _run_in_arrays(form, state, plan, kept, beta_1, beta_2, epsilon):
    """W and both moments, (3, states, ..., n), where the number of steps is one of those in ``kept``."""
    w, m, d = state
    states = np.empty((3, kept.size, *w.shape))
    states[:, 0] = state
    rows = {k: row for row, k in enumerate(kept.tolist())}
    for gradient, step, k in plan:
        g = np.asarray(gradient(w), dtype=float)
        if g.shape != w.shape:
            raise ValueError(f"the gradient must have the shape of W, {w.shape}; got {g.shape}")
        w, m, d = adam_step(
            form, w, m, d, g, step=step, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, iteration=k
        )
        if k in rows:
            states[:, rows[k]] = w, m, d
    return states


def _run_in_floats(form, state, plan, kept, beta_1, beta_2, epsilon):
    """The same for one run, coordinate by coordinate."""
    w, m, d = (array.tolist() for array in state)
    states, wanted = [*w, *m, *d], set(kept.tolist())

    def move(w, m, d, g, step, k, sqrt):
        return adam_step(
            form, w, m, d, g, step=step, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, iteration=k, sqrt=sqrt
        )

    for gradient, step, k in plan:
        g = gradient(w.copy())
        if len(g) != len(w):
            raise ValueError(f"the gradient must have as many floats as W, {len(w)}; got {len(g)}")
        for i, slope in enumerate(g):
            try:
                w[i], m[i], d[i] = move(w[i], m[i], d[i], slope, step, k, math.sqrt)
            except ZeroDivisionError:  # NumPy goes on with an infinity, which is found in the path
                w[i], m[i], d[i] = move(w[i], m[i], d[i], slope, step, k, np.sqrt)
        if k in wanted:
            states += (*w, *m, *d)
    return np.array(states).reshape(len(kept), 3, len(w)).swapaxes(0, 1)


def gradient_descent(gradient: Callable, start, *, step, steps):
    """The steepest gradient method W_{k+1} = W_k - Δt_k ∇J(W_k), Eq. (5.2); W of shape (steps + 1, ..., n).

    step is a number or a sequence of at least ``steps`` numbers.
    Raises ValueError for a step that is not positive, NaN or infinite input, a path that stops being finite.
    """
    steps = checks.STEPS.check(steps)
    dt = _checked_steps(step, steps).tolist()
    start = checks.finite_array("the start", start)
    w = np.empty((steps + 1, *start.shape))
    w[0] = start
    with np.errstate(all="ignore"):
        for k in range(steps):
            w[k + 1] = w[k] - dt[k] * gradient(w[k])
    finite = np.isfinite(w).reshape(steps + 1, -1).all(axis=1)
    if not finite.all():
        k = int(np.argmin(finite))
        raise ValueError(f"gradient descent stops being finite at step {k}: take a smaller step")
    return w


def _checked_form(form, epsilon):
    checks.one_of("the form of ADAM", form, FORMS)
    array = checks.EPSILON.check_all(EPSILON[form] if epsilon is None else epsilon)
    if form == "book" and np.any(array != 0):
        raise ValueError("the book form has no ε: leave it out, or name the paper or keras form")
    return form, array


def _checked_steps(step, steps):
    """The time steps Δt_k, shape (steps, ...)."""
    array = checks.TIME_STEP.check_all(step)
    if array.ndim == 0:
        return np.full(steps, float(array))
    if len(array) < steps:
        raise ValueError(f"Δt must be a number or one value for each of {steps} steps; got {len(array)}")
    return array[:steps]


def _checked_order(order, batches, steps):
    if batches == 0:
        raise ValueError("gradient must be a callable or a non-empty sequence of callables")
    if order is None:
        return [k % batches for k in range(steps)]
    array = np.asarray(order)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer) or len(array) < steps:
        raise ValueError(f"order must be a one-dimensional array of integers, one for each of {steps} steps")
    if np.any((array < 0) | (array >= batches)):
        raise ValueError(f"order must name batches 0 to {batches - 1}")
    return array.tolist()


def _moment(name, moment, shape):
    if moment is None:
        return np.zeros(shape)
    array = checks.finite_array(name, moment)
    try:
        return np.array(np.broadcast_to(array, shape))
    except ValueError:
        raise ValueError(f"{name} must broadcast to the shape of W, {shape}; got {array.shape}") from None


def _check_path(form, ws, ms, ds, kept):
    """Raise ValueError, with the step, if a state is not finite."""
    finite = np.ones(len(kept), dtype=bool)
    for array in (ws, ms, ds):
        finite &= np.isfinite(array).reshape(len(kept), -1).all(axis=1)
    if finite.all():
        return
    first = int(np.argmin(finite))
    k = int(kept[first])
    exact = k - kept[first - 1] == 1
    when = f"at step {k}" if exact else f"between steps {kept[first - 1] + 1} and {k}"
    if exact and form == "book" and np.any((ds[first] == 0) & (ms[first] != 0)):
        raise ValueError(
            f"D is zero where Z is not, {when}: the book form divides by the square root of D. "
            "Either β₂ is 0 and the gradient vanishes, or its square is below the smallest number"
        )
    raise ValueError(f"ADAM stops being finite {when}: the gradient or its square overflows, or is NaN")

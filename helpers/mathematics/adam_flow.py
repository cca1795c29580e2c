"""ADAM as a system of ordinary differential equations: Eq. (5.23), reconstructed.

W' = D^{-1/2} Z,   ε₁ Z' = -∇J(W) - Z,   ε₂ D' = ∇J(W)² - D,   coordinate by coordinate.
Near a minimum D tends to 0 and W oscillates, its frequency growing like D^{-1/4}: the tolerances follow the
energy down until the integration stops.
"""

import warnings
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
from scipy.integrate import ode

from helpers.mathematics import checks
from helpers.mathematics.losses import Loss
from helpers.mathematics.numerals import numeral

CHECKS = 200  # D is looked at this many times at least between 0 and the end time
RESOLVED = 100 * np.finfo(float).eps  # LSODA refuses tolerances at the rounding of W
SMALL_TIME = 1e-6  # start from Z = D = 0: the expansion is used up to this fraction of the shorter memory


@dataclass(frozen=True, eq=False)
class Flow:
    """States (W, Z, D), each of shape (times, n), at the times t; ``stopped`` says why early, or None."""

    t: np.ndarray
    w: np.ndarray
    z: np.ndarray
    d: np.ndarray
    stopped: str | None


def vector_field(loss: Loss, w, z, d, epsilon_1, epsilon_2):
    """The right-hand sides (W', Z', D') of Eq. (5.23), reconstructed; any leading axes, D > 0."""
    g = loss.gradient(np.asarray(w, dtype=float))
    return z / np.sqrt(d), -(g + z) / epsilon_1, (g * g - d) / epsilon_2


def integrate(
    loss: Loss,
    start,
    epsilon_1,
    epsilon_2,
    end_time,
    *,
    times=None,
    z0=None,
    d0=None,
    floor=1e-7,
    tolerance=1e-7,
    max_evaluations=30_000,
) -> Flow:
    """Integrate Eq. (5.23), reconstructed, with LSODA (stiff or not, chosen as it goes) from W = ``start``.

    times: where the states are wanted, increasing from 0; unless given, 300 equidistant ones up to end_time.
    z0, d0: -∇J and ∇J² at the start unless given. Both zero, as in the recursions, is allowed where no
    coordinate of ∇J vanishes: the first instants then follow Z = -(1-e^{-t/ε₁})∇J, D = (1-e^{-t/ε₂})∇J² and
    W = W₀ - (2/3) t^{3/2} (√ε₂/ε₁) sign ∇J, exact up to a relative O(t).
    Stops, with the reason in ``stopped``, when after t = ε₂ a coordinate of D is below ``floor`` times the
    largest one at the start (of ∇J² if D starts from 0), or past ``max_evaluations`` of the gradient.

    Raises ValueError for ε, end time, floor or tolerance that are not positive, times that do not increase
    from 0, NaN or infinite input, D that is not positive (says where) and a flow that overflows (says when).
    """
    epsilon_1, epsilon_2 = checks.EPSILON_1.check(epsilon_1), checks.EPSILON_2.check(epsilon_2)
    end_time = checks.END_TIME.check(end_time)
    floor, tolerance = checks.FLOOR.check(floor), checks.TOLERANCE.check(tolerance)
    n = loss.dimension
    times = _checked_times(times, end_time)
    w0 = _vector("the start", start, n)
    with np.errstate(all="ignore"):
        g0 = loss.gradient(w0)
        g0_squared = g0 * g0
    if not np.all(np.isfinite(g0_squared)):
        raise ValueError("the gradient at the start, or its square, overflows: start nearer to the minimum")
    z0 = -g0 if z0 is None else _vector("Z at the start", z0, n)
    d0 = g0_squared if d0 is None else _vector("D at the start", d0, n)
    t0, state = _first_state(w0, z0, d0, g0, epsilon_1, epsilon_2)

    first_d = g0_squared if t0 else d0
    scale = first_d.max()
    lowest, resolved = floor * scale, floor * first_d
    evaluations = 0
    partials = loss.partials or (lambda *w: loss.gradient(np.array(w)).tolist())
    least = np.maximum(1e-3 * resolved, np.finfo(float).tiny).tolist()  # LSODA may try a D below 0

    def rhs(t, y):  # with plain floats: of so few coordinates, NumPy makes three times the time
        nonlocal evaluations
        evaluations += 1
        values = y.tolist()
        for i, g in enumerate(partials(*values[:n])):
            z, d = values[n + i], values[2 * n + i]
            values[i] = z / sqrt(least[i] if d < least[i] else d)
            values[n + i] = (g + z) / -epsilon_1
            values[2 * n + i] = (g * g - d) / epsilon_2
        return values

    @np.errstate(all="ignore")
    def excess(y):
        """E - min J, Eq. (5.24), reconstructed."""
        y = np.asarray(y)
        kinetic = np.sum(y[n : 2 * n] ** 2 / np.sqrt(np.maximum(y[2 * n :], least)))
        return float(loss.value(y[:n]) - loss.minimum + 0.5 * epsilon_1 * kinetic)

    # near a minimum W and Z oscillate with amplitudes of the size of √(E - min J): their tolerances follow it
    # down; of W the distance to the minimum counts, not |W|, so that it has no relative tolerance
    relative = np.repeat([0.0, tolerance, tolerance], n)
    first_energy = max(excess(state), np.finfo(float).tiny)

    def solver_from(t, state, share):
        size, on_z = 1 + np.abs(w0).max(), 1e-2 * tolerance * share * sqrt(scale)
        on_w = max(tolerance * share, RESOLVED) * size
        absolute = np.concatenate([np.full(n, on_w), np.full(n, on_z), 1e-4 * resolved])
        solver = ode(rhs).set_integrator("lsoda", rtol=relative, atol=absolute, nsteps=max_evaluations)
        return solver.set_initial_value(state, t)

    share = 1.0
    solver = solver_from(t0, state, share)
    rows, stopped = [np.concatenate([w0, z0, d0])], None
    wanted = set(times.tolist())
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # LSODA's own words on giving up: said below
        for t in np.union1d(times, np.linspace(0, times[-1], CHECKS))[1:].tolist():
            if t <= t0:
                rows.extend([_small_time(t, w0, g0, epsilon_1, epsilon_2)] if t in wanted else [])
                continue
            y = solver.integrate(t).tolist()
            spent = evaluations > max_evaluations
            if not all(map(isfinite, y)) or not (solver.successful() or spent):
                raise ValueError(
                    f"the flow overflows before t = {numeral(t)}: the squared gradient is too large"
                )
            if spent:
                stopped = (
                    f"stopped at t = {numeral(t)}: W oscillates too fast for {max_evaluations} evaluations"
                )
            elif t > epsilon_2 and min(y[2 * n :]) < lowest:  # before, D may be growing
                small = f"D is below {numeral(lowest, 1)}"
                stopped = f"stopped at t = {numeral(t)}: {small}, and W oscillates ever faster"
            if stopped:
                break
            if t in wanted:
                rows.append(y)
            now = sqrt(max(excess(y), 0.0) / first_energy)
            if 0 < now < 0.1 * share or now > 10 * share:
                share = now
                solver = solver_from(t, y, share)
    states = np.array(rows)
    return Flow(times[: len(rows)], states[:, :n], states[:, n : 2 * n], states[:, 2 * n :], stopped)


def _first_state(w0, z0, d0, g0, epsilon_1, epsilon_2):
    """The time and the state (W, Z, D) from which LSODA can start."""
    if not np.any(z0) and not np.any(d0):
        if np.all(g0 != 0):
            t0 = SMALL_TIME * min(epsilon_1, epsilon_2)
            return t0, _small_time(t0, w0, g0, epsilon_1, epsilon_2)
        bad = int(np.argmin(g0 != 0))
        raise ValueError(f"from Z = D = 0 every coordinate needs a gradient; coordinate {bad} has none")
    if np.all(d0 > 0):
        return 0.0, np.concatenate([w0, z0, d0])
    bad = int(np.argmin(d0 > 0))
    raise ValueError(
        f"D must be positive in every coordinate at the start; coordinate {bad} has {numeral(d0[bad])}. "
        "Without d0, D starts as the squared gradient: move the start, or give d0"
    )


def _small_time(t, w0, g0, epsilon_1, epsilon_2):
    """The state (W, Z, D) at a small time t after Z = D = 0."""
    w = w0 - 2 / 3 * t**1.5 * np.sqrt(epsilon_2) / epsilon_1 * np.sign(g0)
    return np.concatenate([w, np.expm1(-t / epsilon_1) * g0, -np.expm1(-t / epsilon_2) * g0 * g0])


def _vector(name, values, n):
    array = np.atleast_1d(checks.finite_array(name, values)).copy()
    if array.shape != (n,):
        raise ValueError(f"{name} must be a vector of {n} coordinates; got the shape {array.shape}")
    return array


def _checked_times(times, end_time):
    if times is None:
        return np.linspace(0, end_time, 300)
    array = np.asarray(times, dtype=float)
    if array.ndim != 1 or array.size < 2 or array[0] != 0 or not np.all(np.diff(array) > 0):
        raise ValueError("times must increase from 0 and hold at least two values")
    if not array[-1] <= end_time:
        raise ValueError(
            f"times must not pass the end, {numeral(end_time)}; the last is {numeral(array[-1])}"
        )
    return array

"""The flows ADAM follows when its memories are short: the sign flow, the descent of the effective loss."""

from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

from helpers.mathematics import checks
from helpers.mathematics.losses import Loss
from helpers.mathematics.numerals import numeral

FLOOR = 1e-9  # of the gradient, relative to the start: below it a coordinate has arrived


@dataclass(frozen=True, eq=False)
class SignFlow:
    """States W, shape (times, n), at the times ``t``; ``stopped`` says why the last is early, or None."""

    t: np.ndarray
    w: np.ndarray
    stopped: str | None


def sign_flow(loss: Loss, start, end_time) -> SignFlow:
    """The sign flow W' = -sign ∇J(W), the limit of Eq. (5.23), reconstructed, as ε₁, ε₂ → 0.

    It is followed until a coordinate of ∇J falls below FLOOR times the largest one at the start: there
    it has arrived, or slides on along ∂_iJ = 0. The last state is then the one at that time.
    Raises ValueError for NaN or infinite input, an end time that is not positive, and a start where a
    coordinate of ∇J vanishes.
    """
    return _descend(loss, lambda w, g: -np.sign(g), start, end_time)


def penalized_flow(loss: Loss, penalty, start, end_time) -> SignFlow:
    """The flow W' = -|∇J|^{-1} ∇[J + c|∇J|₁], c = ``penalty``: with c = ε₁ - ε₂ it is Eq. (5.23),
    reconstructed, up to O(ε²). Uses the Hessian; it stops where a coordinate of ∇J vanishes, being singular.

    Raises ValueError as ``sign_flow`` does, and for a penalty that is not finite.
    """
    penalty = checks.COEFFICIENT.check(penalty)

    def velocity(w, g):
        sign = np.sign(g)
        return -sign - penalty * (loss.hessian(w) @ sign) / np.abs(g)

    return _descend(loss, velocity, start, end_time)


def _descend(loss, velocity, start, end_time):
    start = np.atleast_1d(checks.finite_array("the start", start))
    if start.shape != (loss.dimension,):
        raise ValueError(f"the start must be a vector of {loss.dimension} coordinates; got {start.shape}")
    end_time = checks.END_TIME.check(end_time)
    g0 = loss.gradient(start)
    if np.any(g0 == 0):
        bad = int(np.argmax(g0 == 0))
        raise ValueError(f"coordinate {bad} of the gradient vanishes at the start: move it")
    sign, lowest = np.sign(g0), FLOOR * np.abs(g0).max()

    def arrived(t, w):
        return np.min(sign * loss.gradient(w)) - lowest

    arrived.terminal, arrived.direction = True, -1
    with np.errstate(all="ignore"):
        run = solve_ivp(
            lambda t, w: velocity(w, loss.gradient(w)),
            (0.0, end_time),
            start,
            method="DOP853",
            t_eval=np.linspace(0, end_time, 300),
            events=arrived,
            rtol=1e-10,
            atol=1e-12,
            max_step=end_time / 50,  # the sign flow is linear in t, and a long step would miss the event
        )
    if run.status == 0:
        return SignFlow(run.t, run.y.T, None)
    if run.status == 1:
        t, w = run.t_events[0], run.y_events[0]
        stopped = f"stopped at t = {numeral(t[0], 4)}: a coordinate of the gradient vanishes"
        return SignFlow(np.append(run.t, t), np.vstack([run.y.T.reshape(-1, start.size), w]), stopped)
    stopped = "stopped where a coordinate of the gradient tends to 0: the flow is singular there"
    return SignFlow(run.t, run.y.T, stopped)

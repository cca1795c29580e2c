"""A run of ADAM, as the flow (5.23) or the recursion (5.26), both reconstructed, seen through its energy."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helpers.mathematics import checks
from helpers.mathematics.adam import adam
from helpers.mathematics.adam_energy import (
    effective_penalty,
    energy,
    energy_verdict,
    epsilon_from_beta,
    gradient_norm_1,
    lasso_ratio,
    lasso_ratio_expansion,
)
from helpers.mathematics.adam_flow import Flow, integrate
from helpers.mathematics.losses import Loss

FLOW, RECURSION = "the ODE (5.23)", "the recursion (5.26)"
FULL, ZERO = "full memories", "zero memories"  # Z = −∇J, D = ∇J², or Z = D = 0
SAMPLES = 401
STEPS = 5000  # of the recursion at most
RISE = 1e-6  # of E at the start: smaller rises are the integration's error
SHORT = 0.1  # memories up to this share of the run are short against it
FLOOR = 1e-9  # of D at its start: there the flow stops, W oscillating too fast
DEEP = 1e-3  # E in shares of its start: near the minimum
DECADE = 10.0  # the last factor of E's fall, over which means are taken …
FEW = 40  # … of so many states at least


@dataclass(frozen=True, eq=False)
class Course(Flow):
    """A `Flow` or a recursion, measured: arrays over the times t, first axis; ``gradient`` is (times, n).

    ``penalty`` is (ε₁/2)|∇J|₁, ``ratio`` is R = (E − J)/penalty. ``energy_left``: E at the end in shares of
    its start. ``verdict``: what `energy_verdict` says. ``first_rise``: when E first rises by more than RISE
    of its start, or None; ``largest_rise``: above its lowest value so far. ``coefficient`` is (ε₁ − ε₂)/Δt
    and ``penalty_kind`` says its sign; ``short``: whether both memories are short against the run, without
    which its first-order law means nothing.
    """

    loss_name: str
    beta_1: float
    beta_2: float
    step: float
    epsilon_1: float
    epsilon_2: float
    seen_as: str
    memories: str
    gradient: np.ndarray
    loss: np.ndarray
    energy: np.ndarray
    penalty: np.ndarray
    ratio: np.ndarray
    energy_left: float
    verdict: str
    first_rise: float | None
    largest_rise: float
    coefficient: float
    penalty_kind: str
    short: bool


@lru_cache(maxsize=64)
def course(loss: Loss, beta_1, beta_2, step, end_time, seen_as=FLOW, memories=FULL, start=None) -> Course:
    """Run ADAM, book form, from W = ``start``, a tuple, that of the loss unless given, and measure it.

    The ODE has ε_i = Δt/(1−β_i). Raises ValueError for β outside [0, 1), Δt ≤ 0, more than STEPS steps of
    the recursion or none, and as `integrate` and `adam` do.
    """
    beta_1, beta_2 = checks.BETA_1.check(beta_1), checks.BETA_2.check(beta_2)
    step, end_time = checks.TIME_STEP.check(step), checks.END_TIME.check(end_time)
    checks.one_of("seen as", seen_as, (FLOW, RECURSION))
    checks.one_of("the memories", memories, (FULL, ZERO))
    w0 = loss.start if start is None else np.array(start, dtype=float)
    epsilon_1, epsilon_2 = float(epsilon_from_beta(beta_1, step)), float(epsilon_from_beta(beta_2, step))
    g0 = loss.gradient(w0)
    z0, d0 = (-g0, g0 * g0) if memories == FULL else (0 * g0, 0 * g0)
    if seen_as == FLOW:
        times = np.linspace(0, end_time, SAMPLES)
        flow = integrate(loss, w0, epsilon_1, epsilon_2, end_time, times=times, z0=z0, d0=d0, floor=FLOOR)
    else:
        checks.TIME_STEP.within(end_time / STEPS, end_time).check(step)
        partials = loss.partials
        path = adam(
            loss.gradient if partials is None else lambda w: partials(*w),
            w0,
            step=step,
            beta_1=beta_1,
            beta_2=beta_2,
            form="book",
            steps=int(end_time / step + 1e-9),  # 0.3/0.1 is 2.9999999999999996
            first_moment=z0,
            second_moment=d0,
            floats=partials is not None,
        )
        flow = Flow(step * path.iteration, path.w, path.first_moment, path.second_moment, stopped=None)
    e = energy(loss, flow.w, flow.z, flow.d, epsilon_1)
    above = e - np.minimum.accumulate(e)
    coefficient = effective_penalty(beta_1, beta_2, 1.0)
    rises = np.flatnonzero(np.diff(e) > RISE * e[0])
    return Course(
        **vars(flow),
        loss_name=loss.name,
        beta_1=beta_1,
        beta_2=beta_2,
        step=step,
        epsilon_1=epsilon_1,
        epsilon_2=epsilon_2,
        seen_as=seen_as,
        memories=memories,
        gradient=loss.gradient(flow.w),
        loss=loss.value(flow.w),
        energy=e,
        penalty=0.5 * epsilon_1 * gradient_norm_1(loss, flow.w),
        ratio=lasso_ratio(loss, flow.w, flow.z, flow.d, epsilon_1),
        energy_left=float(e[-1] / e[0]),
        verdict=energy_verdict(beta_1, beta_2),
        first_rise=float(flow.t[rises[0]]) if rises.size else None,
        largest_rise=float(above.max()),
        coefficient=coefficient,
        penalty_kind={0: "no penalty", 1: "a penalty", -1: "an anti-penalty"}[int(np.sign(beta_1 - beta_2))],
        short=max(epsilon_1, epsilon_2) <= SHORT * end_time,
    )


@dataclass(frozen=True)
class Stretch:
    """The longest time without a break in which something holds, and J there in shares of its start."""

    begin: float
    end: float
    loss_left: float
    to_the_end: bool


def longest_stretch(run: Course, holds) -> Stretch | None:
    """The longest stretch of the run in which ``holds``, a truth value for each time, is true throughout."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], holds, [False]]).astype(int)))
    begins, ends = edges[::2], edges[1::2] - 1
    if not begins.size:
        return None
    k = int(np.argmax(run.t[ends] - run.t[begins]))
    first, last = begins[k], ends[k]
    return Stretch(
        begin=float(run.t[first]),
        end=float(run.t[last]),
        loss_left=float(run.loss[last] / run.loss[0]),
        to_the_end=bool(last == len(run.t) - 1),
    )


def halfway(run: Course) -> int | None:
    """The index of the first state where J is below half of its start, or None."""
    below = np.flatnonzero(run.loss < 0.5 * run.loss[0])
    return int(below[0]) if below.size else None


@dataclass(frozen=True)
class Late:
    """Means over the last decade of E's fall, where it has come below DEEP of its start.

    ``first_moment`` is |Z|/|∇J|, ``second_moment`` √D/|∇J|, all as root mean squares; ``ratio`` the mean of
    E − J over that of (ε₁/2)|∇J|₁, about the square of the first divided by the second. ``reason``: which of
    the two makes it small, AVERAGED or STALE, or NEITHER.
    """

    first_moment: float
    second_moment: float
    ratio: float
    reason: str


AVERAGED, STALE, NEITHER = "Z averages ∇J away", "D remembers larger gradients", "neither memory is far off"


def late(run: Course, loss: Loss) -> Late | None:
    """What remains of the tendency near the minimum, or None where the run does not come near it.

    A flow of which too few states lie in the last decade is followed through it once more.
    """
    if run.energy_left > DEEP:
        return None
    before = np.flatnonzero(run.energy > DECADE * run.energy[-FEW // 8 :].max())
    first = before[-1] if before.size else 0
    z, d, g = run.z[first + 1 :], run.d[first + 1 :], run.gradient[first + 1 :]
    e, j, penalty = (values[first + 1 :] for values in (run.energy, run.loss, run.penalty))
    if len(e) < FEW and run.seen_as == FLOW:
        span = run.t[-1] - run.t[first]
        times = np.linspace(0, span, 10 * FEW)
        flow = integrate(
            loss, run.w[first], run.epsilon_1, run.epsilon_2, span,
            times=times, z0=run.z[first], d0=run.d[first], floor=1e-12,
        )  # fmt: skip
        z, d, g = flow.z, flow.d, loss.gradient(flow.w)
        e, j = energy(loss, flow.w, z, d, run.epsilon_1), loss.value(flow.w)
        penalty = 0.5 * run.epsilon_1 * gradient_norm_1(loss, flow.w)
    if len(e) < FEW:
        return None
    size = np.sqrt(np.mean(g**2))
    first_moment, second_moment = float(np.sqrt(np.mean(z**2)) / size), float(np.sqrt(np.mean(d)) / size)
    return Late(
        first_moment=first_moment,
        second_moment=second_moment,
        ratio=float(np.mean(e - j) / np.mean(penalty)),
        reason=_reason(first_moment, second_moment),
    )


def _reason(first_moment, second_moment) -> str:
    """Which factor of R ≈ first²/second is the smaller one, if it is below a half at all."""
    if second_moment > max(2.0, first_moment**-2):
        return STALE
    return AVERAGED if first_moment < 0.5 else NEITHER


BAND = (0.8, 1.25)  # of R: both sides of (5.28) without J agree to a quarter
REFERENCES = {"Algorithm 8": (0.9, 0.6), "Keras' default": (0.9, 0.999)}


@dataclass(frozen=True, eq=False)
class Ratios:
    """R of a run beside Algorithm 8's and Keras' default's, the first-order formula, what is said of it."""

    chosen: Course
    eight: Course
    default: Course
    expansion: np.ndarray | None
    near: Stretch | None
    halfway: float | None
    late: Late | None


def ratios(loss: Loss, beta_1, beta_2, step, end_time, seen_as=FLOW, memories=FULL, start=None) -> Ratios:
    """R of the run named, as `course` takes it, in time.

    ``expansion`` is the formula of first order in ε/|∇J| for J = w²/2 from full memories, NaN where a memory
    is longer than a third of |∇J|; None for other losses and starts. ``halfway``: R where J has halved.
    """
    rest = (step, end_time, seen_as, memories, start)
    chosen = course(loss, beta_1, beta_2, *rest)
    eight, default = (course(loss, *betas, *rest) for betas in REFERENCES.values())
    expansion = None
    if loss.dimension == 1 and memories == FULL:
        g = np.abs(chosen.gradient[:, 0])
        valid = g > 3 * max(chosen.epsilon_1, chosen.epsilon_2)
        formula = lasso_ratio_expansion(np.where(valid, g, 1), chosen.epsilon_1, chosen.epsilon_2)
        expansion = np.where(valid, formula, np.nan)
    half = halfway(chosen)
    return Ratios(
        chosen=chosen,
        eight=eight,
        default=default,
        expansion=expansion,
        near=longest_stretch(chosen, (chosen.ratio > BAND[0]) & (chosen.ratio < BAND[1])),
        halfway=None if half is None else float(chosen.ratio[half]),
        late=late(chosen, loss),
    )

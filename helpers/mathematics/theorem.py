"""Theorem 5.3.1: its constants, the proven bound along a schedule, and what is predicted of the error.

Error of the epoch k: e_{k+1} = M_k e_k + q_k with e_k = W_k^t - W_*^t, a_k = |e_k|.  With tau = Delta t_k,
L = tr A, gamma = sum |grad phi_i(W_*)| and lambda the smallest positive eigenvalue of A, any partition
gives (i) ||M_k - (I - tau A)|| <= e^{L tau} - 1 - L tau and (ii) |q_k| <= gamma tau (e^{L tau} - 1), for
explicit Euler and for exact flows, Lie or Strang.  All M_k - I and q_k have their ranges in that of A: the
part of W_0 in the kernel of A stays, and W_* may be the minimizer of least norm.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import lambertw, zeta

from helpers.mathematics import checks, partitions, splitting
from helpers.mathematics.least_squares import LeastSquares, flow_map
from helpers.mathematics.partitions import ALTERNATING, FIXED, REPLACEMENT, RESHUFFLED
from helpers.mathematics.splitting import LIE_EULER, LIE_EXACT, STRANG_EULER, STRANG_EXACT
from helpers.mathematics.time_steps import (
    Constant,
    InverseLogarithm,
    Power,
    Schedule,
    Sequence,
    check_steps,
)

START = checks.Quantity("a₀", "distance of the start", low=0)
EIGENVALUE = checks.Quantity("λ", "eigenvalue of A", low=0)
TAIL = checks.Quantity("tail", "part of the range over which a slope is fitted", 0, 1, (False, True))


@dataclass(frozen=True)
class Constants:
    """lambda (smallest positive eigenvalue of A), ||A||, L = tr A and gamma: none depends on the
    partition.
    """

    lam: float
    norm_A: float
    L: float
    gamma: float

    @property
    def largest_step(self) -> float:
        """The tau up to which the proof's contraction 1 - lambda tau / 2 holds: L^2 tau e^{L tau} =
        lambda.
        """
        if self.L == 0:
            return float("inf")
        # L tau e^{L tau} = lambda / L <= 1, so that L tau <= W(1) = 0.567 <= 1 follows
        return float(lambertw(self.lam / self.L).real) / self.L


def constants(problem: LeastSquares) -> Constants:
    """The constants of the proof for ``problem``."""
    gradients = problem.gradients(problem.minimizer).reshape(problem.size, -1)
    gamma = float(np.linalg.norm(gradients, axis=1).sum())
    return Constants(problem.lambda_positive, problem.norm_A, problem.trace_A, gamma)


def error_map(problem: LeastSquares, A, b, step, scheme: str = LIE_EULER) -> tuple[np.ndarray, np.ndarray]:
    """M_k (m, m) and q_k (m, n) of e_{k+1} = M_k e_k + q_k for the batches A (p, m, m), b (p, m, n)."""
    return splitting.epoch_map(A, -splitting.batch_gradients(A, b, problem.minimizer), step, scheme)


def error_map_formula(A, g, step: float, scheme: str = LIE_EULER) -> tuple[np.ndarray, np.ndarray]:
    """M_k and q_k of the two Lie schemes as the proof displays them, from the A_r and g_r = A_r W_*^t - b_r.

    Euler: M_k = prod_r (I - tau A_r), q_k = -tau sum_r [prod_{s>r} (I - tau A_s) - I] g_r.  Exact flows:
    M_k = prod_r e^{-tau A_r}, q_k = -tau sum_r [prod_{s>r} e^{-tau A_s} phi_1(-tau A_r) - I] g_r.  The later
    batch stands on the left; sum_r g_r = 0, the partition, is used in the -I.
    """
    identity = np.eye(A.shape[-1])
    after, q = identity, np.zeros_like(g[0])  # after: the product over s > r
    for A_r, g_r in zip(A[::-1], g[::-1], strict=True):
        if splitting.uses_exact_flows(scheme):
            factor, own = flow_map(A_r, identity, step)  # own = tau phi_1(-tau A_r)
        else:
            factor, own = identity - step * A_r, step * identity
        q = q - (after @ own - step * identity) @ g_r
        after = after @ factor
    return after, q


def epoch_series(A, scheme: str, degree: int) -> np.ndarray:
    """Coefficients of tau^0..tau^degree in M_k, (degree + 1, m, m): that of tau^j is at most L^j / j!."""
    m = A.shape[-1]
    total = np.zeros((degree + 1, m, m))
    total[0] = np.eye(m)
    for r, fraction in splitting.sweep(len(A), scheme):
        factor = [np.eye(m)]
        for j in range(1, degree + 1):
            more = factor[-1] @ A[r] * (-fraction / j)
            factor.append(more if j == 1 or splitting.uses_exact_flows(scheme) else 0 * more)
        total = np.array([sum(factor[i] @ total[j - i] for i in range(j + 1)) for j in range(degree + 1)])
    return total


def linear_bound(known: Constants, step) -> np.ndarray:
    """(i): e^{L tau} - 1 - L tau, for ``step`` of any shape; ``inf`` where it overflows."""
    x = known.L * np.asarray(step, dtype=float)
    with np.errstate(over="ignore"):
        return np.expm1(x) - x


def drift_bound(known: Constants, step) -> np.ndarray:
    """(ii): gamma tau (e^{L tau} - 1), for ``step`` of any shape; ``inf`` where it overflows."""
    tau = np.asarray(step, dtype=float)
    with np.errstate(over="ignore"):
        return known.gamma * tau * np.expm1(known.L * tau) if known.gamma > 0 else 0.0 * tau


@dataclass(frozen=True, eq=False)
class ProvenBound:
    """Bounds on a_k, k = 0..K: ``recursion`` holds for any step, ``closed`` from ``start`` on (``inf``
    before).

    ``start`` is the first epoch from which every step is small enough for the closed sum, None if there
    is none. A bound that overflows is ``inf``.
    """

    recursion: np.ndarray
    closed: np.ndarray
    start: int | None


def proven_bound(known: Constants, steps, a0: float) -> ProvenBound:
    """The bound of the proof along ``steps`` (K,) from a_0 <= ``a0``, independent of the partitions.

    Recursion: a_{k+1} <= (||I - tau A|| + (i)) a_k + (ii).  Closed sum, once L^2 tau e^{L tau} <= lambda:
    a_k <= e^{-lambda/2 (T_k - T_k0)} a_k0 + gamma L e sum_q e^{-lambda/2 (T_k - T_{q+1})} Delta t_q^2.
    Raises ValueError for steps that are not positive and finite and for a negative ``a0``.
    """
    steps = check_steps(steps)
    recursion = proven_recursion(known, steps, a0)
    with np.errstate(over="ignore"):
        large = np.flatnonzero(steps > known.largest_step)
        start = int(large[-1]) + 1 if large.size else 0
        closed = np.full(len(steps) + 1, np.inf)
        if start == len(steps):
            return ProvenBound(recursion, closed, None)
        small = steps[start:]
        decay = np.exp(-known.lam / 2 * small)
        sources = known.gamma * known.L * np.e * small**2
        closed[start:] = _recursion(decay, sources, recursion[start])
    return ProvenBound(recursion, closed, start)


def proven_recursion(known: Constants, steps, a0: float) -> np.ndarray:
    """The ``recursion`` of ``proven_bound`` alone, (K + 1,).  Raises ValueError as it does."""
    steps, a0 = check_steps(steps), START.check(a0)
    with np.errstate(over="ignore"):
        contraction = np.maximum(np.abs(1 - steps * known.lam), np.abs(1 - steps * known.norm_A))
        return _recursion(contraction + linear_bound(known, steps), drift_bound(known, steps), a0)


def growth_bound(known: Constants, steps, a0: float) -> np.ndarray:
    """a_{k+1} <= e^{L tau} a_k + gamma tau (e^{L tau} - 1) from ``a0``, for any steps, (K + 1,).

    It bounds a_{k_0}, whatever the batches before k_0 were.  Raises ValueError as ``proven_bound`` does.
    """
    steps, a0 = check_steps(steps), START.check(a0)
    with np.errstate(over="ignore"):
        return _recursion(np.exp(known.L * steps), drift_bound(known, steps), a0)


def first_epoch(schedule: Schedule, largest: float) -> float:
    """The first epoch from which *all* steps are at most ``largest``; ``inf`` if there is none.

    The k_0 of the proof for ``largest`` = ``Constants.largest_step``.  It may be too large to be run.
    """
    if isinstance(schedule, Sequence):
        large = np.flatnonzero(np.array(schedule.values) > largest)
        first = int(large[-1]) + 1 if large.size else 0
        return float(first) if first < len(schedule.values) else np.inf
    if isinstance(schedule, InverseLogarithm):
        exponent = schedule.c / largest
        return float(np.ceil(max(np.exp(exponent) - 3, 0))) if exponent < 700 else np.inf
    c, a = schedule.c, schedule.a if isinstance(schedule, Power) else 0.0
    if c <= largest:
        return 0.0
    exponent = np.log(c / largest) / a if a > 0 else np.inf
    # 2^-40: a step equal to ``largest`` but for rounding counts as small
    return float(np.ceil(np.exp(exponent) * (1 - 2**-40)) - 1) if exponent < 700 else np.inf


def _recursion(factors, sources, first: float) -> np.ndarray:
    """x_{k+1} = factors_k x_k + sources_k from ``first``; stays ``inf`` once it overflows."""
    x, infinite = float(first), float("inf")
    values = [x]
    for factor, source in zip(np.asarray(factors).tolist(), np.asarray(sources).tolist(), strict=True):
        if x < infinite:
            x = factor * x + source
        values.append(x)
    return np.array(values)


@dataclass(frozen=True)
class Orders:
    """Exponents of Delta t in the stationary mean (``bias``) and standard deviation (``spread``); None:
    none.
    """

    bias: float | None
    spread: float | None

    @property
    def error(self) -> float | None:
        """Exponent of the root mean square error against Delta t_k: the smaller of the two."""
        return min((order for order in (self.bias, self.spread) if order is not None), default=None)


def orders(scheme: str, sampling: str, p: int, size: int) -> Orders:
    """Orders in Delta t for generic data: what a constant step leaves, and a_k against a decreasing Delta
    t_k.

    For "shuffled once" the mean and the spread are over the runs; for "alternating" the spread is the
    difference between even and odd epochs.  Raises ValueError for unknown names and for p outside 1..size.
    """
    checks.one_of("scheme", scheme, splitting.SCHEMES)
    checks.one_of("sampling", sampling, partitions.SAMPLINGS)
    p = checks.BATCHES.within(high=size).check(p)
    if size == 1 or (p == 1 and sampling != REPLACEMENT):
        return Orders(None, None)
    if sampling == REPLACEMENT:
        return Orders(None if scheme == LIE_EULER else 1, 0.5)
    bias = 1 if scheme in (LIE_EULER, STRANG_EULER) else 2
    if sampling == FIXED:
        return Orders(1 if scheme == LIE_EXACT else bias, None)
    if sampling == ALTERNATING:
        return Orders(bias, 2 if scheme in (LIE_EULER, LIE_EXACT) else 3)
    # The random part of one epoch's drift is of order 2, but 3 where it is the same for all partitions.
    third = scheme == STRANG_EXACT or (scheme == STRANG_EULER and p == size)
    if sampling == RESHUFFLED:
        return Orders(bias, 2.5 if third else 1.5)
    return Orders(bias, 2 if third else 1)


def rate(problem: LeastSquares, schedule: Schedule, scheme: str, sampling: str, p: int) -> float | None:
    """Predicted s in a_k ~ k^{-s}; 0 where no power of k describes it, None if undecided or faster than
    any power.

    c/(k+1)^a: s = a x order for 0 < a < 1, s = min(c lambda, order) for a = 1 (at equality log k / k^s for
    a bias, sqrt(log k) / k^s for a spread), c lambda where nothing disturbs (p = 1).
    """
    order = orders(scheme, sampling, p, problem.size).error
    if isinstance(schedule, Constant | InverseLogarithm):
        return 0.0 if order is not None else None
    if not isinstance(schedule, Power):
        return None
    if schedule.a == 1:
        decay = schedule.c * problem.lambda_positive
        return decay if order is None else min(decay, float(order))
    if schedule.a > 1:
        return 0.0
    return None if order is None else schedule.a * order


def ratio_limit(problem: LeastSquares, drift_constant, schedule: Schedule, epoch: int | None = None):
    """Predicted limit (m, n) of e_k / Delta t_k when every epoch has the same ``drift_constant`` d.

    (A - delta I)^{-1} d with delta the limit of (Delta t_k - Delta t_{k+1}) / Delta t_k^2: 0 for
    c/(k+1)^a with a < 1, 1/c for a = 1.  With ``epoch`` = k, delta is taken at that epoch (needed for a >=
    0.7 or so). None when e_k / Delta t_k has no such limit: a > 1, c lambda <= 1 for a = 1, a typed
    sequence.
    """
    values, vectors = problem.eigensystem
    values, vectors = values[problem.m - problem.rank :], vectors[:, problem.m - problem.rank :]
    if not schedule.sum_diverges or not problem.rank:
        return None
    delta = 1 / schedule.c if isinstance(schedule, Power) and schedule.a == 1 else 0.0
    if delta >= values[0]:
        return None
    if epoch is not None:
        first, second = schedule.steps(epoch + 2)[-2:]
        delta = (first - second) / first**2
        if delta >= values[0]:
            return None
    return (vectors / (values - delta)) @ (vectors.T @ np.asarray(drift_constant, dtype=float))


def stall_factor(lam: float, schedule: Power, exact: bool) -> float:
    """e_infinity / e_0 of one batch with eigenvalue ``lam`` when the sum of the steps is finite (a > 1).

    Exact flows: e^{-lam c zeta(a)}, e^{-lam c pi^2/6} for a = 2.  Euler: prod (1 - lam c/(k+1)^a), which
    is sin(pi x)/(pi x) with x = sqrt(lam c) for a = 2.  Raises ValueError unless a > 1 and lam >= 0.
    """
    if not isinstance(schedule, Power) or not schedule.a > 1:
        raise ValueError("the error stalls only when the sum of the steps is finite: c/(k+1)^a with a > 1")
    x, a = EIGENVALUE.check(lam) * schedule.c, schedule.a
    if exact:
        return float(np.exp(-x * zeta(a)))
    if a == 2:
        return float(np.sinc(x**0.5))
    # the factors up to N one by one, the others by the series of the logarithm: x N^-a <= 1e-3 there
    N = int(max(10, (1e3 * x) ** (1 / a)))
    if N > 10**7:
        raise ValueError("λc is too large for the product to be formed")
    head = np.prod(1 - x / np.arange(1.0, N + 1) ** a)
    tail = sum(x**j / j * zeta(j * a, N + 1) for j in range(1, 7))
    return float(head * np.exp(-tail))


def fitted_slope(x, y, tail: float = 0.5) -> float:
    """Slope of log y against log x, by least squares over the last part ``tail`` of the range of log x.

    Points where x or y is not positive are left out.  Raises ValueError when fewer than two are left.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"x and y must be sequences of one length; got shapes {x.shape} and {y.shape}")
    tail = TAIL.check(tail)
    kept = (x > 0) & (y > 0) & np.isfinite(x) & np.isfinite(y)
    u, v = np.log(x[kept]), np.log(y[kept])
    if u.size:
        ends = u[0], u[-1]
        inside = np.abs(u - ends[1]) <= tail * abs(ends[1] - ends[0])
        u, v = u[inside], v[inside]
    if u.size < 2 or np.ptp(u) == 0:
        raise ValueError("a slope needs at least two positive points")
    u = u - u.mean()
    return float(u @ v / (u @ u))

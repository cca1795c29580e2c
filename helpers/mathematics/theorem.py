"""Theorem 5.3.1: its constants, the proven bound along a schedule, and what is predicted of the error.

Error of the epoch k: e_k = W_k^t - W_*^t = M_{k-1} e_{k-1} + q_{k-1}, a_k = |e_k|.  With tau = Delta t_k,
L = tr A, gamma = sum |grad phi_i(W_*)| and lambda the smallest (positive) eigenvalue of A, any partition
gives (i) ||M_k - (I - tau A)|| <= e^{L tau} - 1 - L tau and (ii) |q_k| <= gamma tau (e^{L tau} - 1), for
explicit Euler and for exact flows, Lie or Strang.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import lambertw, zeta

from helpers.mathematics import partitions, splitting
from helpers.mathematics.least_squares import LeastSquares
from helpers.mathematics.partitions import ALTERNATING, FIXED, REPLACEMENT, RESHUFFLED
from helpers.mathematics.splitting import LIE_EULER, LIE_EXACT, STRANG_EULER, STRANG_EXACT
from helpers.mathematics.time_steps import Constant, InverseLogarithm, Power, Schedule, check_steps


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
    steps = check_steps(steps)
    if not 0 <= a0 < np.inf:
        raise ValueError(f"a_0 must be non-negative and finite; got {a0!r}")
    with np.errstate(over="ignore"):
        contraction = np.maximum(np.abs(1 - steps * known.lam), np.abs(1 - steps * known.norm_A))
        return _recursion(contraction + linear_bound(known, steps), drift_bound(known, steps), a0)


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
    splitting.known_scheme(scheme)
    partitions.known_sampling(sampling)
    p = partitions.whole_number(p, "the number of batches p", 1, size)
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

    c/(k+1)^a: s = a x order for 0 < a < 1, s = min(c lambda, order) for a = 1.
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
    if not 0 <= lam < np.inf:
        raise ValueError(f"the eigenvalue must be non-negative and finite; got {lam!r}")
    x, a = lam * schedule.c, schedule.a
    if exact:
        return float(np.exp(-x * zeta(a)))
    if a == 2:
        return float(np.sinc(x**0.5))
    # the factors up to N one by one, the others by the series of the logarithm: x N^-a <= 1e-3 there
    N = int(max(10, (1e3 * x) ** (1 / a)))
    if N > 10**7:
        raise ValueError("lam c is too large for the product to be formed")
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
    if not 0 < tail <= 1:
        raise ValueError(f"tail must lie in (0, 1]; got {tail!r}")
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


@dataclass(frozen=True)
class SumBounds:
    """The sum of the proof's last step at k = len(steps) and its bounds, as printed and corrected.

    ``products``: sum_q prod_{s=q+1}^{k-1} (1 - lambda Delta t_s) Delta t_q^2.  ``printed_exponentials``
    has the weights e^{(T_q - T_k) lambda}, which do not bound it; ``corrected_exponentials`` e^{(T_{q+1}
    - T_k) lambda}, which do when lambda Delta t <= 1.  ``printed_integral`` has s = Delta t_{q+1} on [T_q,
    T_{q+1}), which does not bound the printed exponentials; ``corrected_integral`` has s = Delta t_q,
    which does.
    """

    products: float
    printed_exponentials: float
    corrected_exponentials: float
    printed_integral: float
    corrected_integral: float


def sum_bounds(steps, lam: float) -> SumBounds:
    """Both sides of the last inequalities of the proof; ``steps`` holds Delta t_0..Delta t_k, k of them
    summed.

    Raises ValueError for fewer than two steps, steps that are not positive and finite, or lam <= 0.
    """
    steps = check_steps(steps)
    if len(steps) < 2:
        raise ValueError("at least two steps are needed: Delta t_0..Delta t_k with k >= 1")
    if not 0 < lam < np.inf:
        raise ValueError(f"lambda must be positive and finite; got {lam!r}")
    used, following = steps[:-1], steps[1:]
    remaining = np.concatenate([np.cumsum(used[::-1])[::-1], [0.0]])  # T_k - T_q, q = 0..k
    weights = np.exp(-lam * remaining)
    products = np.append(np.cumprod(1 - lam * used[:0:-1])[::-1], 1.0)
    cells = np.diff(weights) / lam  # integral of e^{lambda (t - T_k)} over [T_q, T_{q+1})
    return SumBounds(
        products=float((products * used**2).sum()),
        printed_exponentials=float((weights[:-1] * used**2).sum()),
        corrected_exponentials=float((weights[1:] * used**2).sum()),
        printed_integral=float((cells * following).sum()),
        corrected_integral=float((cells * used).sum()),
    )

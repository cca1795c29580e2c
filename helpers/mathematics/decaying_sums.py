"""The last limit of the proof: sums of Delta t_q^2 under exponential weights tend to 0 under Eq. (5.31).

With T_k = sum_{q<k} Delta t_q and s(t) = Delta t_q on [T_q, T_{q+1}), each of these is at most the next:
sum_q prod_{s>q} (1 - lambda Delta t_s) Delta t_q^2, sum_q e^{lambda (T_{q+1} - T_k)} Delta t_q^2,
e^{lambda sup Delta t} int_0^{T_k} e^{lambda (t - T_k)} s(t) dt, and that integral split at T_k / 2.
"""

from dataclasses import dataclass

import numpy as np

from helpers.mathematics import checks
from helpers.mathematics.time_steps import check_steps

RATE = checks.Quantity("λ", "smallest positive eigenvalue of A", low=0, closed=(False, True))


@dataclass(frozen=True)
class DecayingSums:
    """Both sides of the last inequalities at k, as printed and as corrected.

    ``products``: sum_q prod_{s=q+1}^{k-1} (1 - lambda Delta t_s) Delta t_q^2; ``printed_products`` has the
    product from s = 1 for every q (erratum 12).  ``exponentials`` has the weights e^{lambda (T_{q+1} - T_k)},
    ``printed_exponentials`` e^{lambda (T_q - T_k)} (erratum 13).  ``integral`` is e^{lambda sup Delta t}
    times that of s = Delta t_q, ``bare_integral`` lacks the factor, ``printed_integral`` besides has
    s = Delta t_{q+1} (erratum 14).  ``early`` and ``late`` bound the two halves of ``integral``, split at
    T_k / 2: both tend to 0 under (5.31).
    """

    products: float
    printed_products: float
    exponentials: float
    printed_exponentials: float
    integral: float
    bare_integral: float
    printed_integral: float
    early: float
    late: float

    @property
    def chain(self) -> tuple[float, float, float, float]:
        """``products``, ``exponentials``, ``integral``, ``early`` + ``late``: none exceeds the next if
        lambda Delta t_q <= 1 for all q (without it, all but the first do not).
        """
        return self.products, self.exponentials, self.integral, self.early + self.late

    @property
    def printed_chain(self) -> tuple[float, float, float]:
        """``products`` and the two printed terms that should bound it."""
        return self.products, self.printed_exponentials, self.printed_integral


def decaying_sums(steps, lam: float) -> DecayingSums:
    """The sums for ``steps`` Delta t_0..Delta t_k, k of them summed, and lambda = ``lam``.

    Raises ValueError for fewer than two steps, steps that are not positive and finite, or lam <= 0.
    """
    steps, lam = check_steps(steps), RATE.check(lam)
    if len(steps) < 2:
        raise ValueError("at least two steps are needed: Δt₀, …, Δtₖ with k ≥ 1")
    used, following = steps[:-1], steps[1:]
    remaining = np.concatenate([np.cumsum(used[::-1])[::-1], [0.0]])  # T_k - T_q, q = 0..k
    weights = np.exp(-lam * remaining)
    factors = 1 - lam * used
    products = np.append(np.cumprod(factors[:0:-1])[::-1], 1.0)
    # the integral of e^{lambda (t - T_k)} over [T_q, T_{q+1}); expm1 keeps its digits where the step is tiny
    cells = weights[1:] * -np.expm1(-lam * used) / lam
    growth = np.exp(lam * used.max())
    half = remaining[0] / 2
    reached = used[remaining[1:] < half].max()  # the intervals that reach beyond T_k / 2
    return DecayingSums(
        products=float((products * used**2).sum()),
        printed_products=float(np.prod(factors[1:]) * (used**2).sum()),
        exponentials=float((weights[1:] * used**2).sum()),
        printed_exponentials=float((weights[:-1] * used**2).sum()),
        integral=float(growth * (cells * used).sum()),
        bare_integral=float((cells * used).sum()),
        printed_integral=float((cells * following).sum()),
        early=float(growth * used.max() / lam * np.exp(-lam * half)),
        late=float(growth * reached / lam),
    )

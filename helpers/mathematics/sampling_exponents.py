"""How small a_k is for a given Delta t_k: the exponents 1, 1, 3/2 and 1/2 that tell four samplings apart."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helpers.mathematics import checks, splitting, theorem
from helpers.mathematics.convergence import problem_in_the_plane, start
from helpers.mathematics.epochs import driver, recorded_epochs
from helpers.mathematics.partitions import FIXED, REPLACEMENT, RESHUFFLED
from helpers.mathematics.time_steps import Power

# With the number of runs: in fixed order all are the same one; where the bias decides they differ little;
# with exact flows the slopes of 12 runs scatter as those of 16 do.
CASES = (
    ("fixed order, Euler", FIXED, splitting.LIE_EULER, 1),
    ("reshuffled, Euler", RESHUFFLED, splitting.LIE_EULER, 6),
    ("reshuffled, exact flows", RESHUFFLED, splitting.LIE_EXACT, 12),
    ("with replacement, Euler", REPLACEMENT, splitting.LIE_EULER, 14),
)
SIZE, EPOCHS = 16, 2000
TAIL = 1 / 3  # of the range of log Delta t_k, over which the slopes are fitted
EXPONENT = checks.EXPONENT.within(low=0.1, high=0.9)
BATCHES = checks.BATCHES.within(low=2, high=SIZE)
RESOLVED, START, LARGE, SHORT = "resolved", "the start counts", "the steps are large", "the range is short"
LARGEST = 0.6  # time step where the fit begins, ||A|| = 1: beyond, higher orders count
SHORTEST = 1.8  # factor by which Delta t_k must fall over the fit: below it the slopes scatter by 1


@dataclass(frozen=True, eq=False)
class Exponents:
    """Root mean square errors of the four ``CASES`` (Q,) against Delta t_k (Q,), fitted and predicted
    exponents.

    ``start_first``, ``start_last``: what is left of the start, e^{-lambda T}, where the fit begins and ends.
    ``kind``: RESOLVED, or why the fitted exponents are not the final ones.
    """

    schedule: Power
    p: int
    steps: np.ndarray
    rms: list[np.ndarray]
    fitted: list[float]
    predicted: list[float]
    start_first: float
    start_last: float
    kind: str


def predicted_exponents(p: int) -> list[float]:
    """Exponents of the four cases; they do not depend on p >= 2."""
    return [theorem.orders(scheme, sampling, p, SIZE).error for _, sampling, scheme, _ in CASES]


@lru_cache(maxsize=32)
def exponents(c: float, a: float, p: int) -> Exponents:
    """2000 epochs with c/(k+1)^a.  Raises ValueError for a outside [0.1, 0.9] and p outside 2..16."""
    schedule, p = Power(c, EXPONENT.check(a)), BATCHES.check(p)
    problem, steps, record = problem_in_the_plane(), schedule.steps(EPOCHS + 1), recorded_epochs(EPOCHS, 200)
    rms = [
        driver(problem, p, sampling, runs)
        .run(steps[:-1], scheme, start(problem), record=record, bound=1e140)
        .rms[1:]
        for _, sampling, scheme, runs in CASES
    ]
    at = steps[record[1:]]
    begin = int(np.argmax(at <= at[0] ** TAIL * at[-1] ** (1 - TAIL)))
    first, last = (
        float(np.exp(-problem.lambda_min * steps[: record[1:][end]].sum())) for end in (begin, len(at) - 1)
    )
    kind = START if first > 0.5 * min(values[begin] for values in rms) else RESOLVED
    kind = LARGE if at[begin] > LARGEST else kind
    if kind == RESOLVED and at[begin] < SHORTEST * at[-1]:
        kind = SHORT
    return Exponents(
        schedule=schedule,
        p=p,
        steps=at,
        rms=rms,
        fitted=[theorem.fitted_slope(at, values, tail=TAIL) for values in rms],
        predicted=predicted_exponents(p),
        start_first=first,
        start_last=last,
        kind=kind,
    )

"""Which component of the error decides: the slowest, an amplified one, the batches or rounding."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helpers.mathematics import checks
from helpers.mathematics.epochs import driver, recorded_epochs
from helpers.mathematics.least_squares import LeastSquares
from helpers.mathematics.time_steps import Power

EPOCHS, RUNS = 200, 3
ROUNDING = 1e-13  # of a_k / a_0
FAR = 10.0  # a_k / a_0 above which a run is out of the picture
SLOWEST, OTHER, BATCHES, AT_ROUNDING, LEFT = "slowest", "another component", "batches", "rounding", "left"


@dataclass(frozen=True, eq=False)
class RealRun:
    """Relative errors a_k/a_0 at the epochs k (Q,): ``relative`` (Q, runs), ``median``, ``one_batch`` (Q,).

    ``parts`` (m,): what one batch leaves of each component of the start, relative to a_0, in the order of the
    eigenvalues; ``forgotten`` = e^{-lambda T}; ``left_at``: the epoch at which the median is out of the
    picture.
    """

    problem: LeastSquares
    schedule: Power
    p: int
    k: np.ndarray
    relative: np.ndarray
    median: np.ndarray
    one_batch: np.ndarray
    parts: np.ndarray
    forgotten: float
    left_at: int | None

    @property
    def decides(self) -> str:
        """What the error at the end consists of: LEFT, AT_ROUNDING, BATCHES, SLOWEST or OTHER component."""
        if self.left_at is not None:
            return LEFT
        if self.median[-1] < ROUNDING:
            return AT_ROUNDING
        if self.one_batch[-1] < 0.3 * self.median[-1]:
            return BATCHES
        return SLOWEST if np.argmax(self.parts) == 0 else OTHER

    @property
    def deciding_eigenvalue(self) -> float:
        """The eigenvalue whose component is the largest in the error of one batch."""
        return float(self.problem.eigenvalues[np.argmax(self.parts)])


@lru_cache(maxsize=32)
def real_run(problem: LeastSquares, p: int, c: float, a: float, sampling: str) -> RealRun:
    """200 epochs of explicit Euler from W = 0 with steps c/(k+1)^a; the x_i must span.  Raises ValueError."""
    p, schedule = checks.BATCHES.within(high=problem.size).check(p), Power(c, a)
    steps, record = schedule.steps(EPOCHS), recorded_epochs(EPOCHS, 100)
    distance = driver(problem, p, sampling, RUNS).run(steps, record=record, bound=1e140).distance
    k, relative = record[1:], distance[1:] / distance[0, 0]
    median = np.median(relative, axis=1)
    values, vectors = problem.eigensystem
    begin = np.linalg.norm(vectors.T @ problem.minimizer, axis=1) / distance[0, 0]
    with np.errstate(over="ignore"):
        factors = np.cumprod(np.abs(1 - values * steps[:, None]), axis=0)[k - 1]
        one_batch = np.linalg.norm(factors * begin, axis=1)
    out = median >= FAR
    return RealRun(
        problem=problem,
        schedule=schedule,
        p=p,
        k=k,
        relative=relative,
        median=median,
        one_batch=one_batch,
        parts=factors[-1] * begin,
        forgotten=float(np.exp(-problem.lambda_min * steps.sum())),
        left_at=int(k[np.argmax(out)]) if out[-1] else None,
    )

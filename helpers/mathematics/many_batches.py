"""Many batches beside one: the distance to W_* after each epoch, with the same time steps (section 5.3.1)."""

from dataclasses import dataclass

import numpy as np

from helpers.mathematics import checks, partitions, splitting
from helpers.mathematics.epochs import driver
from helpers.mathematics.least_squares import LeastSquares
from helpers.mathematics.time_steps import Power

FAR = 1e3  # times |W_*|: where a run is no longer followed


@dataclass(frozen=True, eq=False)
class Course:
    """One run: ``distance`` (K + 1,), |W_k - W_*|/|W_*|, NaN from ``left_at`` on, the epoch in which it
    passed ``FAR`` (-1: it never did); ``end`` (m,), W at the end, or before it left.
    """

    distance: np.ndarray
    end: np.ndarray
    left_at: int


@dataclass(frozen=True, eq=False)
class ManyBatches:
    """Lie splitting with Euler from W = 0 over ``p`` batches, and with the full gradient; ``steps`` (K,)."""

    problem: LeastSquares
    p: int
    sampling: str
    steps: np.ndarray
    many: Course
    one: Course

    @property
    def one_is_stable(self) -> bool:
        """Whether all steps are below 2/||A||, where p = 1 is stable."""
        return bool(self.steps.max() < 2 / self.problem.norm_A)


def many_batches(problem: LeastSquares, p, step, a, sampling: str, epochs: int = 60) -> ManyBatches:
    """``epochs`` epochs with Delta t_k = ``step``/(k + 1)^``a``, over p batches and over one.

    Raises ValueError for p outside 1..#D, a step that is not positive, a negative a and an unknown sampling.
    """
    p = checks.BATCHES.within(high=problem.size).check(p)
    schedule = Power(checks.TIME_STEP.called("Δt₀").check(step), checks.EXPONENT.check(a))
    steps = schedule.steps(epochs)
    size = float(np.linalg.norm(problem.minimizer))
    courses = []
    for one in (driver(problem, p, sampling), driver(problem, 1, partitions.FIXED)):
        run = one.run(steps, splitting.LIE_EULER, bound=FAR * size)
        left, distance = int(run.left_at[0]), run.distance[:, 0] / size
        if left >= 0:
            distance[left:] = np.nan
        courses.append(Course(distance, run.Wt[-1, 0, :, 0], left))
    return ManyBatches(problem, p, sampling, steps, *courses)

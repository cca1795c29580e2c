"""The asymptotic tendency behind (5.28): how near Z is to −∇J and D to ∇J², coordinate by coordinate."""

from dataclasses import dataclass

import numpy as np

from helpers.mathematics.adam_course import (
    FLOW,
    FULL,
    Course,
    Late,
    Stretch,
    course,
    halfway,
    late,
    longest_stretch,
)
from helpers.mathematics.losses import Loss

BAND = 0.25  # of both relative errors


@dataclass(frozen=True, eq=False)
class Tendency:
    """Arrays over the times of the run: quotients of shape (times, n), NaN where ∂_iJ = 0; errors (times,).

    ``z_quotient`` is Z_i/(−∂_iJ), ``d_quotient`` D_i/(∂_iJ)²; ``z_error`` is |Z + ∇J|₁/|∇J|₁, ``d_error``
    |D − ∇J²|₁/|∇J²|₁. ``near``: the longest stretch with both errors below BAND; ``half``: the index
    of the time at which J has halved, None if it has not; ``late``: near the minimum.
    """

    run: Course
    z_quotient: np.ndarray
    d_quotient: np.ndarray
    z_error: np.ndarray
    d_error: np.ndarray
    near: Stretch | None
    half: int | None
    late: Late | None


def tendency(loss: Loss, beta_1, beta_2, step, end_time, seen_as=FLOW, memories=FULL, start=None) -> Tendency:
    """Measure Z ≈ −∇J and D ≈ ∇J² along the run that `course` makes of these values; raises as it does."""
    run = course(loss, beta_1, beta_2, step, end_time, seen_as, memories, start)
    minus_g, squares = -run.gradient, run.gradient**2
    z_error = relative_error(run.z, minus_g)
    d_error = relative_error(run.d, squares)
    return Tendency(
        run=run,
        z_quotient=quotient(run.z, minus_g),
        d_quotient=quotient(run.d, squares),
        z_error=z_error,
        d_error=d_error,
        near=longest_stretch(run, (z_error < BAND) & (d_error < BAND)),
        half=halfway(run),
        late=late(run, loss),
    )


def quotient(values, targets):
    """values/targets, NaN where the target is 0."""
    with np.errstate(over="ignore"):  # infinite where the target is as good as 0
        return np.divide(values, targets, out=np.full(np.shape(values), np.nan), where=targets != 0)


def relative_error(values, targets):
    """|values − targets|₁/|targets|₁ over the last axis, infinite where the targets vanish."""
    error, size = np.abs(values - targets).sum(axis=-1), np.abs(targets).sum(axis=-1)
    with np.errstate(over="ignore"):
        return np.divide(error, size, out=np.full(np.shape(size), np.inf), where=size > 0)

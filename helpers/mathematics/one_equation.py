"""One equation for three unknowns, 3w₁ + 2w₂ + w₃ = 6: the solutions three methods choose, and three norms.

Each method's solution is the one nearest to where it starts, in a norm of its own: gradient descent in ℓ₂,
ADAM in ℓ∞ once its steps are all of one length, the LASSO in ℓ₁ from 0 and up to its penalty.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from helpers.mathematics import checks, losses
from helpers.mathematics.adam import FORMS, adam, gradient_descent

EQUATION, RIGHT_SIDE = np.array([3.0, 2.0, 1.0]), 6.0
LEAST_SQUARES = EQUATION * RIGHT_SIDE / (EQUATION @ EQUATION)  # (9, 6, 3)/7, the solution of least ℓ₂ norm
NORMS = {"ℓ₂": 2, "ℓ∞": np.inf, "ℓ₁": 1}
DUAL_NORM = {"ℓ₂": 14**0.5, "ℓ∞": 6.0, "ℓ₁": 3.0}  # of (3, 2, 1): the least distance is |residual| over it
DIRECTION = {  # from a point to the solution nearest to it, per unit of the least distance
    "ℓ₂": EQUATION / 14**0.5,
    "ℓ∞": np.ones(3),
    "ℓ₁": np.array([1.0, 0.0, 0.0]),
}
FACETS = {  # of the unit balls with flat faces: normals F, so that |x| is the largest of F x
    "ℓ∞": np.concatenate([np.eye(3), -np.eye(3)]),
    "ℓ₁": np.array(list(product((1.0, -1.0), repeat=3))),
}
# an orthonormal basis of the plane of solutions: the first vector points from least ℓ₂ to least ℓ∞
_FIRST = (np.ones(3) - LEAST_SQUARES) / np.linalg.norm(np.ones(3) - LEAST_SQUARES)
BASIS = np.stack([_FIRST, np.cross(EQUATION / 14**0.5, _FIRST)])
ZERO = (0.0, 0.0, 0.0)


def in_plane(w):
    """Coordinates (..., 2) in the plane of solutions of the projection of W, shape (..., 3)."""
    return (np.asarray(w) - LEAST_SQUARES) @ BASIS.T


def nearest(norm, center) -> tuple[np.ndarray, float]:
    """The solution nearest to ``center`` in the norm, and its distance, by duality."""
    residual = RIGHT_SIDE - EQUATION @ center
    distance = abs(residual) / DUAL_NORM[norm]
    return center + np.sign(residual) * distance * DIRECTION[norm], distance


@lru_cache(maxsize=32)
def slice_of_ball(norm, center, radius, directions=144) -> np.ndarray:
    """The boundary (directions, 2) in the plane of a ball around ``center``, ``radius`` × the least one."""
    center = np.array(center, dtype=float)
    touching, distance = nearest(norm, center)
    angle = np.linspace(0, 2 * np.pi, directions)
    ray = np.stack([np.cos(angle), np.sin(angle)], -1) @ BASIS
    # the touching point lies inside, so each ray crosses the boundary once
    offset, size = touching - center, radius * distance
    if norm == "ℓ₂":  # the offset is perpendicular to the plane
        length = np.full(directions, np.sqrt(max(size**2 - offset @ offset, 0.0)))
    else:  # the ray leaves through the facet F x = size that it meets first
        room = np.maximum(size - FACETS[norm] @ offset, 0.0)
        slope = ray @ FACETS[norm].T
        length = np.where(slope > 0, room / np.where(slope > 0, slope, 1.0), np.inf).min(axis=1)
    return in_plane(touching + length[:, None] * ray)


def lasso(penalty) -> np.ndarray:
    """The minimizer of ½(3w₁+2w₂+w₃−6)² + λ|W|₁: (2 − λ/9, 0, 0), and 0 from λ = 18 on; λ > 0."""
    return np.array([max(2 - checks.PENALTY.check(penalty) / 9, 0.0), 0.0, 0.0])


@dataclass(frozen=True, eq=False)
class Choice:
    """What one method chooses: its ``path`` to ``end`` and how far that is from its ``center`` in its norm.

    ``least`` is the least such distance of a solution; ``missed`` is |3w₁ + 2w₂ + w₃ − 6| at the end;
    ``ball`` is the slice of the ball drawn; ``zeros`` counts the weights that are 0.
    """

    norm: str
    path: np.ndarray
    end: np.ndarray
    center: np.ndarray
    distance: float
    least: float
    missed: float
    ball: np.ndarray
    zeros: int


def choices(beta_1, beta_2, step, penalty, radius, form, start) -> tuple[Choice, Choice, Choice]:
    """What gradient descent, ADAM in the form named and the LASSO choose; the LASSO knows no start.

    Raises ValueError for β outside [0, 1), Δt or λ that is not positive, an unknown form, r outside [1, 3].
    """
    radius = checks.RADIUS.check(radius)
    end = lasso(penalty)
    paths = (_descent(start), _adam(start, step, beta_1, beta_2, form), end[None])
    found = []
    for norm, path, center in zip(NORMS, paths, (start, start, ZERO), strict=True):
        found.append(
            Choice(
                norm=norm,
                path=path,
                end=path[-1],
                center=np.array(center),
                distance=float(np.linalg.norm(path[-1] - center, ord=NORMS[norm])),
                least=float(nearest(norm, np.array(center))[1]),
                missed=float(abs(EQUATION @ path[-1] - RIGHT_SIDE)),
                ball=slice_of_ball(norm, center, radius),
                zeros=int(np.sum(path[-1] == 0)),
            )
        )
    return tuple(found)


def steps_of_adam(beta_1, step) -> int:
    """Enough steps to arrive and to forget the start, 1200 at most."""
    beta_1, step = checks.BETA_1.check(beta_1), checks.TIME_STEP.check(step)
    return int(min(1200, max(4 / step, 20 / (1 - beta_1), 10)))


@lru_cache(maxsize=8)
def _descent(start):
    return gradient_descent(losses.one_equation().gradient, np.array(start), step=0.05, steps=60)


@lru_cache(maxsize=32)
def _adam(start, step, beta_1, beta_2, form):
    checks.one_of("the form of ADAM", form, FORMS)
    steps = steps_of_adam(beta_1, step)
    partials = losses.one_equation().partials  # for three floats, sooner than the gradient in NumPy
    run = adam(
        lambda w: partials(*w),
        np.array(start),
        step=step,
        beta_1=beta_1,
        beta_2=beta_2,
        form=form,
        steps=steps,
        every=max(1, steps // 400),
        floats=True,
    )
    return run.w

"""Flat or sharp: where ADAM ends on the bilinear problem, whose minimizers fill a hyperbola.

The trace of the Hessian there is 4|θ|². The sign flow from (3, 0.8) runs along −(1, 1) and meets the
hyperbola at (2.5, 0.3), where |θ|² = 6.34 exactly.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helpers.mathematics import checks, losses
from helpers.mathematics.adam import adam
from helpers.mathematics.adam_energy import effective_penalty

SIGN_FLOW = 6.34
STEP, STEPS, EVERY = 1e-3, 6000, 20  # Keras form
SETTLED = 1e-4  # J at the end
# At constant Δt the last oscillations alone move |θ|² by up to 0.021, where both memories are short and their
# first-order effect is smaller: 34 points of the grid, all with β₁ < β₂ ≤ 0.85
UNDECIDED = 0.025
FLATTER, SHARPER, AS_FLAT = "flatter", "sharper", "as flat"

# from 0 on, finer towards 1
BETAS_1 = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98)
_NEAR_1 = (0.985, 0.99, 0.992, 0.994, 0.996, 0.997, 0.998, 0.999, 0.9992, 0.9995, 0.9998, 0.9999)
BETAS_2 = (*BETAS_1[1:], *_NEAR_1)


@dataclass(frozen=True, eq=False)
class End:
    """A run's ``path``, shape (states, 2), and |θ|² at its end, ``excess`` over the sign flow's.

    ``settled``: whether J < 1e-4 there; ``loss`` is J. ``kind`` is what the excess says, ``expected`` what
    the sign of ε₁ − ε₂ = ``coefficient`` Δt says; ``agree``: None where the excess decides nothing.
    """

    beta_1: float
    beta_2: float
    path: np.ndarray
    size: float
    excess: float
    loss: float
    settled: bool
    kind: str
    coefficient: float
    expected: str
    agree: bool | None


def end_point(beta_1, beta_2) -> End:
    """The run for these memories, of the grid or computed anew. Raises ValueError for β outside [0, 1)."""
    beta_1, beta_2 = checks.BETA_1.check(beta_1), checks.BETA_2.check(beta_2)
    if beta_1 in BETAS_1 and beta_2 in BETAS_2:
        path = paths(BETAS_1, BETAS_2)[:, BETAS_1.index(beta_1), BETAS_2.index(beta_2)]
    else:
        path = paths((beta_1,), (beta_2,))[:, 0, 0]
    size, value = float(np.sum(path[-1] ** 2)), float(losses.bilinear().value(path[-1]))
    coefficient = effective_penalty(beta_1, beta_2, 1.0)
    kind = _kind(size - SIGN_FLOW, UNDECIDED)
    expected = _kind(-coefficient, 0.0)
    return End(
        beta_1=beta_1,
        beta_2=beta_2,
        path=path,
        size=size,
        excess=size - SIGN_FLOW,
        loss=value,
        settled=value < SETTLED,
        kind=kind,
        coefficient=coefficient,
        expected=expected,
        agree=None if AS_FLAT in (kind, expected) else kind == expected,
    )


def _kind(excess, undecided) -> str:
    return FLATTER if excess < -undecided else SHARPER if excess > undecided else AS_FLAT


@lru_cache(maxsize=32)
def paths(betas_1, betas_2) -> np.ndarray:
    """Paths of ADAM, Keras form, for a grid of memories at once: (states, len(betas_1), len(betas_2), 2)."""
    loss = losses.bilinear()
    b1, b2 = np.meshgrid(betas_1, betas_2, indexing="ij")
    start = np.broadcast_to(loss.start, (*b1.shape, 2))
    return adam(
        loss.gradient, start, step=STEP, beta_1=b1, beta_2=b2, form="keras", steps=STEPS, every=EVERY
    ).w


def excess_on_the_grid() -> np.ndarray:
    """|θ|² at the end minus the sign flow's over the grid, NaN where a run has not settled."""
    ends = paths(BETAS_1, BETAS_2)[-1]
    settled = losses.bilinear().value(ends) < SETTLED
    return np.where(settled, np.sum(ends**2, axis=-1) - SIGN_FLOW, np.nan)

"""Panel (c) of §5.4, the linear case: which solution do gradient descent and conjugate gradient reach?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helpers.figures import initialization as figures
from helpers.mathematics.conjugate_gradient import (
    conjugate_gradient,
    gradient_descent,
    kernel_part,
    one_line,
    underdetermined,
)
from helpers.panels import controls
from helpers.panels.panel import Panel

DIRECTION, VALUE = (2.0, 1.0), 3.0
EQUATIONS, UNKNOWNS, STEPS = 6, 12, 100
LARGEST = 100.0  # of the start's coordinates


@dataclass(frozen=True, eq=False)
class Course:
    """Iterates of both methods: in the plane (k + 1, 2), and errors (k + 1,) on the larger problem.

    `least` is the solution of least norm, `kernel` the start's part in the kernel, both in the plane.
    """

    start: np.ndarray
    theta: float
    descent: np.ndarray
    conjugate: np.ndarray
    least: np.ndarray
    kernel: np.ndarray
    descent_error: np.ndarray
    conjugate_error: np.ndarray
    drift: np.ndarray


class LinearCase(Panel):
    """Panel (c): click a start; both methods keep its kernel part and correct the rest."""

    def __init__(self, w_1=0.0, w_2=0.0, theta=0.5):
        self._plane, self._large = one_line(DIRECTION, VALUE), underdetermined(EQUATIONS, UNKNOWNS, seed=54)
        self._direction = np.random.default_rng(54).normal(size=UNKNOWNS)  # of the larger problem's start
        self._direction /= np.linalg.norm(self._direction)
        figure, self.artists = figures.linear_case(DIRECTION, VALUE, STEPS)
        a = self.artists
        coordinate = "the start, coordinate"
        allowed = f"-{LARGEST:g} ≤ w ≤ {LARGEST:g}"
        super().__init__(
            {
                "w_1": controls.linear("w₁", f"{coordinate} 1", w_1, -3, 3, 0.05, allowed),
                "w_2": controls.linear("w₂", f"{coordinate} 2", w_2, -3, 3, 0.05, allowed),
                "theta": controls.linear(
                    "Δt ‖A‖", "time step times the norm of A", theta, 0.05, 1.95, 0.05, "0 < Δt ‖A‖ < 2"
                ),
            },
            figure,
            [
                a.kernel, a.descent, a.conjugate, a.start, a.end,
                a.drift, a.descent_error, a.conjugate_error,
            ],
            presets={
                "From 0": {"w_1": 0.0, "w_2": 0.0},
                "In the kernel": {"w_1": -1.0, "w_2": 2.0},
                "Elsewhere": {"w_1": -1.5, "w_2": -0.5},
            },
            pointer_axes=[a.plane],
        )  # fmt: skip

    def compute(self, w_1, w_2, theta):
        """The `Course` from this start, with Δt = theta/‖A‖."""
        start = np.array([w_1, w_2])
        if not np.all(np.abs(start) <= LARGEST):
            raise ValueError(f"the start's coordinates must lie between -{LARGEST:g} and {LARGEST:g}")
        if not 0 < theta < 2:
            raise ValueError(f"Δt ‖A‖ must lie between 0 and 2, else descent diverges; got {theta:g}")
        plane = self._run(self._plane, start, theta)
        large = self._run(self._large, np.linalg.norm(start) * self._direction, theta)
        limit = self._large.limit(large[2])
        errors = [np.linalg.norm(path - limit, axis=(-2, -1)) for path in large[:2]]
        kernels = kernel_part(self._large, large[0])
        drift = np.linalg.norm(kernels - kernels[0], axis=(-2, -1))
        return Course(
            start, float(theta), plane[0][..., 0], plane[1][..., 0], self._plane.minimizer[:, 0],
            kernel_part(self._plane, start)[:, 0], *errors, drift,
        )  # fmt: skip

    @staticmethod
    def _run(problem, start, theta):
        step = theta / problem.norm_A
        descent = gradient_descent(problem, start, step=step, steps=STEPS)
        return descent, conjugate_gradient(problem, start), problem.as_unknown(start)

    def draw(self, result):
        """Move the paths, the kernel part and the errors."""
        a = self.artists
        a.kernel.set_data(*np.stack([np.zeros(2), result.kernel]).T)
        a.descent.set_data(*result.descent.T)
        a.conjugate.set_data(*result.conjugate.T)
        a.start.set_data(*result.start[:, None])
        a.end.set_data(*result.conjugate[-1:].T)
        for line, values in (
            (a.descent_error, result.descent_error),
            (a.conjugate_error, result.conjugate_error),
            (a.drift, result.drift),
        ):
            line.set_data(np.arange(len(values)), np.maximum(values, 1e-17))

    def on_point(self, axes, x, y):
        """Start where the plane was clicked, at the nearest positions of the sliders."""
        near = controls.nearest_position
        self.set(w_1=near(self.controls.w_1, x), w_2=near(self.controls.w_2, y))

    def describe(self, result):
        """Where both methods end, and how many iterations that takes."""
        end, least, kernel = result.conjugate[-1], result.least, result.kernel
        gap = np.abs(end - (least + kernel)).max()
        if np.linalg.norm(kernel) < 1e-12:
            where = f"the solution of least norm, ({least[0]:.3g}, {least[1]:.3g})"
        else:
            where = (
                f"({end[0]:.3g}, {end[1]:.3g}): the least-norm one, ({least[0]:.3g}, {least[1]:.3g}), plus "
                f"the start's kernel part ({kernel[0]:.3g}, {kernel[1]:.3g})"
            )
        return (
            f"From ({result.start[0]:g}, {result.start[1]:g}), conjugate gradient ends at {where}, "
            f"to {max(gap, 1e-16):.0e}. "
            f"6 equations, 12 unknowns: conjugate gradient needs {_iterations(result)} iterations; "
            f"gradient descent, Δt‖A‖ = {result.theta:g}, is still {result.descent_error[-1]:.1e} from the "
            f"limit after {STEPS}. The kernel part moves by at most {max(result.drift.max(), 1e-16):.0e}."
        )


def _iterations(result) -> int:
    """Iterations of conjugate gradient until ten digits of the limit are right."""
    error = result.conjugate_error
    return int(np.argmax(error <= 1e-10 * max(error[0], 1e-10)))

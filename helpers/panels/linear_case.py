"""Panel (c) of §5.4, the linear case: which solution do gradient descent and conjugate gradient reach?"""

import numpy as np

from helpers.figures import initialization as figures
from helpers.mathematics import checks
from helpers.mathematics.conjugate_gradient import SCALED_STEP, Course, course, one_line, underdetermined
from helpers.mathematics.numerals import ROUNDING, numeral, order_of_magnitude, vector
from helpers.panels import controls
from helpers.panels.panel import Panel
from helpers.stage.scene import Pad

DIRECTION, VALUE = (2.0, 1.0), 3.0
EQUATIONS, UNKNOWNS, STEPS = 6, 12, 100
W_1, W_2 = (checks.Quantity(f"w{index}", "a coordinate of the start", -100, 100) for index in "₁₂")


class LinearCase(Panel):
    """Panel (c): click a start; both methods keep its kernel part and correct the rest."""

    def __init__(self, w_1=0.0, w_2=0.0, theta=0.5):
        self._plane, self._large = one_line(DIRECTION, VALUE), underdetermined(EQUATIONS, UNKNOWNS, seed=54)
        self._direction = np.random.default_rng(54).normal(size=UNKNOWNS)  # of the larger problem's start
        self._direction /= np.linalg.norm(self._direction)
        along = np.array([-DIRECTION[1], DIRECTION[0]]) / np.linalg.norm(DIRECTION)
        figure, self.artists = figures.linear_case(self._plane.minimizer[:, 0], along, STEPS)
        a = self.artists
        super().__init__(
            {
                "w_1": controls.linear("w₁", "the start, coordinate 1", w_1, -3, 3, 0.05, W_1.allowed),
                "w_2": controls.linear("w₂", "the start, coordinate 2", w_2, -3, 3, 0.05, W_2.allowed),
                "theta": controls.linear(
                    "Δt ‖A‖", SCALED_STEP.name, theta, 0.05, 1.95, 0.05, SCALED_STEP.allowed
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
            pads=[Pad(a.plane, "w_1", "w_2")],
        )  # fmt: skip

    def compute(self, w_1, w_2, theta) -> Course:
        """Both methods from this start, with Δt = theta/‖A‖."""
        start = W_1.check(w_1), W_2.check(w_2)
        return course(self._plane, self._large, start, self._direction, theta, STEPS)

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
            line.set_data(np.arange(len(values)), np.maximum(values, ROUNDING))

    def describe(self, result):
        """Where both methods end, and how many iterations that takes."""
        rounding = result.rounding
        least = f"the solution of least norm, {vector(result.least)}"
        where = least if result.in_range else (
            f"{vector(result.conjugate[-1])}: {least}, plus the start's kernel part {vector(result.kernel)}"
        )  # fmt: skip
        return (
            f"From {vector(result.start)}, conjugate gradient ends at {where}; the difference is "
            f"{order_of_magnitude(result.gap, rounding)}. 6 equations, 12 unknowns: conjugate gradient needs "
            f"{result.iterations} iterations for ten digits; gradient descent with Δt ‖A‖ = "
            f"{numeral(result.theta)} is at the distance "
            f"{order_of_magnitude(result.descent_error[-1], rounding)} from the limit after {STEPS}. "
            f"Motion of the kernel part: {order_of_magnitude(result.moved, rounding)}."
        )

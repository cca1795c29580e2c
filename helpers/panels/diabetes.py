"""§5.3.1 on real data: scikit-learn's diabetes by least squares, p from 1 to #D = 442."""

import numpy as np

from helpers.figures import splitting as figures
from helpers.mathematics import partitions
from helpers.mathematics.many_batches import FAR, Course, many_batches
from helpers.mathematics.numerals import numeral
from helpers.networks.diabetes import diabetes
from helpers.panels import controls
from helpers.panels.panel import Panel

EPOCHS = 60
LARGEST = 1.4  # weight shown


class Diabetes(Panel):
    """Real data: how far W is from W* after each epoch, with p batches and with one, with the same Δtₖ."""

    def __init__(self, p=17, step=0.2, a=0.0, sampling=partitions.RESHUFFLED):
        problem, names = diabetes(bias=True)
        figure, self.artists = figures.real_data(names, LARGEST, EPOCHS)
        x = self.artists
        super().__init__(
            {
                "p": controls.batches(p, problem.size),
                "step": controls.time_step(step, smallest=-2, largest=1, quantity=controls.FIRST_STEP),
                "a": controls.exponent(a, quantity=controls.DECAY),
                "sampling": controls.Choice("sampling", partitions.SAMPLINGS, sampling),
                "unequal": controls.Switch("unequal αᵢ", False),
                "bias": controls.Switch("bias", False),
            },
            figure,
            [x.batches, x.full, *x.goals, *x.bars],
            presets={
                "Steepest gradient": {"p": 1, "step": 0.2, "a": 0},
                "26 data a batch": {"p": 17, "step": 0.2, "a": 0},
                "One datum a time": {"p": problem.size, "step": 2.0, "a": 0},
                "Δtₖ → 0": {"p": problem.size, "step": 4.0, "a": 0.8},
            },
        )

    def compute(self, p, step, a, sampling, unequal, bias):
        """The `ManyBatches` for these values."""
        return many_batches(diabetes(unequal, bias)[0], p, step, a, sampling, EPOCHS)

    def draw(self, result):
        """Move both curves and the bars."""
        x = self.artists
        for line, course in ((x.batches, result.many), (x.full, result.one)):
            line.set_data(np.arange(EPOCHS + 1), course.distance)
        for bars, weights in ((x.goals, result.problem.minimizer[:, 0]), (x.bars, result.many.end)):
            shown = np.zeros(len(bars))
            shown[: len(weights)] = np.clip(weights, -FAR, FAR)
            for bar, value in zip(bars, shown, strict=True):
                bar.set_height(float(value))

    def describe(self, result):
        """The problem's constants, and how far both runs came."""
        r, problem = result, result.problem
        words = (
            f"#D = {problem.size}, λ = {numeral(problem.lambda_min)}, ‖A‖ = {numeral(problem.norm_A)}, "
            f"condition number {numeral(problem.condition_number)}. Δtₖ from {numeral(r.steps[0])} to "
            f"{numeral(r.steps[-1])}, {r.sampling}, after {len(r.steps)} epochs: with p = {r.p}, "
            f"{_ended(r.many)}; with the full gradient, {_ended(r.one)}"
        )
        if not r.one_is_stable:
            words += f" (stable while Δtₖ < 2/‖A‖ = {numeral(2 / problem.norm_A)})"
        return f"{words}."


def _ended(course: Course) -> str:
    if course.left_at >= 0:
        return f"|W − W*| passed {numeral(FAR)} |W*| in epoch {course.left_at}"
    return f"|W − W*|/|W*| = {numeral(course.distance[-1], 2)}"

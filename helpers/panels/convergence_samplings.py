"""Two panels of §5.3.2: the exponents that tell the samplings apart, and least squares on real data."""

import numpy as np

from helpers.figures import convergence as figures
from helpers.mathematics import checks, components, sampling_exponents
from helpers.mathematics.components import real_run
from helpers.mathematics.least_squares import LeastSquares
from helpers.mathematics.numerals import numeral, order_of_magnitude
from helpers.mathematics.partitions import RESHUFFLED, SAMPLINGS
from helpers.networks.diabetes import diabetes
from helpers.panels import controls
from helpers.panels.convergence_words import equals, steps_in_words
from helpers.panels.panel import Panel


class Samplings(Panel):
    """How small the error is for a given Δtₖ: the exponents 1, 1, 3/2 and 1/2 of four samplings."""

    sentence_lines = 5

    def __init__(self, c=1.5, a=0.6, p=8):
        names = [name for name, *_ in sampling_exponents.CASES]
        figure, self.artists = figures.samplings(names, sampling_exponents.predicted_exponents(8))
        x = self.artists
        super().__init__(
            {
                "c": controls.factor(c, -1, 1),
                "a": controls.exponent(a, 0.9, sampling_exponents.EXPONENT),
                "p": controls.batches(p, 16, range(2, 17)),
            },
            figure,
            [*x.lines, *x.guides, *x.bars],
        )

    def compute(self, c, a, p):
        """The `Exponents` for these values."""
        return sampling_exponents.exponents(c, a, p)

    def draw(self, result):
        """Move the four curves, their guides and the bars."""
        x = self.artists
        late = result.steps <= result.steps[-1] * 10**0.7
        first, last = np.log10([result.schedule.c, result.steps[-1]])
        window = float(10 ** (np.ceil(2 * first) / 2)), float(10 ** np.floor(last))  # it seldom moves
        if x.plot.get_xlim() != window:
            x.plot.set_xlim(window)
        for k, rms in enumerate(result.rms):
            x.lines[k].set_data(result.steps, np.where(rms < 1e6, rms, np.nan))
            guide = 1.6 * rms[-1] * (result.steps[late] / result.steps[-1]) ** result.predicted[k]
            x.guides[k].set_data(result.steps[late], guide)
            x.bars[k].set_height(np.clip(result.fitted[k], 0, figures.TALLEST))

    def describe(self, result):
        """Fitted and predicted exponents, and whether the start is forgotten."""
        r = result
        parts = [
            f"{name} {numeral(fit, decimals=2)} (predicted {numeral(predicted)})"
            for (name, *_), fit, predicted in zip(
                sampling_exponents.CASES, r.fitted, r.predicted, strict=True
            )
        ]
        late = {
            sampling_exponents.RESOLVED: ".",
            sampling_exponents.START: ": it is not forgotten, these are not the final slopes.",
            sampling_exponents.LARGE: "; but the steps are still large there: these are not the final "
            "slopes.",
            sampling_exponents.SHORT: "; but Δtₖ falls by too little there for a slope to be seen.",
        }[r.kind]
        return (
            f"{steps_in_words(r.schedule)}, p = {r.p}: aₖ falls like Δtₖ to the power {'; '.join(parts)}. "
            f"Where the fit begins the start counts for e^(−λT) {equals(r.start_first)}, at the end "
            f"{equals(r.start_last)}{late}"
        )


# --- real data ---------------------------------------------------------------------------------------------

THREE, TEN = "bmi, bp, s5", "all ten features"
SIZES = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 221, 442)


def real_problem(features: str = TEN) -> LeastSquares:
    """The diabetes data, with three of the features or all ten."""
    problem, names = diabetes()
    checks.one_of("features", features, (THREE, TEN))
    return problem if features == TEN else problem.features([names.index(name) for name in THREE.split(", ")])


class RealData(Panel):
    """The theorem on scikit-learn's diabetes data: p from 1 to #D, λ and the condition number in view."""

    def __init__(self, p=13, c=0.3, a=0.5, features=THREE):
        self._problems = {name: real_problem(name) for name in (THREE, TEN)}
        figure, self.artists = figures.real_data()
        x = self.artists
        super().__init__(
            {
                "p": controls.batches(p, SIZES[-1], SIZES),
                "c": controls.factor(c, -3, 0),
                "a": controls.exponent(a),
                "sampling": controls.Choice("sampling", SAMPLINGS, RESHUFFLED),
                "features": controls.Choice("features", [THREE, TEN], features),
            },
            figure,
            [x.runs, x.median, x.whole, x.values, x.smallest, x.note],
            presets={
                "one batch": {"p": 1.0},
                "one datum a time": {"p": 442.0},
                "finite sum": {"a": 1.5},
            },
        )

    def compute(self, p, c, a, sampling, features):
        """The `RealRun` for these values."""
        return real_run(self._problems[features], p, c, a, sampling)

    def draw(self, result):
        """Move the errors and the spectrum."""
        x, r = self.artists, result
        x.runs.set_data(*figures.broken_lines(r.k, np.where(r.relative < 1e4, r.relative, np.nan)))
        x.median.set_data(r.k, np.where(r.median < 1e4, r.median, np.nan))
        x.whole.set_data(r.k, np.where(r.one_batch < 1e4, r.one_batch, np.nan))
        values = r.problem.eigenvalues
        x.values.set_data(np.arange(1, values.size + 1), values)
        x.smallest.set_data([0, 11], [r.problem.lambda_min] * 2)
        condition = numeral(r.problem.condition_number)
        x.note.set_text(f"λ = {numeral(r.problem.lambda_min)}, ‖A‖ / λ = {condition}")

    def describe(self, result):
        """The data's constants, the error at the end, and what it consists of."""
        r = result
        known = r.problem
        head = (
            f"Diabetes, {THREE if known.m == 3 else TEN}, #D = {known.size}, "
            f"λ = {numeral(known.lambda_min)}, ‖A‖ = {numeral(known.norm_A)}, condition number "
            f"{numeral(known.condition_number)}. p = {r.p}, {steps_in_words(r.schedule)}:"
        )
        if r.left_at is not None:
            return f"{head} the runs leave the picture at epoch {r.left_at} and are drawn up to there."
        rest = {
            components.SLOWEST: "the slowest component decides",
            components.OTHER: f"the component with the eigenvalue {numeral(r.deciding_eigenvalue)} decides",
            components.BATCHES: "the start is gone, the batches decide",
            components.AT_ROUNDING: "only rounding is left",
        }[r.decides]
        return (
            f"{head} after {int(r.k[-1])} epochs aₖ/a₀ {equals(r.median[-1])} (one batch: "
            f"{order_of_magnitude(r.one_batch[-1])}); e^(−λT) {equals(r.forgotten)}: {rest}."
        )

"""Two panels of §5.3.2: the exponents that tell the samplings apart, and least squares on real data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from helpers.figures import convergence as figures
from helpers.mathematics import splitting, theorem
from helpers.mathematics.epochs import Driver, recorded_epochs
from helpers.mathematics.least_squares import LeastSquares, standardize
from helpers.mathematics.partitions import FIXED, REPLACEMENT, RESHUFFLED, SAMPLINGS
from helpers.mathematics.time_steps import Power
from helpers.panels import controls
from helpers.mathematics.convergence import problem_in_the_plane, start
from helpers.panels.panel import Panel

# With the number of runs: in fixed order all are the same one; where the bias decides they differ little;
# with exact flows the slopes of 12 runs scatter as those of 16 do.
CASES = (
    ("fixed order, Euler", FIXED, splitting.LIE_EULER, 1),
    ("reshuffled, Euler", RESHUFFLED, splitting.LIE_EULER, 6),
    ("reshuffled, exact flows", RESHUFFLED, splitting.LIE_EXACT, 12),
    ("with replacement, Euler", REPLACEMENT, splitting.LIE_EULER, 14),
)
TAIL = 1 / 3  # of the range of log Δt_k, over which the slopes are fitted


@dataclass(frozen=True, eq=False)
class Exponents:
    """Root mean square errors of the four cases (Q,) against Δt_k (Q,), fitted and predicted exponents."""

    schedule: Power
    p: int
    steps: np.ndarray
    rms: list[np.ndarray]
    fitted: list[float]
    predicted: list[float]


class Samplings(Panel):
    """How small the error is for a given Δt_k: the exponents 1, 1, 3/2 and 1/2 of four samplings."""

    EPOCHS = 2000

    def __init__(self, c=1.5, a=0.6, p=8, seed=0):
        self._problem, self._seed = problem_in_the_plane(True), seed
        self._drivers, self._record = (None, []), recorded_epochs(self.EPOCHS, 200)
        predicted = [theorem.orders(scheme, sampling, 8, 16).error for _, sampling, scheme, _ in CASES]
        figure, self.artists = figures.samplings([name for name, *_ in CASES], predicted)
        x = self.artists
        super().__init__(
            {
                "c": controls.logarithmic("c", "c, factor of the time steps", c, -1, 1, "c > 0"),
                "a": controls.linear("a", "a, exponent of the time steps", a, 0.1, 0.9, 0.05, "0 < a < 1"),
                "p": controls.Slider("p", "p, number of batches in an epoch", range(2, 17), p, "2 ≤ p ≤ 16"),
            },
            figure,
            [*x.lines, *x.guides, *x.bars],
        )

    def compute(self, c, a, p):
        """The `Exponents` for these values."""
        if not 0 < a < 1:
            raise ValueError(f"a must lie between 0 and 1 here; got {a:g}")
        if p == 1:
            raise ValueError("with one batch there is nothing to sample; p must lie in 2..16")
        schedule = Power(c, a)
        steps = schedule.steps(self.EPOCHS + 1)
        if self._drivers[0] != p:
            made = [Driver(self._problem, p, sampling, runs, self._seed) for _, sampling, _, runs in CASES]
            self._drivers = (p, made)
        record, first, rms = self._record, start(self._problem), []
        for driver, (_, _, scheme, _) in zip(self._drivers[1], CASES, strict=True):
            run = driver.run(steps[:-1], scheme, first, record=record, bound=1e140)
            rms.append(run.rms[1:])
        at = steps[record[1:]]
        p = self._drivers[1][0].partitions.p
        predicted = [theorem.orders(scheme, s, p, self._problem.size).error for _, s, scheme, _ in CASES]
        fitted = [theorem.fitted_slope(at, one, tail=TAIL) for one in rms]
        return Exponents(schedule, p, at, rms, fitted, predicted)

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
            x.bars[k].set_height(np.clip(result.fitted[k], 0, 2))

    def describe(self, result):
        """Fitted and predicted exponents, and whether the start is forgotten."""
        parts = [
            f"{name} {fit:.2f} (predicted {predicted:g})"
            for (name, *_), fit, predicted in zip(CASES, result.fitted, result.predicted, strict=True)
        ]
        s = result.schedule
        begin = int(np.argmax(result.steps <= result.steps[0] ** TAIL * result.steps[-1] ** (1 - TAIL)))
        steps = s.steps(self.EPOCHS)
        first, last = (
            np.exp(-self._problem.lambda_min * steps[steps > end].sum()) for end in result.steps[[begin, -1]]
        )
        late = f"Where the fit begins the start counts for e^(−λT) = {first:.1g}, at the end for {last:.1g}"
        errors = [rms[begin] for rms in result.rms]
        if max(errors) > 1:
            late += "; but the steps are still so large there that a_k > 1: these are not the final slopes."
        elif first > 0.5 * min(errors):
            late += ": it is not forgotten, these are not the final slopes."
        else:
            late += "."
        return (
            f"Δt_k = {s.c:g}/(k+1)^{s.a:g}, p = {result.p}: a_k falls like Δt_k to the power "
            f"{'; '.join(parts)}. {late}"
        )


# --- real data ---------------------------------------------------------------------------------------------

THREE, TEN = "bmi, bp, s5", "all ten features"


@cache
def diabetes(features: str = TEN) -> LeastSquares:
    """scikit-learn's diabetes data, features and target standardized, weights 1/#D.  Raises ValueError."""
    from sklearn.datasets import load_diabetes  # imported when first used

    if features not in (THREE, TEN):
        raise ValueError(f"features must be {THREE!r} or {TEN!r}; got {features!r}")
    data = load_diabetes(scaled=False)
    names = THREE.split(", ") if features == THREE else data.feature_names
    x = standardize(data.data[:, [data.feature_names.index(name) for name in names]])[0]
    y = standardize(data.target[:, None])[0]
    return LeastSquares(x, y, np.full(len(y), 1 / len(y)))


@dataclass(frozen=True, eq=False)
class RealRun:
    """Relative errors (Q, runs) on real data, and those of one batch (Q,)."""

    problem: LeastSquares
    features: str
    schedule: Power
    p: int
    k: np.ndarray
    relative: np.ndarray
    one_batch: np.ndarray


class RealData(Panel):
    """The theorem on scikit-learn's diabetes data: p from 1 to #D, λ and the condition number in view."""

    EPOCHS, RUNS = 200, 3
    SIZES = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 221, 442)

    def __init__(self, p=13, c=0.3, a=0.5, features=THREE, seed=0):
        self._seed, self._driver = seed, (None, None)
        figure, self.artists = figures.real_data()
        x = self.artists
        batches = controls.Slider(
            "p", "p, number of batches in an epoch", self.SIZES, p, "a whole number, 1 ≤ p ≤ #D = 442"
        )
        super().__init__(
            {
                "p": batches,
                "c": controls.logarithmic("c", "c, factor of the time steps", c, -3, 0, "c > 0"),
                "a": controls.linear("a", "a, exponent of the time steps", a, 0.0, 1.5, 0.05, "a ≥ 0"),
                "sampling": controls.choice("sampling", SAMPLINGS, RESHUFFLED),
                "features": controls.choice("features", [THREE, TEN], features),
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
        problem, schedule = diabetes(features), Power(c, a)
        if self._driver[0] != (features, p, sampling):
            self._driver = ((features, p, sampling), Driver(problem, p, sampling, self.RUNS, self._seed))
        steps = schedule.steps(self.EPOCHS)
        record = recorded_epochs(self.EPOCHS, 100)
        runs = self._driver[1].run(steps, record=record, bound=1e140)
        one = Driver(problem, 1, FIXED).run(steps, record=record, bound=1e140)
        a0 = runs.distance[0, 0]
        p = self._driver[1].partitions.p
        return RealRun(
            problem, features, schedule, p, record[1:], runs.distance[1:] / a0, one.distance[1:, 0] / a0
        )

    def draw(self, result):
        """Move the errors and the spectrum."""
        x, r = self.artists, result
        x.runs.set_data(*figures.broken_lines(r.k, np.where(r.relative < 1e4, r.relative, np.nan)))
        median = np.median(r.relative, axis=1)
        x.median.set_data(r.k, np.where(median < 1e4, median, np.nan))
        x.whole.set_data(r.k, np.where(r.one_batch < 1e4, r.one_batch, np.nan))
        values = r.problem.eigenvalues
        x.values.set_data(np.arange(1, values.size + 1), values)
        x.smallest.set_data([0, 11], [r.problem.lambda_min] * 2)
        x.note.set_text(f"λ = {r.problem.lambda_min:.3g}, ‖A‖ / λ = {r.problem.condition_number:.3g}")

    def describe(self, result):
        """The data's constants, the error at the end, and what limits it."""
        r, s = result, result.schedule
        end = float(np.median(r.relative[-1]))
        time = float(s.steps(self.EPOCHS).sum())
        head = (
            f"Diabetes, {r.features}, #D = {r.problem.size}, λ = {r.problem.lambda_min:.3g}, ‖A‖ = "
            f"{r.problem.norm_A:.3g}, condition number {r.problem.condition_number:.3g}. "
            f"p = {r.p}, Δt_k = {s.c:g}/(k+1)^{s.a:g}: "
        )
        if not end < 10:
            away = int(r.k[np.argmax(np.median(r.relative, axis=1) >= 10)])
            return head + f"the runs leave the picture at epoch {away} and are drawn up to there."
        slow = np.exp(-r.problem.lambda_min * time)
        rest = (
            "the slowest component decides"
            if r.one_batch[-1] > 0.3 * end
            else "the slowest component is gone, the batches decide"
        )
        return (
            f"{head}after {self.EPOCHS} epochs a_k/a_0 = {end:.2g} (one batch: {r.one_batch[-1]:.2g}); "
            f"e^(−λT) = {slow:.2g}: {rest}."
        )

"""§5.3.1 on real data: scikit-learn's diabetes by least squares, p from 1 to #D = 442."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helpers.figures import splitting as figures
from helpers.mathematics import partitions, splitting
from helpers.mathematics.epochs import Driver
from helpers.mathematics.least_squares import LeastSquares, standardize
from helpers.panels import controls
from helpers.panels.panel import Panel

EPOCHS = 60
BOUND = 1e3  # relative to |W*|: far above the picture


@lru_cache(maxsize=1)
def diabetes() -> tuple[LeastSquares, tuple[str, ...]]:
    """J = Σ|Wx_i − y_i|²/#D on standardized features and target (no bias: all means are 0), and their names.

    442 patients, 10 features; the data ship inside scikit-learn.
    """
    from sklearn.datasets import load_diabetes

    data = load_diabetes(scaled=False)
    x, y = standardize(data.data)[0], standardize(data.target)[0]
    return LeastSquares(x, y, np.full(len(x), 1 / len(x))), tuple(data.feature_names)


@dataclass(frozen=True, eq=False)
class Fit:
    """Distances |W_k − W*|/|W*| after each epoch, (61,), NaN once a run has left; W at the end."""

    p: int
    step: float
    sampling: str
    batches: np.ndarray
    full: np.ndarray
    end: np.ndarray
    left_at: int
    full_left_at: int


@lru_cache(maxsize=8)
def _driver(p: int, sampling: str) -> Driver:
    return Driver(diabetes()[0], p, sampling, runs=1, seed=0)


def fit(p, step, sampling) -> Fit:
    """60 epochs of Lie splitting with Euler from W = 0, with p batches and with one.

    Raises `ValueError` for p outside 1..#D, Δt ≤ 0 and an unknown sampling.
    """
    problem = diabetes()[0]
    p = partitions.whole_number(p, "the number of batches p", 1, problem.size)
    steps = np.full(EPOCHS, splitting.time_step(step))
    size = float(np.linalg.norm(problem.minimizer))
    runs = []
    for driver in (_driver(p, sampling), _driver(1, partitions.FIXED)):
        run = driver.run(steps, splitting.LIE_EULER, bound=BOUND * size)
        left = int(run.left_at[0])
        distance = run.distance[:, 0] / size
        if left >= 0:
            distance[left:] = np.nan
        runs.append((distance, run.Wt[-1, 0, :, 0], left))
    return Fit(p, step, sampling, runs[0][0], runs[1][0], runs[0][1], runs[0][2], runs[1][2])


class Diabetes(Panel):
    """Real data: how far W is from W* after each epoch, with p batches and with one, at the same Δt."""

    def __init__(self, p=17, step=0.2, sampling=partitions.RESHUFFLED):
        problem, names = diabetes()
        figure, self.artists = figures.real_data(names, problem.minimizer[:, 0], EPOCHS)
        a = self.artists
        super().__init__(
            {
                "p": controls.batches(p, problem.size),
                "step": controls.time_step(step, smallest=-2, largest=1),
                "sampling": controls.choice("sampling", partitions.SAMPLINGS, sampling),
            },
            figure,
            [a.full, a.batches, *a.bars],
            presets={
                "Steepest gradient": {"p": 1, "step": 0.2},
                "26 data a batch": {"p": 17, "step": 0.2},
                "One datum a time": {"p": problem.size, "step": 2.0},
            },
        )

    def compute(self, p, step, sampling):
        """The `Fit` for these values."""
        return fit(p, step, sampling)

    def draw(self, result):
        """Move both curves and the bars."""
        a = self.artists
        epochs = np.arange(EPOCHS + 1)
        a.full.set_data(epochs, result.full)
        a.batches.set_data(epochs, result.batches)
        for bar, value in zip(a.bars, result.end, strict=True):
            bar.set_height(float(np.clip(value, -1e3, 1e3)))

    def describe(self, result):
        """The problem's constants, and how far both runs came."""
        problem = diabetes()[0]
        words = (
            f"#D = {problem.size}, λ_min = {problem.lambda_min:.4f}, ‖A‖ = {problem.norm_A:.2f}, "
            f"condition number {problem.condition_number:.0f}. Δt = {result.step:g}, {result.sampling}, "
            f"after {EPOCHS} epochs: with p = {result.p}, {_ended(result.batches, result.left_at)}; "
            f"with p = 1, {_ended(result.full, result.full_left_at)}"
        )
        if result.full_left_at >= 0 or result.step >= 2 / problem.norm_A:
            words += f" (p = 1 needs Δt < 2/‖A‖ = {2 / problem.norm_A:.3f})"
        return f"{words}."


def _ended(distance, left: int) -> str:
    if left >= 0:
        return f"diverged, gone in epoch {left}"
    return f"|W − W*|/|W*| = {distance[-1]:.2g}"

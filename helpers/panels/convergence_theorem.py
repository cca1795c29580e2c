"""The main panel of §5.3.2: Theorem 5.3.1 as an instrument, its hypotheses as switches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from helpers.figures import convergence as figures
from helpers.mathematics import splitting, theorem
from helpers.mathematics.epochs import Driver, recorded_epochs
from helpers.mathematics.least_squares import LeastSquares, plane_data
from helpers.mathematics.partitions import REPLACEMENT, RESHUFFLED, SAMPLINGS
from helpers.mathematics.time_steps import (
    Constant,
    InverseLogarithm,
    Power,
    Schedule,
    Sequence,
    satisfies_531,
    typed_sequence,
)
from helpers.panels import controls
from helpers.panels.convergence_words import kept_factor, sentence, short_words
from helpers.panels.panel import Panel

POWER, CONSTANT, LOGARITHM, TYPED = "c/(k+1)^a", "constant c", "c/log(k+3)", "typed steps"
KEPT_KERNEL_PART = 0.5  # of the start, in the direction that no x_i sees
FAR = 1e140  # a run that passes this never returns; before, the theorem may still bring it back
RECORDED = 180  # epochs drawn of each run, equally spaced in log k
STAIRCASE = Sequence(tuple(0.8 / 2 ** (k // 100) for k in range(800)))  # halved every 100 epochs


@dataclass(frozen=True, eq=False)
class Observation:
    """One setting of the instrument and what was measured: arrays over the recorded epochs k (Q,)."""

    problem: LeastSquares
    schedule: Schedule
    scheme: str
    sampling: str
    p: int
    k: np.ndarray
    steps: np.ndarray  # Δt_k at these epochs
    distance: np.ndarray  # (Q, runs), to the limit of the theorem
    median: np.ndarray  # (Q,), over the runs, of this distance
    mean_error: float  # |mean over the runs and the last half of the epochs of e_k|
    to_minimum_norm: np.ndarray | None  # (Q,), median distance to the minimum-norm solution
    bound: np.ndarray | None  # (Q,), None where there is no partition
    predicted: tuple[np.ndarray, np.ndarray] | None
    predicted_slope: float | None
    fitted_slope: float | None
    stall: float | None  # predicted limit of a_k for one batch when the sum of the steps is finite
    lights: tuple[bool | None, ...]
    left: np.ndarray  # epochs at which runs left the picture for good

    @property
    def holds(self) -> bool | None:
        """Whether the hypotheses of the theorem hold (uniqueness of W_* aside); None if undecided."""
        tends, diverges, partition, *_ = self.lights
        if not partition or tends is False or diverges is False:
            return False
        return satisfies_531(self.schedule)


@cache
def problem_in_the_plane(spans: bool) -> LeastSquares:
    """The data of the pictures; where they shall not span, the x_i lose all but the slow direction."""
    full = plane_data(noise=2.0, seed=1)
    if spans:
        return full
    slow = full.eigensystem[1][:, 0]
    return LeastSquares(full.x @ np.outer(slow, slow), full.y, full.alpha)


def start(problem: LeastSquares) -> np.ndarray:
    """W_0^t: an error 1 in the slow direction of A, 1/2 in the fast one or in the kernel."""
    slow, fast = problem_in_the_plane(True).eigensystem[1].T
    return problem.minimizer + (slow + KEPT_KERNEL_PART * fast)[:, None]


def bias_dominates(orders: theorem.Orders) -> bool:
    """Whether a_k is, to first order in Δt_k, the known bias."""
    return orders.bias == 1 and (orders.spread is None or orders.spread > 1)


def predicted_curve(problem, schedule, scheme, sampling, p, k, steps, median):
    """The predicted end of the curve a_k: (epochs, values), or None where nothing is predicted."""
    late = np.flatnonzero(k >= k[-1] ** 0.6)
    late = late[:: max(1, late.size // 12)]
    if late.size < 2:
        return None
    one = p == 1 and sampling != REPLACEMENT
    if isinstance(schedule, Power) and schedule.a > 1:
        if not one:
            return None
        return k[late], np.full(late.size, stall_level(problem, schedule, scheme))
    orders = theorem.orders(scheme, sampling, p, problem.size)
    if bias_dominates(orders) and not isinstance(schedule, Sequence):
        drift = splitting.expected_drift_constant(problem, p, scheme, sampling)
        ratios = [theorem.ratio_limit(problem, drift, schedule, int(i)) for i in k[late]]
        if all(ratio is not None for ratio in ratios):
            return k[late], steps[late] * np.array([np.linalg.norm(ratio) for ratio in ratios])
    slope = theorem.rate(problem, schedule, scheme, sampling, p)
    if not slope or not median[-1] > 0:
        return None
    return k[late], median[-1] * (k[late] / k[-1]) ** -slope


def stall_level(problem, schedule: Power, scheme: str) -> float:
    """lim a_k for one batch when the sum of the steps is finite, component by component of the start."""
    values, vectors = problem.eigensystem
    parts = (vectors.T @ (start(problem) - problem.limit(start(problem))))[:, 0]
    factors = [kept_factor(max(float(v), 0.0), schedule, scheme) for v in values]
    return float(np.linalg.norm(np.array(factors) * parts))


class Instrument(Panel):
    """Theorem 5.3.1: switch its hypotheses on and off, and compare what it says with what is measured."""

    def __init__(self, runs: int = 20, seed: int = 0):
        self._runs, self._seed = runs, seed
        self._typed = STAIRCASE
        self._problems = {spans: problem_in_the_plane(spans) for spans in (True, False)}
        self._constants = {spans: theorem.constants(one) for spans, one in self._problems.items()}
        self._driver = (None, None)
        self._last = (None, None)
        self._shown = None
        figure, self.artists = figures.instrument()
        a = self.artists
        made = self._make_controls()
        self._link(made)
        all_hold = {"schedule": POWER, "c": 1.5, "a": 0.6, "p": 8.0, "sampling": RESHUFFLED, "spans": True}
        all_hold["scheme"] = splitting.LIE_EULER
        super().__init__(
            made,
            figure,
            [a.runs, a.bound, a.median, a.predicted, a.other, a.measured],
            presets={
                "All hold": all_hold,
                "Constant Δt": all_hold | {"schedule": CONSTANT, "c": 0.1},
                "Past 2/‖A‖": all_hold | {"schedule": CONSTANT, "c": 2.1, "p": 1.0},
                "Finite sum: 2/π": all_hold | {"c": 1.0, "a": 2.0, "p": 1.0},
                "No partition": all_hold | {"sampling": REPLACEMENT},
                "x_i do not span": all_hold | {"spans": False},
                "c/log": all_hold | {"schedule": LOGARITHM, "c": 0.5},
            },
        )

    @staticmethod
    def _make_controls() -> dict:
        return {
            "schedule": controls.choice("Δt_k", [POWER, CONSTANT, LOGARITHM, TYPED], POWER),
            "c": controls.logarithmic("c", "c, factor of the time steps", 1.5, -2, 1, "c > 0"),
            "a": controls.linear("a", "a, exponent of the time steps", 0.6, 0.0, 2.0, 0.05, "a ≥ 0"),
            "p": controls.batches(8, 16),
            "sampling": controls.choice("sampling", SAMPLINGS, RESHUFFLED),
            "scheme": controls.choice("scheme", splitting.SCHEMES, splitting.LIE_EULER),
            "epochs": controls.choice("epochs", [200, 2000, 20000], 2000),
            "tends_to_zero": controls.switch("Δt_k → 0", True),
            "sum_diverges": controls.switch("Σ Δt_k = ∞", True),
            "partition": controls.switch("partition", True),
            "spans": controls.switch("the x_i span", True),
        }

    # ------------------------------------------------------------------ the switches
    def _link(self, made):
        """Let the switches follow the choices, and the choices the switches."""

        def now() -> Schedule:
            a = made["a"].value  # what is not allowed is said by the panel; here it counts as 0
            return self._schedule(made["schedule"].value, 1.0, a if 0 <= a < np.inf else 0.0)

        def follow(_change):
            schedule = now()
            made["tends_to_zero"].value = bool(schedule.tends_to_zero)
            made["sum_diverges"].value = bool(schedule.sum_diverges)
            made["partition"].value = made["sampling"].value != REPLACEMENT

        def tends(change):
            schedule = now()
            if change["new"] == bool(schedule.tends_to_zero):
                return
            if change["new"] and made["a"].value == 0:
                made["a"].value = 0.6
            made["schedule"].value = POWER if change["new"] else CONSTANT

        def diverges(change):
            schedule = now()
            if change["new"] == bool(schedule.sum_diverges):
                return
            made["a"].value = 0.6 if change["new"] else 2.0
            made["schedule"].value = POWER

        def partition(change):
            if change["new"] != (made["sampling"].value != REPLACEMENT):
                made["sampling"].value = RESHUFFLED if change["new"] else REPLACEMENT

        for name in ("schedule", "a", "sampling"):
            made[name].observe(follow, "value")
        made["tends_to_zero"].observe(tends, "value")
        made["sum_diverges"].observe(diverges, "value")
        made["partition"].observe(partition, "value")

    def type_steps(self, text: str):
        """Take a sequence of steps such as "0.5, 1/4, 0.1" and show it.  Raises ValueError."""
        self._typed = typed_sequence(text)
        if self.controls.schedule.value == TYPED:
            self.update()
        else:
            self.controls.schedule.value = TYPED

    def _schedule(self, name, c, a) -> Schedule:
        if name == TYPED:
            return self._typed
        if name == CONSTANT:
            return Constant(c)
        return Power(c, a) if name == POWER else InverseLogarithm(c)

    # ------------------------------------------------------------------ the three faces
    def compute(self, schedule, c, a, p, sampling, scheme, epochs, spans, **_switches):
        """The `Observation` for these values; kept while nothing has changed."""
        schedule = self._schedule(schedule, c, a)
        key = (schedule, p, sampling, scheme, epochs, spans)
        if self._last[0] != key:
            self._last = (key, self._observe(*key))
        return self._last[1]

    def _observe(self, schedule, p, sampling, scheme, epochs, spans) -> Observation:
        problem, known = self._problems[spans], self._constants[spans]
        if self._driver[0] != (spans, p, sampling):
            driver = Driver(problem, p, sampling, self._runs, self._seed)
            self._driver = ((spans, p, sampling), driver)
        driver = self._driver[1]
        p = driver.partitions.p
        if isinstance(schedule, Sequence):
            epochs = min(epochs, len(schedule.values))
        steps = schedule.steps(epochs)
        record = recorded_epochs(epochs, RECORDED)
        first = start(problem)
        seen = driver.run(steps, scheme, first, record=record, bound=FAR)
        k, distance = record[1:], seen.distance[1:]
        for run in np.flatnonzero(seen.diverged):
            distance[k >= seen.left_at[run], run] = FAR
        left = np.array([_leaves(k, one) for one in distance.T])
        left = left[left > 0]
        at = steps[np.minimum(k, epochs - 1)]
        partition = sampling != REPLACEMENT
        median = np.median(distance, axis=1)
        a0 = float(seen.distance[0].max())
        mean = np.nan
        if not left.size:
            mean = np.linalg.norm(seen.error[record > epochs / 2].mean(axis=(0, 1)))
        kernel = np.linalg.norm(seen.limit - problem.minimizer, axis=(1, 2))
        to_minimum_norm = None if spans else np.median(np.hypot(distance, kernel), axis=1)
        bound = theorem.proven_recursion(known, steps, a0)[k] if partition else None
        slope = theorem.rate(problem, schedule, scheme, sampling, p)
        return Observation(
            problem,
            schedule,
            scheme,
            sampling,
            p,
            k,
            at,
            distance,
            median,
            float(mean),
            to_minimum_norm,
            bound,
            None if left.size else predicted_curve(problem, schedule, scheme, sampling, p, k, at, median),
            slope,
            None if left.size else _slope(k, median),
            stall_level(problem, schedule, scheme) if schedule.sum_diverges is False else None,
            (schedule.tends_to_zero, schedule.sum_diverges, partition, spans, schedule.square_summable),
            left,
        )

    def draw(self, result):
        """Set the lights, the two short verdicts and the curves."""
        a, r = self.artists, result
        says, measured = short_words(r)
        if self._shown != (r.lights, says):  # the lights belong to the fixed parts: they change seldom
            figures.set_lights(a, r.lights, says)
            if self._shown:
                self.stage.invalidate()
            self._shown = (r.lights, says)
        window = 1, float(10 ** np.ceil(np.log10(r.k[-1]) - 0.31) * 2)  # 200, 2000, 20000
        if a.plot.get_xlim() != window:
            a.plot.set_xlim(window)
        a.runs.set_data(*figures.broken_lines(r.k, _inside(r.distance)))
        a.median.set_data(r.k, _inside(r.median))
        a.bound.set_data(*((r.k, _inside(r.bound)) if r.bound is not None else ([], [])))
        a.predicted.set_data(*(r.predicted or ([], [])))
        a.other.set_data(*((r.k, r.to_minimum_norm) if r.to_minimum_norm is not None else ([], [])))
        a.measured.set_text(measured)

    def describe(self, result):
        """Which hypotheses hold, what the theorem then says, what was measured."""
        return sentence(result)


def _leaves(k, distance) -> int:
    """The first epoch from which a run stays above the picture; 0 if it ends inside."""
    inside = np.flatnonzero(distance <= figures.HIGHEST)
    if inside.size and inside[-1] == k.size - 1:
        return 0
    return int(k[inside[-1] + 1] if inside.size else k[0])


def _inside(values) -> np.ndarray:
    """The values as drawn: up to a little above the picture, where a line ends."""
    return np.where(values <= 1e3 * figures.HIGHEST, values, np.nan)


def _slope(k, median) -> float | None:
    """Fitted slope of the median over the last part of log k; None where it has reached rounding."""
    if np.count_nonzero(median > 1e-14) < median.size or median.size < 8:
        return None
    return theorem.fitted_slope(k, median, tail=0.35)

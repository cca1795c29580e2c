"""The main panel of §5.3.2: Theorem 5.3.1 as an instrument, its hypotheses as switches."""

from __future__ import annotations

import numpy as np

from helpers.figures import convergence as figures
from helpers.mathematics import checks, convergence, splitting
from helpers.mathematics.partitions import REPLACEMENT, RESHUFFLED, SAMPLINGS
from helpers.mathematics.time_steps import (
    Constant,
    InverseLogarithm,
    Power,
    Schedule,
    Sequence,
    typed_sequence,
)
from helpers.panels import controls
from helpers.panels.convergence_words import sentence, short_words
from helpers.panels.panel import Panel

POWER, CONSTANT, LOGARITHM, TYPED = "c/(k+1)^a", "constant c", "c/log(k+3)", "typed steps"
STAIRCASE = Sequence(tuple(0.8 / 2 ** (k // 100) for k in range(800)))  # halved every 100 epochs


class Instrument(Panel):
    """Theorem 5.3.1: switch its hypotheses on and off, and compare what it says with what is measured."""

    sentence_lines = 5

    def __init__(self):
        self._typed = STAIRCASE
        self._shown = None
        figure, self.artists = figures.instrument()
        a = self.artists
        made = self._make_controls()
        self._link(made)
        all_hold = {"schedule": POWER, "c": 1.5, "a": 0.6, "p": 8.0, "sampling": RESHUFFLED, "spans": True}
        all_hold |= {"scheme": splitting.LIE_EULER, "data": convergence.EQUAL}
        super().__init__(
            made,
            figure,
            [a.runs, a.bound, a.rms, a.predicted, a.other, a.measured],
            presets={
                "All hold": all_hold,
                "Constant Δt": all_hold | {"schedule": CONSTANT, "c": 0.1},
                "Past 2/‖A‖": all_hold | {"schedule": CONSTANT, "c": 2.1, "p": 1.0},
                "Finite sum: 2/π": all_hold | {"c": 1.0, "a": 2.0, "p": 1.0},
                "No partition": all_hold | {"sampling": REPLACEMENT},
                "xᵢ do not span": all_hold | {"spans": False},
                "c/log": all_hold | {"schedule": LOGARITHM, "c": 0.5},
                "Unequal αᵢ": all_hold | {"data": convergence.UNEQUAL},
            },
        )

    @staticmethod
    def _make_controls() -> dict:
        return {
            "schedule": controls.choice("Δtₖ", [POWER, CONSTANT, LOGARITHM, TYPED], POWER),
            "c": controls.logarithmic("c", "c, factor of the time steps", 1.5, -2, 1, checks.FACTOR.allowed),
            "a": controls.linear(
                "a", "a, exponent of the time steps", 0.6, 0.0, 2.0, 0.05, checks.EXPONENT.allowed
            ),
            "p": controls.batches(8, 16),
            "sampling": controls.choice("sampling", SAMPLINGS, RESHUFFLED),
            "scheme": controls.choice("scheme", splitting.SCHEMES, splitting.LIE_EULER),
            "data": controls.choice("data", convergence.DATA, convergence.EQUAL),
            "epochs": controls.choice("epochs", [200, 2000, 20000], 2000),
            "tends_to_zero": controls.switch("Δtₖ → 0", True),
            "sum_diverges": controls.switch("Σ Δtₖ = ∞", True),
            "partition": controls.switch("partition", True),
            "spans": controls.switch("xᵢ span", True),
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
    def compute(self, schedule, c, a, p, sampling, scheme, epochs, spans, data, **_switches):
        """The `Observation` for these values."""
        return convergence.observe(self._schedule(schedule, c, a), p, sampling, scheme, epochs, spans, data)

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
        a.rms.set_data(r.k, _inside(r.rms))
        a.bound.set_data(*((r.k, _inside(r.bound)) if r.bound is not None else ([], [])))
        a.predicted.set_data(*(r.predicted or ([], [])))
        a.other.set_data(*((r.k, r.to_minimum_norm) if r.to_minimum_norm is not None else ([], [])))
        a.measured.set_text(measured)

    def describe(self, result):
        """Which hypotheses hold, what the theorem then says, what was measured."""
        return sentence(result)


def _inside(values) -> np.ndarray:
    """The values as drawn: up to a little above the picture, where a line ends."""
    return np.where(values <= 1e3 * convergence.OUTSIDE, values, np.nan)

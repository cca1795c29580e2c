"""The main panel of §5.3.2: Theorem 5.3.1 as an instrument, its hypotheses as switches."""

import numpy as np

from helpers.figures import convergence as figures
from helpers.mathematics import convergence, splitting
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
from helpers.panels.convergence_words import conclusion, measured, sentence
from helpers.panels.panel import Panel

SWITCHES = "tends_to_zero", "sum_diverges", "partition"  # that follow other choices, and lead them
POWER, CONSTANT, LOGARITHM, TYPED = "c/(k+1)^a", "constant c", "c/log(k+3)", "typed steps"
STAIRCASE = Sequence(tuple(0.8 / 2 ** (k // 100) for k in range(800)))  # halved every 100 epochs


class Instrument(Panel):
    """Theorem 5.3.1: switch its hypotheses on and off, and compare what it says with what is measured."""

    sentence_lines = 5

    def __init__(self):
        self._typed = STAIRCASE
        figure, self.artists = figures.instrument()
        a = self.artists
        all_hold = {"schedule": POWER, "c": 1.5, "a": 0.6, "p": 8.0, "sampling": RESHUFFLED, "spans": True}
        all_hold |= {"scheme": splitting.LIE_EULER, "data": convergence.EQUAL}
        super().__init__(
            self._make_controls(),
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
            "schedule": controls.Choice("Δtₖ", [POWER, CONSTANT, LOGARITHM, TYPED], POWER),
            "c": controls.factor(1.5, -2, 1),
            "a": controls.exponent(0.6, high=2.0),
            "p": controls.batches(8, 16),
            "sampling": controls.Choice("sampling", SAMPLINGS, RESHUFFLED),
            "scheme": controls.Choice("scheme", splitting.SCHEMES, splitting.LIE_EULER),
            "data": controls.Choice("data", convergence.DATA, convergence.EQUAL),
            "epochs": controls.Choice("epochs", [200, 2000, 20000], 2000),
            "tends_to_zero": controls.Switch("Δtₖ → 0", True),
            "sum_diverges": controls.Switch("Σ Δtₖ = ∞", True),
            "partition": controls.Switch("partition", True),
            "spans": controls.Switch("xᵢ span", True),
        }

    # ------------------------------------------------------------------ the switches
    def follow(self, values, name):
        """Let the choices follow the switch that has been moved, then all switches the choices."""
        on = values.get(name)
        if name in SWITCHES and on != self._switches(values)[name]:
            if name == "partition":
                values["sampling"] = RESHUFFLED if on else REPLACEMENT
            elif name == "sum_diverges":
                values |= {"schedule": POWER, "a": 0.6 if on else 2.0}
            else:
                values |= {"schedule": POWER if on else CONSTANT}
                values["a"] = 0.6 if on and values["a"] == 0 else values["a"]
        return values | self._switches(values)

    def _switches(self, values) -> dict:
        a = values["a"]  # what is not allowed is said by the panel; here it counts as 0
        schedule = self._schedule(values["schedule"], 1.0, a if 0 <= a < np.inf else 0.0)
        hypotheses = schedule.tends_to_zero, schedule.sum_diverges, values["sampling"] != REPLACEMENT
        return dict(zip(SWITCHES, map(bool, hypotheses), strict=True))

    def type_steps(self, text: str):
        """Take a sequence of steps such as "0.5, 1/4, 0.1" and show it.  Raises ValueError."""
        self._typed = typed_sequence(text)
        self.forget(schedule=TYPED)

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

    def looks(self, result):
        """The lights, and what the theorem says: they change seldom."""
        return result.lights, conclusion(result)

    def dress(self, result):
        """Set the lights and what the theorem says."""
        figures.set_lights(self.artists, *self.looks(result))

    def draw(self, result):
        """Set what was measured, in words and as curves."""
        a, r = self.artists, result
        a.plot.set_xlim(1, float(10 ** np.ceil(np.log10(r.k[-1]) - 0.31) * 2))  # 200, 2000, 20000
        a.runs.set_data(*figures.broken_lines(r.k, _inside(r.distance)))
        a.rms.set_data(r.k, _inside(r.rms))
        a.bound.set_data(*((r.k, _inside(r.bound)) if r.bound is not None else ([], [])))
        a.predicted.set_data(*(r.predicted or ([], [])))
        a.other.set_data(*((r.k, r.to_minimum_norm) if r.to_minimum_norm is not None else ([], [])))
        a.measured.set_text(measured(r))

    def describe(self, result):
        """Which hypotheses hold, what the theorem then says, what was measured."""
        return sentence(result)


def _inside(values) -> np.ndarray:
    """The values as drawn: up to a little above the picture, where a line ends."""
    return np.where(values <= 1e3 * convergence.OUTSIDE, values, np.nan)

"""Two panels of §5.2: the map of (β₁, β₂) with its energy, and the ratio R of (5.28)."""

import numpy as np

from helpers.figures import adam_energy as figures
from helpers.figures.memories import memory_scale
from helpers.mathematics import losses
from helpers.mathematics.adam_course import BAND, FLOW, FULL, RECURSION, ZERO, course, ratios
from helpers.mathematics.numerals import numeral
from helpers.panels import controls
from helpers.panels.panel import Panel

PRESETS = controls.memory_presets("Algorithm 8", "Keras default", "Equal memories", "Beyond the line")
LOSSES = {  # with where to start, or None for the loss's own
    "J = w²/2 from w = 2": (losses.half_square(), (2.0,)),
    "quadratic, condition 10": (losses.quadratic(10.0, angle=0.5), None),
    "Rosenbrock's valley": (losses.rosenbrock(), None),
}
PROVEN = {
    "inside": "inside 1−β₂ ≤ 4(1−β₁): along the ODE E is proven never to rise.",
    "on the line": "on the line 1−β₂ = 4(1−β₁): along the ODE E is still proven never to rise.",
    "outside": "beyond the line 1−β₂ = 4(1−β₁): nothing forbids E to rise.",
}


class EnergyMap(Panel):
    """Panel (a): choose (β₁, β₂) on the map; see the path and the energies E, J and (5.28)."""

    END = 4.0

    def __init__(self, beta_1=0.9, beta_2=0.6, step=0.02, seen_as=FLOW):
        self._losses = {loss.name: loss for loss in (losses.quadratic(10.0, angle=0.5), losses.rosenbrock())}
        names = list(self._losses)
        figure, self.artists = figures.energy_map(self.END)
        a = self.artists
        super().__init__(
            {
                "beta_1": controls.beta_1(beta_1),
                "beta_2": controls.beta_2(beta_2),
                "step": controls.time_step(step, smallest=-3, largest=0),
                "seen_as": controls.Choice("seen as", [FLOW, RECURSION], seen_as),
                "loss": controls.Choice("loss", names, names[0]),
            },
            figure,
            [a.path, a.end, a.loss, a.lasso, a.energy, a.here],
            presets=PRESETS,
            pads=[controls.memory_pad(a.pad)],
        )

    def compute(self, beta_1, beta_2, step, seen_as, loss):
        """The `Course` for these values, from full memories."""
        return course(self._losses[loss], beta_1, beta_2, step, self.END, seen_as)

    def looks(self, result):
        """The loss decides which level lines are drawn."""
        return result.loss_name

    def dress(self, result):
        """Draw the level lines of the loss."""
        figures.draw_landscape(self.artists.plane, self._losses[result.loss_name])

    def draw(self, result):
        """Move the point, the path and the three energies."""
        a = self.artists
        a.here.set_data([memory_scale(result.beta_1)], [memory_scale(result.beta_2)])
        a.path.set_data(*result.w.T)
        a.end.set_data(*result.w[-1:].T)
        lasso = result.loss + result.penalty
        for line, values in ((a.energy, result.energy), (a.loss, result.loss), (a.lasso, lasso)):
            line.set_data(result.t, values)
        top = 10 ** np.ceil(np.log10(result.energy.max()))
        a.time.set_ylim(1e-5 * top, 1.5 * top)

    def describe(self, result):
        """Where the point lies, what is proven there, what E did, and the effective penalty."""
        first, last = numeral(result.energy[0]), numeral(result.energy[-1], 2)
        if result.first_rise is None:
            seen = f"Here E never rose, from {first} to {last}."
        else:
            rise = f"by up to {numeral(result.largest_rise, 2)} (start: {first})"
            seen = f"Here E rose, first at t = {numeral(result.first_rise, 2)}, {rise}."
        betas = f"β₁ = {numeral(result.beta_1, 6)}, β₂ = {numeral(result.beta_2, 6)}"
        stopped = f" The integration {result.stopped}." if result.stopped else ""
        return f"{betas}, {PROVEN[result.verdict]} {seen} {penalty_words(result)}{stopped}"


def penalty_words(result) -> str:
    """The effective coefficient in units of Δt, and its first-order meaning where the memories are short."""
    units = f"ε₁−ε₂ = {numeral(result.coefficient, signed=True)} Δt"
    if not result.short:
        return f"{units}; a memory is not short against the run, and no first-order law holds."
    return f"{units}: to first order in the memories, {result.penalty_kind} on |∇J|₁."


class Ratio(Panel):
    """Panel (b): the ratio R = (E−J) / ((ε₁/2)|∇J|₁) in time: is (5.28) what ADAM's energy looks like?"""

    END = 2.5

    def __init__(self, beta_1=0.9, beta_2=0.6, step=0.005):
        figure, self.artists = figures.ratio(self.END, BAND)
        a = self.artists
        super().__init__(
            {
                "beta_1": controls.beta_1(beta_1),
                "beta_2": controls.beta_2(beta_2),
                "step": controls.time_step(step, smallest=-3, largest=-1),
                "memories": controls.Choice("start with", [FULL, ZERO], FULL),
                "loss": controls.Choice("loss", list(LOSSES), next(iter(LOSSES))),
            },
            figure,
            [a.loss, a.kinetic, a.penalty, a.default, a.eight, a.expansion, a.chosen],
            presets=PRESETS,
        )

    def compute(self, beta_1, beta_2, step, memories, loss):
        """The `Ratios` along the flow: of this choice, of Algorithm 8 and of Keras' default."""
        function, start = LOSSES[loss]
        return ratios(function, beta_1, beta_2, step, self.END, FLOW, memories, start)

    def draw(self, result):
        """Move the two sides and the ratios."""
        a, c = self.artists, result.chosen
        a.kinetic.set_data(c.t, c.energy - c.loss)
        a.penalty.set_data(c.t, c.penalty)
        a.loss.set_data(c.t, c.loss)
        for line, one in ((a.chosen, c), (a.eight, result.eight), (a.default, result.default)):
            line.set_data(one.t, one.ratio)
        expansion = result.expansion
        a.expansion.set_data(*((c.t, expansion) if expansion is not None else ([], [])))
        top = 10 ** np.ceil(np.log10(max(c.loss[0], c.penalty[0])))
        a.sides.set_ylim(1e-6 * top, 1.5 * top)

    def describe(self, result):
        """R where J has halved, how long it stays near 1, and what it is near the minimum."""
        c, near, late = result.chosen, result.near, result.late
        band, left = f"between {numeral(BAND[0])} and {numeral(BAND[1])}", numeral(c.energy_left, 1)
        half = "J does not halve in this time."
        if result.halfway is not None:
            half = f"R = {numeral(result.halfway)} where J has halved."
        stays = f"R is never {band}."
        if near is not None:
            times = f"from t = {numeral(near.begin)} to {numeral(near.end)}"
            there = f"where J is {numeral(100 * near.loss_left, 2)} % of its start"
            stays = f"R stays {band} longest {times}, {there}."
        end = (
            f"The run ends with E at {left} of its start, too early or too short for a mean near the minimum."
        )
        if late is not None:
            end = (
                f"Near the minimum, E down to {left} of its start, R is {numeral(late.ratio, 1)} on average."
            )
        stopped = f" The integration {c.stopped}." if c.stopped else ""
        memories = f"ε₁ = {numeral(c.epsilon_1)}, ε₂ = {numeral(c.epsilon_2)}, {c.memories}"
        return f"{memories}: {half} {stays} {end}{stopped}"

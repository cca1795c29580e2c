"""The first two panels of §5.2: the map of (β₁, β₂) with its energy, and the ratio R of (5.28)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helpers.figures import adam_energy as figures
from helpers.figures.memories import memory_scale
from helpers.mathematics import losses
from helpers.mathematics.adam import adam
from helpers.mathematics.adam_energy import (
    effective_penalty,
    energy,
    energy_verdict,
    epsilon_from_beta,
    gradient_norm_1,
    lasso_functional,
    lasso_ratio,
    lasso_ratio_expansion,
)
from helpers.mathematics.adam_flow import integrate
from helpers.panels import controls
from helpers.panels.memory_map import MemoryMap
from helpers.panels.panel import Panel

PRESETS = {
    "Algorithm 8": {"beta_1": 0.9, "beta_2": 0.6},
    "Keras default": {"beta_1": 0.9, "beta_2": 0.999},
    "Equal memories": {"beta_1": 0.9, "beta_2": 0.9},
    "Beyond the line": {"beta_1": 0.95, "beta_2": 0.3},
}
FLOW, RECURSION = "the ODE (5.23)", "the recursion (5.26)"


@dataclass(frozen=True, eq=False)
class Course:
    """A run of ADAM seen through its energy: arrays over the times t, first axis."""

    loss_name: str
    beta_1: float
    beta_2: float
    step: float
    epsilon_1: float
    epsilon_2: float
    t: np.ndarray
    w: np.ndarray
    loss: np.ndarray
    energy: np.ndarray
    lasso: np.ndarray
    ratio: np.ndarray
    stopped: str | None

    @property
    def rises(self) -> np.ndarray:
        """The indices after which E is larger than before, by more than the integration's error."""
        return np.flatnonzero(np.diff(self.energy) > 1e-6 * self.energy[0])

    @property
    def largest_rise(self) -> float:
        """The largest rise of E above its lowest value so far."""
        return float(np.max(self.energy - np.minimum.accumulate(self.energy)))


def course(loss, beta_1, beta_2, step, end_time, seen_as=FLOW, start=None) -> Course:
    """Run ADAM from W = `start` with full memories, Z = −∇J and D = ∇J², and measure its energy.

    `seen_as` names the ODE (5.23), ε_i = Δt/(1−β_i), or the recursion (5.26), book form; both reconstructed.
    Raises `ValueError` for β outside [0, 1), Δt ≤ 0 or more than 5000 steps of the recursion.
    """
    start = np.array(loss.start if start is None else start, dtype=float)
    epsilon_1, epsilon_2 = epsilon_from_beta(beta_1, step), epsilon_from_beta(beta_2, step)
    stopped = None
    if seen_as == FLOW:
        flow = integrate(loss, start, epsilon_1, epsilon_2, end_time, times=np.linspace(0, end_time, 401))
        t, w, z, d, stopped = flow.t, flow.w, flow.z, flow.d, flow.stopped
    else:
        steps = int(end_time / step)
        if not 1 <= steps <= 5000:
            raise ValueError(f"Δt must lie between {end_time / 5000:g} and {end_time:g} here; got {step:g}")
        g = loss.gradient(start)
        path = adam(
            loss.gradient,
            start,
            step=step,
            beta_1=beta_1,
            beta_2=beta_2,
            form="book",
            steps=steps,
            first_moment=-g,
            second_moment=g * g,
        )
        t, w, z, d = step * path.iteration, path.w, path.z, path.d
    measured = energy(loss, w, z, d, epsilon_1)
    return Course(
        loss.name,
        beta_1,
        beta_2,
        step,
        epsilon_1,
        epsilon_2,
        t,
        w,
        loss.value(w),
        measured,
        lasso_functional(loss, w, epsilon_1),
        lasso_ratio(loss, w, z, d, epsilon_1),
        stopped,
    )


class EnergyMap(MemoryMap):
    """Panel (a): choose (β₁, β₂) on the map; see the path and the energies E, J and (5.28)."""

    END = 4.0

    def __init__(self, beta_1=0.9, beta_2=0.6, step=0.02, seen_as=FLOW):
        self._losses = {loss.name: loss for loss in (losses.quadratic(10.0, angle=0.5), losses.rosenbrock())}
        self._drawn, *_ = names = list(self._losses)
        figure, self.artists = figures.energy_map(self._losses[self._drawn], self.END)
        a = self.artists
        super().__init__(
            {
                "beta_1": controls.beta_1(beta_1),
                "beta_2": controls.beta_2(beta_2),
                "step": controls.time_step(step, smallest=-3, largest=0),
                "seen_as": controls.choice("seen as", [FLOW, RECURSION], seen_as),
                "loss": controls.choice("loss", names, self._drawn),
            },
            figure,
            [a.path, a.end, a.loss, a.lasso, a.energy, a.here],
            presets=PRESETS,
            pointer_axes=[a.pad],
        )

    def compute(self, beta_1, beta_2, step, seen_as, loss):
        """The `Course` for these values."""
        return course(self._losses[loss], beta_1, beta_2, step, self.END, seen_as)

    def draw(self, result):
        """Move the point, the path and the three energies."""
        a, loss = self.artists, result.loss_name
        if loss != self._drawn:
            figures.draw_landscape(a.plane, self._losses[loss])
            self._drawn = loss
            self.stage.invalidate()
        a.here.set_data([memory_scale(result.beta_1)], [memory_scale(result.beta_2)])
        a.path.set_data(*result.w.T)
        a.end.set_data(*result.w[-1:].T)
        for line, values in ((a.energy, result.energy), (a.loss, result.loss), (a.lasso, result.lasso)):
            line.set_data(result.t, values)
        top = 10 ** np.ceil(np.log10(result.energy.max()))
        a.time.set_ylim(1e-5 * top, 1.5 * top)

    def describe(self, result):
        """Where the point lies, what is proven there, what E did, and the effective penalty."""
        proven = {
            "inside": "inside 1−β₂ ≤ 4(1−β₁): E is proven never to rise along the ODE",
            "on the line": "on the line 1−β₂ = 4(1−β₁): E is still proven never to rise along the ODE",
            "outside": "beyond the line 1−β₂ = 4(1−β₁): nothing forbids E to rise",
        }[energy_verdict(result.beta_1, result.beta_2)]
        first, last = result.energy[0], result.energy[-1]
        if result.rises.size == 0:
            seen = f"Here E never rose, from {first:.3g} to {last:.2g}."
        else:
            when = result.t[result.rises[0]]
            rise = result.largest_rise
            seen = f"Here E rose, first at t = {when:.2f}, by up to {rise:.2g} (start: {first:.3g})."
        return (
            f"β₁ = {result.beta_1:g}, β₂ = {result.beta_2:g}, {proven}. {seen} "
            f"{penalty_words(result.beta_1, result.beta_2, result.step)}"
            + (f" The integration {result.stopped}." if result.stopped else "")
        )


def penalty_words(beta_1, beta_2, step) -> str:
    """The effective penalty in words: its coefficient in units of Δt, and its sign."""
    coefficient = effective_penalty(beta_1, beta_2, step)
    kind = "no penalty" if abs(coefficient) < 1e-12 else "a penalty" if coefficient > 0 else "an anti-penalty"
    units = 0.0 if kind == "no penalty" else coefficient / step
    return f"Effective coefficient ε₁−ε₂ = {units:+.3g} Δt: {kind} on |∇J|₁."


class Ratio(Panel):
    """Panel (b): the ratio R = (E−J) / ((ε₁/2)|∇J|₁) in time: is (5.28) what ADAM's energy looks like?"""

    END = 2.5
    LOSSES = (
        ("J = w²/2 from w = 2", "half square"),
        ("quadratic, condition 10", "quadratic"),
        ("Rosenbrock's valley", "rosenbrock"),
    )

    def __init__(self, beta_1=0.9, beta_2=0.6, step=0.005):
        self._losses = {
            "half square": (losses.half_square(), np.array([2.0])),
            "quadratic": (losses.quadratic(10.0, angle=0.5), None),
            "rosenbrock": (losses.rosenbrock(), None),
        }
        self._references = {}
        figure, self.artists = figures.ratio(self.END)
        a = self.artists
        super().__init__(
            {
                "beta_1": controls.beta_1(beta_1),
                "beta_2": controls.beta_2(beta_2),
                "step": controls.time_step(step, smallest=-3, largest=-1),
                "loss": controls.choice("loss", self.LOSSES, "half square"),
            },
            figure,
            [a.loss, a.kinetic, a.penalty, a.default, a.eight, a.expansion, a.chosen],
            presets=PRESETS,
        )

    def compute(self, beta_1, beta_2, step, loss):
        """The `Course` chosen, those of Algorithm 8 and of Keras' default, and the first-order formula."""
        function, start = self._losses[loss]
        chosen = course(function, beta_1, beta_2, step, self.END, start=start)
        if (loss, step) not in self._references:  # only (β₁, β₂) moves most of the time
            self._references = {
                (loss, step): [course(function, 0.9, b, step, self.END, start=start) for b in (0.6, 0.999)]
            }
        eight, default = self._references[loss, step]
        expansion = None
        if loss == "half square":
            g = gradient_norm_1(function, chosen.w)
            # first order only: drawn while both memories are short against |∇J|
            valid = g > 3 * max(chosen.epsilon_1, chosen.epsilon_2)
            expansion = np.where(
                valid,
                lasso_ratio_expansion(np.where(valid, g, 1), chosen.epsilon_1, chosen.epsilon_2),
                np.nan,
            )
        return {"chosen": chosen, "eight": eight, "default": default, "expansion": expansion}

    def draw(self, result):
        """Move the two sides and the ratios."""
        a, c = self.artists, result["chosen"]
        a.kinetic.set_data(c.t, c.energy - c.loss)
        a.penalty.set_data(c.t, c.lasso - c.loss)
        a.loss.set_data(c.t, c.loss)
        a.chosen.set_data(c.t, c.ratio)
        for line, one in ((a.eight, result["eight"]), (a.default, result["default"])):
            line.set_data(one.t, one.ratio)
        expansion = result["expansion"]
        a.expansion.set_data(*((c.t, expansion) if expansion is not None else ([], [])))
        top = 10 ** np.ceil(np.log10(max(c.loss[0], c.lasso[0] - c.loss[0])))
        a.sides.set_ylim(1e-6 * top, 1.5 * top)

    def describe(self, result):
        """How long R stays near 1, and where it ends."""
        c = result["chosen"]
        away = np.flatnonzero(~((c.ratio > 0.8) & (c.ratio < 1.25)))
        leaves = c.t[away[0]] if away.size else c.t[-1]
        left = c.loss[away[0]] / c.loss[0] if away.size else c.loss[-1] / c.loss[0]
        late = np.nanmedian(c.ratio[3 * len(c.ratio) // 4 :])
        early = np.nanmedian(c.ratio[c.t <= 0.5])
        return (
            f"β₁ = {c.beta_1:g}, β₂ = {c.beta_2:g}, ε₁ = {c.epsilon_1:.3g}, ε₂ = {c.epsilon_2:.3g}: "
            f"median of R {early:.2f} up to t = 0.5. R stays between 0.8 and 1.25 until t = {leaves:.2f}, "
            f"where J has fallen to {100 * left:.0f} % of its start; "
            f"its median over the last quarter is {late:.2g}."
            + (f" The integration {c.stopped}." if c.stopped else "")
        )

"""The panel of §5.3.2 on stochastic ADAM: does it inherit Theorem 5.3.1?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helpers.figures import convergence_adam as figures
from helpers.figures.memories import TOP, memory_from_scale, memory_scale
from helpers.mathematics import stochastic_adam as cyclic
from helpers.mathematics.time_steps import Power, satisfies_531
from helpers.panels import controls
from helpers.panels.memory_map import MemoryMap

CENTERS = (
    ("(0, 0, 3)", (0.0, 0.0, 3.0)),
    ("(0, 1, 5)", (0.0, 1.0, 5.0)),
    ("(1, 0, 5): another order", (1.0, 0.0, 5.0)),
)
REFERENCE = 0.1  # the Δt at which the fixed memories ε_i = Δt/(1−β_i) give the chosen β_i


@dataclass(frozen=True, eq=False)
class Ending:
    """A run of ADAM over the batches: w at the end of each cycle, its limit, and the bias as Δt → 0."""

    beta_1: float
    beta_2: float
    centers: tuple[float, ...]
    schedule: Power
    cycle: np.ndarray
    w: np.ndarray
    last: float  # mean of w over the last cycle
    limit: float
    star: float
    steps: np.ndarray
    scaled_bias: np.ndarray


class AdamLimit(MemoryMap):
    """ADAM, book form (5.26), reconstructed, over three batches in cyclic order: where does it end?"""

    CYCLES = 1000

    def __init__(self, beta_1=0.0, beta_2=0.6, c=0.3, a=0.7, centers=CENTERS[0][1]):
        self._maps, self._drawn = {}, None
        figure, self.artists = figures.adam_limit()
        x = self.artists
        super().__init__(
            {
                "beta_1": controls.beta_1(beta_1),
                "beta_2": controls.beta_2(beta_2),
                "c": controls.logarithmic("c", "c, factor of the time steps", c, -2, 0, "c > 0"),
                "a": controls.linear("a", "a, exponent of the time steps", a, 0.0, 1.5, 0.05, "a ≥ 0"),
                "centers": controls.choice("minimizers c of the batches", CENTERS, centers),
            },
            figure,
            [x.here, x.path, x.limit, x.scaled, x.fixed, x.guide],
            presets={
                "no first memory": {"beta_1": 0.0, "beta_2": 0.6},
                "Algorithm 8": {"beta_1": 0.9, "beta_2": 0.6},
                "Keras default": {"beta_1": 0.9, "beta_2": 0.999},
            },
            pointer_axes=[x.pad],
        )

    def compute(self, beta_1, beta_2, c, a, centers):
        """The `Ending` for these values."""
        limit = cyclic.cyclic_limit(beta_1, beta_2, centers)
        schedule = Power(c, a)
        _, w = cyclic.stochastic_adam(
            beta_1, beta_2, schedule.steps(3 * self.CYCLES), start=0.5, centers=centers
        )
        ends = np.unique(np.geomspace(1, self.CYCLES, 250).round().astype(int))
        steps = REFERENCE / 10 ** np.linspace(0, 2, 9)
        epsilon = (REFERENCE / (1 - beta_1), REFERENCE / (1 - beta_2))
        star = cyclic.minimizer(centers)
        scaled = np.abs(cyclic.fixed_memory_limit(steps, *epsilon, centers) - star)
        return Ending(
            beta_1,
            beta_2,
            centers,
            schedule,
            ends,
            w[3 * ends],
            float(w[-3:].mean()),
            limit,
            star,
            steps,
            scaled,
        )

    def bias_map(self, centers) -> tuple[np.ndarray, np.ndarray]:
        """Memories β (G,) and |limit − W_*| on their grid, (β₂, β₁); kept for each choice of centers."""
        if centers not in self._maps:
            beta = memory_from_scale(np.linspace(0, TOP, 18))
            limits = cyclic.cyclic_limit(beta, beta[:, None], centers)
            self._maps[centers] = beta, np.abs(limits - cyclic.minimizer(centers))
        return self._maps[centers]

    def draw(self, result):
        """Move the point, the run and the bias; shade the map anew for other batches."""
        x, r = self.artists, result
        if self._drawn != r.centers:
            figures.draw_bias(x.pad, *self.bias_map(r.centers))
            if self._drawn:
                self.stage.invalidate()
            self._drawn = r.centers
        x.here.set_data([memory_scale(r.beta_1)], [memory_scale(r.beta_2)])
        x.path.set_data(r.cycle, np.maximum(np.abs(r.w - r.star), 1e-12))
        x.limit.set_data([1, self.CYCLES], [max(abs(r.limit - r.star), 1e-12)] * 2)
        x.scaled.set_data(r.steps, np.maximum(r.scaled_bias, 1e-12))
        x.fixed.set_data(r.steps[[0, -1]], [max(abs(r.limit - r.star), 1e-12)] * 2)
        anchor = max(r.scaled_bias[-1], 1e-12)
        x.guide.set_data(r.steps[4:], 2.5 * anchor * (r.steps[4:] / r.steps[-1]) ** 2)

    def describe(self, result):
        """Where it ends, whether that is W_*, and what the fixed memories ε₁, ε₂ change."""
        r = result
        power = None
        if r.scaled_bias[-1] > 1e-13:  # else the bias is lost in rounding
            power = np.log(r.scaled_bias[4] / r.scaled_bias[-1]) / np.log(r.steps[4] / r.steps[-1])
        schedule = f"Δt_k = {r.schedule.c:g}/(k+1)^{r.schedule.a:g}"
        rule = "obeys (5.31)" if satisfies_531(r.schedule) else "breaks (5.31)"
        bias = f"{r.limit - r.star:+.2g}".replace("-", "−")
        words = (
            f"β₁ = {r.beta_1:g}, β₂ = {r.beta_2:g}, c = ({', '.join(f'{c:g}' for c in r.centers)}), "
            f"{schedule}, which {rule}: last cycle at {r.last:.5f}, closed-form limit {r.limit:.5f}, "
            f"W_* = {r.star:g}: a bias of {bias} that no small step removes."
        )
        if power is None:
            return words
        return f"{words} With ε₁, ε₂ fixed instead, the bias falls like Δt^{power:.2f}."

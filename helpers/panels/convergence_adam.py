"""The panel of §5.3.2 on stochastic ADAM: does it inherit Theorem 5.3.1?"""

import numpy as np

from helpers.figures import convergence_adam as figures
from helpers.figures.memories import TOP, memory_from_scale, memory_scale
from helpers.mathematics import adam_ending
from helpers.mathematics.numerals import numeral, vector
from helpers.panels import controls
from helpers.panels.convergence_words import steps_in_words
from helpers.panels.panel import Panel

CENTERS = (
    ("(0, 0, 3)", (0.0, 0.0, 3.0)),
    ("(0, 1, 5)", (0.0, 1.0, 5.0)),
    ("(1, 0, 5): another order", (1.0, 0.0, 5.0)),
)
MAP = tuple(memory_from_scale(np.linspace(0, TOP, 18)).tolist())
SMALLEST = 1e-12  # what a logarithmic axis shows of 0


class AdamLimit(Panel):
    """ADAM, book form (5.26), reconstructed, over three batches in three orders: where does it end?"""

    sentence_lines = 6

    def __init__(self, beta_1=0.0, beta_2=0.6, c=0.3, a=0.7, centers=CENTERS[0][1]):
        figure, self.artists = figures.adam_limit()
        x = self.artists
        super().__init__(
            {
                "beta_1": controls.beta_1(beta_1),
                "beta_2": controls.beta_2(beta_2),
                "c": controls.factor(c, -2, 0),
                "a": controls.exponent(a),
                "centers": controls.Choice("minimizers of the batches", CENTERS, centers),
            },
            figure,
            [x.here, *x.paths, *x.limits, *x.biases, *x.guides],
            presets={
                "no first memory": {"beta_1": 0.0, "beta_2": 0.6},
                **controls.memory_presets("Algorithm 8", "Keras default"),
            },
            pads=[controls.memory_pad(x.pad)],
        )

    def compute(self, beta_1, beta_2, c, a, centers):
        """The `Ending` for these values."""
        return adam_ending.ending(beta_1, beta_2, c, a, centers)

    def looks(self, result):
        """The batches decide how the map is shaded."""
        return result.centers

    def dress(self, result):
        """Shade the map by the bias for these batches."""
        figures.draw_bias(self.artists.pad, np.array(MAP), adam_ending.bias_map(MAP, result.centers))

    def draw(self, result):
        """Move the point, the runs and the biases."""
        x, r = self.artists, result
        x.here.set_data([memory_scale(r.beta_1)], [memory_scale(r.beta_2)])
        for k in range(3):
            x.paths[k].set_data(r.cycle, np.maximum(np.abs(r.w[k] - r.star), SMALLEST))
            level = max(abs(r.limits[k] - r.star), SMALLEST)
            x.limits[k].set_data(*(([1, r.cycle[-1]], [level] * 2) if r.obeys else ([], [])))
            x.biases[k].set_data(r.sizes, np.maximum(r.biases[k], SMALLEST))
        for guide, k, power in zip(x.guides, (0, 2), (2, 1), strict=True):
            anchor = 2.5 * max(r.biases[k, -1], SMALLEST)
            guide.set_data(r.sizes[4:], anchor * (r.sizes[4:] / r.sizes[-1]) ** power)

    def describe(self, result):
        """Where it ends in each order, whether that is W*, and what the fixed memories ε₁, ε₂ change."""
        r = result
        rule = "obeys (5.31)" if r.obeys else "breaks (5.31)"
        head = (
            f"β₁ = {numeral(r.beta_1, 6)}, β₂ = {numeral(r.beta_2, 6)}, minimizers of the batches "
            f"{vector(r.centers)}, W* = {numeral(r.star)}, {steps_in_words(r.schedule)}, which {rule}."
        )
        ends = ", ".join(numeral(w, decimals=4) for w in r.last)
        words = f"Last cycle in cyclic order, reshuffled, with replacement: {ends}."
        if r.obeys:
            limits = ", ".join(numeral(w, decimals=5) for w in r.limits)
            bias = ", ".join(numeral(w - r.star, 2, signed=True) for w in r.limits)
            words += f" Limits for such steps: {limits}; the bias {bias} is removed by no small step."
            if not r.forgets:
                few = f" {r.steps_made} steps are few for a memory of {numeral(r.memory)} steps"
                words += f"{few}: this run still remembers Z = D = 0."
            elif not r.arrived:
                words += " This run is still on its way."
        elif r.schedule.a == 0:
            words += " With a constant step w goes to and fro, and no limit is claimed."
        else:
            words += (
                " The sum of the steps is finite: the runs come to rest anywhere, and no limit is claimed."
            )
        shown = ", ".join("not resolved" if np.isnan(e) else f"Δt^{numeral(e)}" for e in r.exponents)
        return f"{head} {words} With ε₁, ε₂ fixed instead, the bias falls like {shown}."

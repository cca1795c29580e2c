"""Two panels of §5.2: the three end points in weight space, and flat or sharp minimizers."""

from helpers.figures import adam_penalty as figures
from helpers.figures.memories import memory_scale
from helpers.mathematics import losses
from helpers.mathematics.adam import FORMS
from helpers.mathematics.checks import PENALTY, RADIUS
from helpers.mathematics.flat_minima import (
    AS_FLAT,
    BETAS_1,
    BETAS_2,
    SETTLED,
    SIGN_FLOW,
    STEP,
    STEPS,
    UNDECIDED,
    end_point,
    excess_on_the_grid,
)
from helpers.mathematics.numerals import numeral, order_of_magnitude
from helpers.mathematics.one_equation import EQUATION, RIGHT_SIDE, ZERO, choices, in_plane
from helpers.panels import controls
from helpers.panels.panel import Panel


class WeightSpace(Panel):
    """Panel (c): one equation, three unknowns; which of its solutions do three methods choose?"""

    STARTS = (
        ("from 0", ZERO),
        ("from (0, 2, 0)", (0.0, 2.0, 0.0)),
        ("from (2, 0, −1)", (2.0, 0.0, -1.0)),
    )

    def __init__(self, beta_1=0.9, beta_2=0.6, step=0.01, penalty=0.5, radius=1.15):
        corners = in_plane(
            [[RIGHT_SIDE / a if i == k else 0 for k in range(3)] for i, a in enumerate(EQUATION)]
        )
        figure, self.artists = figures.weight_space(corners, ((-2.1, 2.9), (-2.6, 1.5)))
        a = self.artists
        super().__init__(
            {
                "beta_1": controls.beta_1(beta_1),
                "beta_2": controls.beta_2(beta_2),
                "step": controls.time_step(step, smallest=-3, largest=-1),
                "penalty": controls.logarithmic(PENALTY.called("λ", "penalty of the LASSO"), penalty, -2, 1),
                "radius": controls.linear(
                    "r", "r, radius of the balls over the least one", radius, 1, 1.6, 0.01, RADIUS.allowed
                ),
                "form": controls.Choice("ADAM", [(f"{form} form", form) for form in FORMS], "book"),
                "start": controls.Choice("start", self.STARTS, self.STARTS[0][1]),
            },
            figure,
            [*a.balls, *a.paths, *a.ends, *(bar for bars in a.bars for bar in bars)],
            presets={
                **controls.memory_presets("Algorithm 8", "Keras default"),
                "Signs only": {"beta_1": 0.0, "beta_2": 0.0},
            },
        )

    def compute(self, beta_1, beta_2, step, penalty, radius, form, start):
        """What gradient descent, ADAM and the LASSO choose."""
        return choices(beta_1, beta_2, step, penalty, radius, form, start)

    def draw(self, result):
        """Move balls, paths, end points and bars."""
        a = self.artists
        for k, chosen in enumerate(result):
            a.balls[k].set_data(*chosen.ball.T)
            a.paths[k].set_data(*in_plane(chosen.path).T)
            a.ends[k].set_data(*in_plane(chosen.end)[:, None])
            for bar, height in zip(a.bars[k], chosen.end, strict=True):
                bar.set_height(height)

    def describe(self, result):
        """The three end points, each with its distance from the center of its ball, beside the least one."""
        words = []
        for name, one in zip(("Gradient descent", "ADAM", "LASSO"), result, strict=True):
            point = ", ".join(numeral(value, decimals=2) for value in one.end)
            kind = f"{one.norm} distance from the start" if one.center.any() else f"{one.norm} norm"
            words.append(
                f"{name} ends at ({point}): {kind} {numeral(one.distance, decimals=3)}, least "
                f"{numeral(one.least, decimals=3)}, residual {order_of_magnitude(one.missed)}."
            )
        return " ".join(words) + f" Weights of the LASSO that vanish: {result[2].zeros} of 3."


class Flatness(Panel):
    """Panel (d): the bilinear problem; is ADAM's minimizer flatter or sharper than the sign flow's?"""

    def __init__(self, beta_1=0.9, beta_2=0.6):
        figure, self.artists = figures.flatness(losses.bilinear(), BETAS_1, BETAS_2, excess_on_the_grid())
        a = self.artists
        super().__init__(
            {
                "beta_1": controls.beta_1(beta_1, positions=BETAS_1),
                "beta_2": controls.beta_2(beta_2, positions=BETAS_2),
            },
            figure,
            [a.path, a.end, a.here],
            presets=controls.memory_presets("Algorithm 8", "Equal memories", "Keras default"),
            pads=[controls.memory_pad(a.pad)],
        )

    def compute(self, beta_1, beta_2):
        """Where the run for these memories ends."""
        return end_point(beta_1, beta_2)

    def draw(self, result):
        """Move the path and its end, and the point on the map."""
        a = self.artists
        a.path.set_data(*result.path.T)
        a.end.set_data(*result.path[-1:].T)
        a.here.set_data([memory_scale(result.beta_1)], [memory_scale(result.beta_2)])

    def describe(self, result):
        """|θ|² at the end beside the sign flow's, and what the sign of ε₁ − ε₂ says."""
        betas = f"β₁ = {numeral(result.beta_1, 6)}, β₂ = {numeral(result.beta_2, 6)}"
        head = f"{betas} (Keras form, Δt = {numeral(STEP)}):"
        if not result.settled:
            value = f"J = {numeral(result.loss, 2)} is not below {numeral(SETTLED)}"
            return f"{head} after {STEPS} steps the run has not settled, {value}."
        found = f"{result.kind} than the sign flow's {SIGN_FLOW}, by {_signed(result.excess)}"
        if result.kind == AS_FLAT:
            found = f"the sign flow's {SIGN_FLOW} but for {_signed(result.excess)}; below {UNDECIDED} "
            found += "the last oscillations decide"
        law = f"ε₁−ε₂ = {numeral(result.coefficient, signed=True)} Δt says {result.expected}"
        return (
            f"{head} at the end |θ|² = {numeral(result.size, decimals=3)}, {found}. By its sign, {law}"
            f"{AGREEMENT[result.agree]}. The trace of the Hessian is 4|θ|²."
        )


def _signed(excess) -> str:
    return numeral(excess, decimals=3, signed=True)


AGREEMENT = {True: ", as is found", False: ", the contrary of what is found", None: ""}

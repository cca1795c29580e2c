"""The panel at the heart of §5.2: Z ≈ −∇J and D ≈ ∇J², how well and until when, and why then R → 0."""

from helpers.figures import tendency as figures
from helpers.mathematics.adam_course import FLOW, FULL, NEITHER, RECURSION, ZERO
from helpers.mathematics.numerals import numeral
from helpers.mathematics.tendency import BAND, tendency
from helpers.panels import controls
from helpers.panels.adam_energy import LOSSES, PRESETS
from helpers.panels.panel import Panel

END = 3.0


class Tendency(Panel):
    """Z over −∇J and D over ∇J² in time and in the plane of the two, coordinate by coordinate."""

    sentence_lines = 5

    def __init__(self, beta_1=0.9, beta_2=0.6, step=0.005):
        figure, self.artists = figures.tendency(END, BAND)
        a = self.artists
        super().__init__(
            {
                "beta_1": controls.beta_1(beta_1),
                "beta_2": controls.beta_2(beta_2),
                "step": controls.time_step(step, smallest=-3, largest=-1),
                "memories": controls.Choice("start with", [FULL, ZERO], FULL),
                "seen_as": controls.Choice("seen as", [FLOW, RECURSION], FLOW),
                "loss": controls.Choice("loss", list(LOSSES), next(iter(LOSSES))),
            },
            figure,
            [*a.z_quotients, *a.d_quotients, *a.z, *a.d, *a.ends],
            presets=PRESETS,
        )

    def compute(self, beta_1, beta_2, step, memories, seen_as, loss):
        """The `Tendency` along this run."""
        function, start = LOSSES[loss]
        return tendency(function, beta_1, beta_2, step, END, seen_as, memories, start)

    def looks(self, result):
        """The number of coordinates."""
        return result.run.w.shape[1]

    def dress(self, result):
        """Name the quotients there are."""
        figures.draw_legend(self.artists, self.looks(result))

    def draw(self, result):
        """Move quotients and curves; of a loss of one variable the second coordinate is left out."""
        a, run = self.artists, result.run
        for i in range(len(a.z)):
            if i >= run.w.shape[1]:
                for line in (a.z_quotients[i], a.d_quotients[i], a.z[i], a.d[i], *a.ends[2 * i : 2 * i + 2]):
                    line.set_data([], [])
                continue
            g = run.gradient[:, i]
            a.z_quotients[i].set_data(run.t, figures.in_window(result.z_quotient[:, i]))
            a.d_quotients[i].set_data(run.t, figures.in_window(result.d_quotient[:, i]))
            a.z[i].set_data(-g, run.z[:, i])
            a.d[i].set_data(g**2, run.d[:, i])
            a.ends[2 * i].set_data(-g[-1:], run.z[-1:, i])
            a.ends[2 * i + 1].set_data(g[-1:] ** 2, run.d[-1:, i])

    def describe(self, result):
        """The errors halfway down, how long both stay in the band, and what R does near the minimum."""
        return f"{_half(result)} {_near(result.near)} {_late(result)}"


def _half(result) -> str:
    k = result.half
    if k is None:
        return "J never falls to half of its start in this time."
    errors = (
        f"|Z + ∇J|₁ is {_percent(result.z_error[k])} of |∇J|₁, "
        f"|D − ∇J²|₁ is {_percent(result.d_error[k])} of |∇J²|₁"
    )
    return f"Where J has halved, t = {numeral(result.run.t[k])}: {errors}."


def _near(near) -> str:
    band = _percent(BAND)
    if near is None:
        return f"The two errors are never below {band} together."
    head = f"Both stay below {band} longest from t = {numeral(near.begin)} to {numeral(near.end)}, "
    end = ", the end" if near.to_the_end else ""
    return f"{head}where J is {_percent(near.loss_left)} of its start{end}."


def _late(result) -> str:
    late, left = result.late, numeral(result.run.energy_left, 1)
    if late is None:
        return f"The run ends with E at {left} of its start, too early or too short to see R → 0."
    sizes = f"|Z|/|∇J| = {numeral(late.first_moment, 1)}, √D/|∇J| = {numeral(late.second_moment, 1)}"
    head = f"Near the minimum, E down to {left} of its start,"
    if late.reason == NEITHER:
        return f"{head} {sizes}: {late.reason} yet, and R is {numeral(late.ratio, 1)} on average."
    return f"{head} {late.reason}: {sizes}, so that R ≈ Z²/(|∇J| √D) has fallen to {numeral(late.ratio, 1)}."


def _percent(share) -> str:
    return f"{numeral(100 * share, 2)} %"

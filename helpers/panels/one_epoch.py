"""Panel (a) of §5.3.1: one epoch in the plane of W, sub-step by sub-step."""

import numpy as np

from helpers.figures import splitting as figures
from helpers.mathematics import checks, partitions, small_problems, splitting
from helpers.mathematics.numerals import numeral
from helpers.mathematics.one_epoch import (
    AT_MINIMIZER,
    FAR,
    SCHEMES,
    START,
    Epoch,
    one_epoch,
    sub_steps,
)
from helpers.mathematics.splitting import PRINTED, PRINTED_LAST
from helpers.panels import controls
from helpers.panels.panel import Panel

EPOCH = checks.EPOCH.within(low=1, high=60)
CENTER, REACH = np.array([0.1, -0.15]), 1.4  # the window of runs from far away


class OneEpoch(Panel):
    """Panel (a): the data by batch, and one epoch in the plane of W beside the full step and the flow."""

    sentence_lines = 5

    def __init__(self, p=4, step=1.0, scheme=splitting.LIE_EULER, sampling=partitions.RESHUFFLED):
        figure, self.artists = figures.one_epoch(small_problems.kept_line())
        a = self.artists
        count = len(sub_steps(p, scheme))
        single, eight = (
            {"p": n, "scheme": splitting.LIE_EULER, "sub_step": n} for n in (small_problems.SIZE, 8)
        )
        super().__init__(
            {
                "p": controls.batches(p, small_problems.SIZE),
                "step": controls.time_step(step, smallest=-2, largest=1, quantity=controls.FIRST_STEP),
                "a": controls.exponent(0, quantity=controls.DECAY),
                "sub_step": controls.Slider(
                    "sub-step",
                    "sub-step of the epoch",
                    range(max(count, 1) + 1),
                    count,
                    checks.SUB_STEP.allowed,
                    play=True,
                    interval=500,
                ),
                "epoch": controls.linear("epoch", "epoch shown", 2, 1, EPOCH.high, 1, EPOCH.allowed),
                "scheme": controls.Choice("scheme", SCHEMES, scheme),
                "sampling": controls.Choice("sampling", partitions.SAMPLINGS, sampling),
                "start": controls.Choice("from", [FAR, AT_MINIMIZER], FAR),
                "seed": controls.linear(
                    "draw", "another draw of the partitions", 0, 0, 20, 1, checks.SEED.allowed
                ),
                "unequal": controls.Switch("unequal αᵢ", False),
                "bias": controls.Switch("bias", True),
            },
            figure,
            [
                a.fit, a.best_fit, *a.data, a.ring, *a.numbers, a.trail, a.full, a.flow, a.flow_end,
                a.segments, a.stops, a.best, a.now, a.wrong, a.wrong_name,
            ],
            presets={
                "Steepest gradient": {"p": 1, "scheme": splitting.LIE_EULER, "sub_step": 1},
                "One datum a time": single | {"sampling": partitions.RESHUFFLED},
                "Inside an epoch": eight | {"step": 0.5, "a": 0, "epoch": 30, "start": AT_MINIMIZER},
                "Δtₖ → 0": eight | {"step": 1.0, "a": 0.5, "epoch": 60, "start": FAR},
                "Read to the letter": {
                    "p": 4,
                    "step": 0.5,
                    "a": 0,
                    "epoch": 60,
                    "scheme": PRINTED,
                    "sampling": partitions.FIXED,
                    "start": FAR,
                    "sub_step": 3,
                },
            },
        )  # fmt: skip

    def follow(self, values, name):
        """Another p or scheme begins with the whole epoch; no sub-step is beyond the last."""
        count = _count(values)
        if count is None or name == "sub_step":
            return values
        if name in ("p", "scheme") or values["sub_step"] > count:
            values["sub_step"] = float(count)
        return values

    def positions(self, values):
        """As many positions as sub-steps, and 0."""
        count = _count(values)
        return {} if count is None else {"sub_step": [float(n) for n in range(max(count, 1) + 1)]}

    def compute(self, p, step, a, sub_step, epoch, scheme, sampling, start, seed, unequal, bias):
        """The `Epoch` for these values."""
        problem = small_problems.kept_line(unequal=unequal, bias=bias)
        # without the bias the second weight multiplies 0: it starts, and stays, at 0
        W_0 = problem.minimizer if start == AT_MINIMIZER else START * [[1], [bias]]
        return one_epoch(
            problem, p, step, scheme, sampling, a=a, epoch=EPOCH.check(epoch), sub_step=sub_step, start=W_0,
            seed=seed,
        )  # fmt: skip

    def looks(self, result):
        """The level lines are those of a problem in a window."""
        center, reach = _window(result)
        return result.problem, *center, reach

    def dress(self, result):
        """Draw the level lines in the window."""
        figures.draw_levels(self.artists.plane, result.problem, *_window(result))

    def draw(self, result):
        """Color and number the data by batch, move the lines and the paths."""
        a, problem = self.artists, result.problem
        colors = figures.batch_colors(result.p)
        states = result.states[: result.sub_step + 1]
        numbers = [[] for _ in range(problem.size)]
        for r, batch in enumerate(result.batches):
            for i in np.unique(batch):
                numbers[i].append(r)
        for text, seen in zip(a.numbers, numbers, strict=True):
            text.set_text(",".join(str(r + 1) for r in seen) if len(seen) < 3 else f"{seen[0] + 1}…")
        for r, dots in enumerate(a.data):
            first = [i for i, seen in enumerate(numbers) if seen and seen[0] == r]
            dots.set_data(problem.x[first, 0], problem.y[first, 0])
            dots.set_markerfacecolor(colors[min(r, result.p - 1)])
        current = result.batches[result.visited[result.sub_step - 1]] if result.sub_step else []
        a.ring.set_data(problem.x[current, 0], problem.y[current, 0])
        a.segments.set_segments(list(np.stack([states[:-1], states[1:]], axis=1)))
        a.segments.set_color(colors[result.visited[: len(states) - 1]] if len(states) > 1 else "none")
        a.stops.set_data(*states.T)
        for fit, point, W in ((a.fit, a.now, states[-1]), (a.best_fit, a.best, result.goal)):
            fit.set_data(a.span, W[0] * a.span + W[1])
            point.set_data(*W[:, None])
        a.trail.set_data(*result.before.T)
        a.full.set_data(*np.stack([result.before[-1], result.full]).T)
        a.flow.set_data(*result.flow.T)
        a.flow_end.set_data(*result.flow[-1:].T)
        a.wrong.set_data(*(([], []) if result.left is None else result.left[:, None]))
        a.wrong_name.set_text("" if result.left is None else f"minimizer of {result.left_function}")
        if result.left is not None:
            a.wrong_name.set_position(result.left - [0, 0.08 * _window(result)[1]])

    def describe(self, result):
        """What was visited, how far the end is from the full step and from the flow, and what stands out."""
        r, count = result, len(result.visited)
        head = f"Epoch {r.epoch}, p = {r.p}, Δtₖ = {numeral(r.step)}, {r.scheme}, {r.sampling}"
        if r.diverges:
            return (
                f"{head}: the run has left the picture. Explicit Euler is stable in any order when "
                f"Δtₖ < {numeral(r.stable_below)} for these batches; exact flows always are."
            )
        if count == 0:
            return f"{head}: with one batch the loop r = 2..p visits nothing, and W never moves."
        words = f"{head}: sub-step {r.sub_step} of {count}"
        if r.sub_step:
            words += f", just done with batch {r.visited[r.sub_step - 1] + 1}"
        words += (
            f". The epoch ends {numeral(r.end_to_flow, 2)} from the exact flow "
            f"(one full step: {numeral(r.full_to_flow, 2)}) and {numeral(r.end_to_goal, 2)} from W*"
        )
        if r.from_minimizer and r.inside is not None:
            words += f"; inside it W was up to {numeral(r.inside, 2)} from W*"
        return f"{words}.{_printed(r)}{_drawn(r)}{_weights(r)}"


def _count(values) -> int | None:
    """The number of sub-steps in an epoch; None where p is not allowed."""
    p = values["p"]
    return len(sub_steps(int(p), values["scheme"])) if p in range(1, small_problems.SIZE + 1) else None


def _window(r: Epoch) -> tuple:
    """Center and reach: fixed for a run from far away; around W*, of the excursions' size, powers of 2."""
    if not r.from_minimizer:
        return CENTER, REACH
    reach = np.abs(np.vstack([r.states, r.flow]) - r.goal).max()
    return r.goal, float(2.0 ** np.clip(np.ceil(np.log2(max(1.15 * reach, 1e-9))), -16, 2))


def _printed(r: Epoch) -> str:
    """What the printed loop leaves out, and where that leads."""
    if r.scheme not in (PRINTED, PRINTED_LAST):
        return ""
    what = " Only the last batch counts" if r.scheme == PRINTED_LAST else " The first batch is never visited"
    if r.left is not None:
        return f"{what}: W is {numeral(r.end_to_left, 2)} from the minimizer of {r.left_function}."
    return f"{what}, another one each time: right in the mean to first order, with a spread of order ½ in Δt."


def _drawn(r: Epoch) -> str:
    if r.sampling != partitions.REPLACEMENT:
        return ""
    return f" Drawn with replacement: {r.seen} of the {r.problem.size} data were used."


def _weights(r: Epoch) -> str:
    return "" if r.problem.spans else " Without the bias the x̂ᵢ = (xᵢ, 0) do not span: the intercept stays."

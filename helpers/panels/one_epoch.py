"""Panel (a) of §5.3.1: one epoch in the plane of W, sub-step by sub-step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helpers.figures import splitting as figures
from helpers.mathematics import partitions, small_problems, splitting
from helpers.mathematics.epochs import Driver
from helpers.panels import controls
from helpers.panels.panel import Panel

PRINTED = "as printed, r = 2..p"
FAR, AT_MINIMIZER = "far away", "the minimizer W*"
START = np.array([[-0.9], [0.9]])  # W_0, slope and intercept
EPOCHS = 60  # the slider's last epoch


@dataclass(frozen=True, eq=False)
class Epoch:
    """One epoch, up to a sub-step: states are W^t = (slope, intercept), the last axis."""

    p: int
    step: float
    scheme: str
    sampling: str
    epoch: int
    sub_step: int
    batches: list[np.ndarray]
    visited: list[int]  # the batch of each sub-step
    before: np.ndarray  # (epoch, 2): W_0 .. W_k
    states: np.ndarray  # (sub-steps + 1, 2): Z^0 .. Z^p
    full: np.ndarray  # W_k − Δt ∇J(W_k), (2,)
    flow: np.ndarray  # the exact flow from W_k over [0, Δt], (41, 2)
    left_minimizer: np.ndarray | None  # where the printed loop goes, if the batches stay
    limit: float  # the largest stable step of explicit Euler on these batches

    @property
    def diverges(self) -> bool:
        """Whether some state has left every picture."""
        return bool(np.abs(self.states).max() > 1e3)


def sub_steps(p: int, scheme: str) -> list[int]:
    """The batches 0..p−1 that one epoch visits, in order."""
    if scheme == PRINTED:
        return list(range(1, p))
    return [r for r, _ in splitting.sweep(p, scheme)]


@lru_cache(maxsize=8)
def _driver(problem, p: int, sampling: str, seed: int) -> Driver:
    return Driver(problem, p, sampling, runs=1, seed=seed)


def one_epoch(problem, p, step, scheme, sampling, epoch=1, sub_step=None, start=START, seed=0) -> Epoch:
    """Run `epoch` − 1 whole epochs from W_0 = `start` (2, 1), then the first `sub_step` ones of the next.

    Schemes are those of `splitting.SCHEMES` and `PRINTED`, the loop of the text read to the letter.
    Raises `ValueError` for p outside 1..#D, Δt ≤ 0, an epoch below 1, and unknown names.
    """
    step = splitting.time_step(step)
    epoch = partitions.whole_number(epoch, "the epoch", 1, 1000)
    p = partitions.whole_number(p, "the number of batches p", 1, problem.size)
    driver = _driver(problem, p, sampling, partitions.whole_number(seed, "the seed", 0))
    if scheme == PRINTED:
        before = [start]
        for k in range(epoch - 1):
            A, b = splitting.batch_systems(problem, driver.partitions.batches(k))
            before.append(_inside(splitting.printed_epoch(A, b, before[-1], step)))
        before = np.array(before)
    elif epoch > 1:
        before = driver.run(np.full(epoch - 1, step), scheme, start).Wt[:, 0]
    else:
        before = start[None]
    batches = driver.partitions.batches(epoch - 1)
    A, b = splitting.batch_systems(problem, batches)
    if scheme == PRINTED:
        states = before[-1:]
        if p > 1:
            states = splitting.substeps(A[1:], b[1:], before[-1], step)
    else:
        states = splitting.substeps(A, b, before[-1], step, scheme)
    visited = sub_steps(p, scheme)
    count = len(visited) if sub_step is None else partitions.whole_number(sub_step, "the sub-step", 0)
    stays = sampling in (partitions.FIXED, partitions.SHUFFLED_ONCE)
    left = None
    if scheme == PRINTED and stays and p > 1:
        left = np.linalg.lstsq(A[1:].sum(axis=0), b[1:].sum(axis=0), rcond=None)[0][:, 0]
    values, vectors = problem.eigensystem
    e = vectors.T @ (before[-1] - problem.minimizer)
    decay = np.exp(-values * np.linspace(0, step, 41)[:, None])
    return Epoch(
        p,
        step,
        scheme,
        sampling,
        epoch,
        min(count, len(visited)),
        batches,
        visited,
        before[:, :, 0],
        _inside(states[:, :, 0]),
        _inside(before[-1] - step * problem.gradient(before[-1]))[:, 0],
        problem.minimizer[:, 0] + (decay * e[:, 0]) @ vectors.T,
        left,
        splitting.euler_stability_limit(A),
    )


def _inside(states, bound: float = 1e6):
    """States kept where a picture can still be made of them."""
    return np.clip(states, -bound, bound)


class OneEpoch(Panel):
    """Panel (a): the data by batch, and one epoch in the plane of W beside the full step and the flow."""

    def __init__(self, p=4, step=1.0, scheme=splitting.LIE_EULER, sampling=partitions.RESHUFFLED):
        self._problem = small_problems.line()
        self._window = None
        figure, self.artists = figures.one_epoch(self._problem)
        a = self.artists
        count = len(sub_steps(p, scheme))
        self._count = count
        super().__init__(
            {
                "p": controls.batches(p, self._problem.size),
                "step": controls.time_step(step, smallest=-2, largest=1),
                "sub_step": controls.Slider(
                    "sub-step",
                    "sub-step of the epoch",
                    range(max(count, 1) + 1),
                    count,
                    "a whole number, 0 or more",
                    play=True,
                    interval=500,
                ),
                "epoch": controls.linear("epoch", "epoch shown", 1, 1, EPOCHS, 1, f"1 ≤ epoch ≤ {EPOCHS}"),
                "scheme": controls.choice("scheme", [*splitting.SCHEMES, PRINTED], scheme),
                "sampling": controls.choice("sampling", partitions.SAMPLINGS, sampling),
                "start": controls.choice("from", [FAR, AT_MINIMIZER], FAR),
                "seed": controls.linear("draw", "another draw of the partitions", 0, 0, 20, 1, "0, 1, 2, …"),
            },
            figure,
            [
                a.fit,
                *a.data,
                a.ring,
                *a.numbers,
                a.trail,
                a.full,
                a.flow,
                a.flow_end,
                a.segments,
                a.stops,
                a.now,
                a.wrong,
            ],
            presets={
                "Steepest gradient": {"p": 1, "scheme": splitting.LIE_EULER},
                "One datum a time": {"p": self._problem.size, "sampling": partitions.RESHUFFLED},
                "Inside an epoch": {"p": 8, "step": 0.5, "epoch": 30, "start": AT_MINIMIZER},
                "Read to the letter": {
                    "p": 4,
                    "step": 0.5,
                    "epoch": EPOCHS,
                    "scheme": PRINTED,
                    "sampling": partitions.FIXED,
                    "start": FAR,
                },
            },
        )

    def update(self):
        """As for any panel; first let the slider of the sub-steps have as many positions as there are."""
        p, scheme = self.controls.p.value, self.controls.scheme.value
        if p in range(1, self._problem.size + 1):
            count = len(sub_steps(int(p), scheme))
            if count != self._count:
                slider, held = self.controls.sub_step, self._holding
                whole = slider.value >= self._count
                self._holding, self._count = True, count
                slider.positions = [float(n) for n in range(max(count, 1) + 1)]
                slider.value = float(count) if whole else min(slider.value, float(count))
                self._holding = held
        super().update()

    def reset(self, _button=None):
        """Return every control to its initial value, the whole epoch shown."""
        self.set(**self._initial)

    def compute(self, p, step, sub_step, epoch, scheme, sampling, start, seed):
        """The `Epoch` for these values."""
        W_0 = START if start == FAR else self._problem.minimizer
        if not epoch <= EPOCHS:
            raise ValueError(f"the epoch must be a whole number in 1..{EPOCHS}; got {epoch:g}")
        return one_epoch(self._problem, p, step, scheme, sampling, epoch, sub_step, W_0, seed)

    def draw(self, result):
        """Color and number the data by batch, move the lines and the paths."""
        a, problem = self.artists, self._problem
        self._frame(result)
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
        a.fit.set_data(a.span, states[-1, 0] * a.span + states[-1, 1])
        a.now.set_data(*states[-1:].T)
        a.trail.set_data(*result.before.T)
        a.full.set_data(*np.stack([result.before[-1], result.full]).T)
        a.flow.set_data(*result.flow.T)
        a.flow_end.set_data(*result.flow[-1:].T)
        a.wrong.set_data(*(([], []) if result.left_minimizer is None else result.left_minimizer[:, None]))

    def _frame(self, result):
        """The window: fixed for a run from far away; around W*, of the excursions' size, powers of 2."""
        center = self._problem.minimizer[:, 0]
        if np.array_equal(result.before[0], center):
            reach = np.abs(np.vstack([result.states, result.flow]) - center).max()
            reach = np.nan_to_num(reach, nan=1.0)
            window = float(2.0 ** np.clip(np.ceil(np.log2(max(1.15 * reach, 1e-9))), -16, 2))
            center_shown = center
        else:
            window, center_shown = 1.4, np.array([0.1, -0.15])
        if window != self._window:
            figures.draw_levels(self.artists.plane, self._problem, center_shown, window)
            self._window = window
            if hasattr(self, "stage"):
                self.stage.invalidate()

    def describe(self, result):
        """What was visited, how far the end is from the full step and from the flow, and what stands out."""
        end, flow = result.states[-1], result.flow[-1]
        center = self._problem.minimizer[:, 0]
        count = len(result.visited)
        head = (
            f"Epoch {result.epoch}, p = {result.p}, Δt = {result.step:g}, {result.scheme}, {result.sampling}"
        )
        if result.diverges:
            return (
                f"{head}: the run leaves the picture. Explicit Euler is stable in any order when "
                f"Δt < 2/max‖A_r‖ = {result.limit:.3g} for these batches; exact flows always are."
            )
        if count == 0:
            return f"{head}: with one batch the loop r = 2..p visits nothing, and W never moves."
        words = f"{head}: sub-step {result.sub_step} of {count}"
        if result.sub_step:
            words += f", just done with batch {result.visited[result.sub_step - 1] + 1}"
        words += (
            f". The epoch ends {_size(end - flow)} from the exact flow "
            f"(one full step: {_size(result.full - flow)}) and {_size(end - center)} from W*."
        )
        inside = np.linalg.norm(result.states[1:-1] - center, axis=1)
        if np.array_equal(result.before[0], center) and inside.size:
            words = f"{words[:-1]}; inside it W was up to {inside.max():.2g} from W*."
        if result.left_minimizer is not None:
            left = _size(end - result.left_minimizer)
            words += f" Batch 1 is never visited: W is {left} from the minimizer of J − J¹."
        elif result.scheme == PRINTED:
            words += " Batch 1 is never visited, but another one each time: the slip is hidden."
        elif result.sampling == partitions.REPLACEMENT:
            seen = len(np.unique(np.concatenate(result.batches)))
            words += f" Drawn with replacement, {seen} of the {self._problem.size} data were seen."
        return words


def _size(vector) -> str:
    """The norm of a vector in two digits."""
    return f"{np.linalg.norm(vector):.2g}"

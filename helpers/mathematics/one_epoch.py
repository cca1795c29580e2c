"""One epoch in the plane of W, sub-step by sub-step, after the epochs before it (section 5.3.1)."""

from dataclasses import dataclass

import numpy as np

from helpers.mathematics import checks, epochs, splitting
from helpers.mathematics.least_squares import LeastSquares, exact_flow
from helpers.mathematics.partitions import ALTERNATING, FIXED, SHUFFLED_ONCE
from helpers.mathematics.splitting import PRINTED, PRINTED_LAST
from helpers.mathematics.time_steps import Power

SCHEMES = (*splitting.SCHEMES, PRINTED, PRINTED_LAST)
FAR, AT_MINIMIZER = "far away", "the minimizer W*"
START = np.array([[-0.9], [0.9]])  # W_0, slope and intercept
EPOCH = checks.EPOCH.within(low=1, high=1000)
OUTSIDE = 1e3  # states beyond it have left every picture
BOUND = 1e6  # states are kept within it


@dataclass(frozen=True, eq=False)
class Epoch:
    """Epoch ``epoch`` (1 is the first) of a run, its first ``sub_step`` sub-steps; states are (slope,
    intercept).

    ``steps`` (epoch,) with Delta t_k last; ``batches``, in the order of the visit, and the batch of each
    sub-step, ``visited``; ``before`` (epoch, 2): W_0 .. W_k; ``states`` (sub-steps + 1, 2): Z^0 .. Z^p;
    ``full``: W_k - Delta t_k grad J(W_k), (2,); ``flow``: the exact flow from W_k over [0, Delta t_k], (41,
    2); ``goal``: where the flow ends for ever, W_* if the x_i span, (2,); ``left``: the minimizer of the sum
    of what the printed loop visits while the batches stay, else None; ``stable_below``: the largest stable
    Delta t on these batches.
    """

    problem: LeastSquares
    p: int
    steps: np.ndarray
    scheme: str
    sampling: str
    epoch: int
    sub_step: int
    batches: list[np.ndarray]
    visited: list[int]
    before: np.ndarray
    states: np.ndarray
    full: np.ndarray
    flow: np.ndarray
    goal: np.ndarray
    left: np.ndarray | None
    stable_below: float

    @property
    def step(self) -> float:
        """Delta t_k of this epoch."""
        return float(self.steps[-1])

    @property
    def diverges(self) -> bool:
        """Whether some state has left every picture."""
        return bool(np.abs(self.states).max() > OUTSIDE)

    @property
    def from_minimizer(self) -> bool:
        """Whether the run started at W_*."""
        return bool(np.allclose(self.before[0], self.goal, rtol=0, atol=1e-12))

    @property
    def left_function(self) -> str:
        """What the printed loop minimizes, as Delta t -> 0, while the batches stay."""
        if self.sampling == ALTERNATING:
            return "J¹ + Jᵖ" if self.scheme == PRINTED_LAST else "2J − J¹ − Jᵖ"
        return "Jᵖ" if self.scheme == PRINTED_LAST else "J − J¹"

    @property
    def end_to_flow(self) -> float:
        """Distance of the end of the epoch to the exact flow."""
        return _distance(self.states[-1], self.flow[-1])

    @property
    def full_to_flow(self) -> float:
        """Distance of one full step to the exact flow."""
        return _distance(self.full, self.flow[-1])

    @property
    def end_to_goal(self) -> float:
        """Distance of the end of the epoch to W_*."""
        return _distance(self.states[-1], self.goal)

    @property
    def end_to_left(self) -> float | None:
        """Distance of the end of the epoch to the minimizer of what the printed loop visits."""
        return None if self.left is None else _distance(self.states[-1], self.left)

    @property
    def inside(self) -> float | None:
        """Largest distance to W_* after a sub-step but the last; None with fewer than two sub-steps."""
        inner = self.states[1:-1]
        return float(np.linalg.norm(inner - self.goal, axis=1).max()) if len(inner) else None

    @property
    def seen(self) -> int:
        """How many data the sub-steps of the epoch have used."""
        used = [self.batches[r] for r in set(self.visited)]
        return len(np.unique(np.concatenate(used))) if used else 0


def sub_steps(p: int, scheme: str) -> list[int]:
    """The batches 0..p-1 that one epoch visits, in order."""
    if scheme in (PRINTED, PRINTED_LAST):
        return splitting.printed_sweep(p, scheme)
    return [r for r, _ in splitting.sweep(p, scheme)]


def one_epoch(
    problem: LeastSquares, p, step, scheme: str, sampling: str, *, a=0.0, epoch=1, sub_step=None,
    start=START, seed=0,
) -> Epoch:  # fmt: skip
    """Run ``epoch`` - 1 epochs from W_0^t = ``start`` (2, 1), then ``sub_step`` sub-steps of the next (all:
    None).

    Delta t_k = ``step``/(k + 1)^``a``. Schemes are those of ``SCHEMES``: also the loop of the text in its two
    literal readings. Raises ValueError for p outside 1..#D, a step that is not positive, a negative a, an
    epoch outside 1..1000 and unknown names.
    """
    checks.one_of("scheme", scheme, SCHEMES)
    schedule = Power(checks.TIME_STEP.called("Δt₀").check(step), checks.EXPONENT.check(a))
    epoch = EPOCH.check(epoch)
    p = checks.BATCHES.within(high=problem.size).check(p)
    driver = epochs.driver(problem, p, sampling, seed=checks.SEED.check(seed))
    steps, visited = schedule.steps(epoch), sub_steps(p, scheme)
    literal = scheme in (PRINTED, PRINTED_LAST)
    euler = splitting.LIE_EULER if literal else scheme
    before = [problem.as_unknown(start)]
    if literal:
        for k in range(epoch - 1):
            A, b = splitting.batch_systems(problem, driver.partitions.batches(k))
            before.append(_kept(splitting.printed_epoch(A, b, before[-1], steps[k], scheme)))
    elif epoch > 1:
        before = driver.run(steps[:-1], scheme, start).Wt[:, 0]
    before = _kept(np.stack(list(before)))
    batches = driver.partitions.batches(epoch - 1)
    A, b = splitting.batch_systems(problem, batches)
    states = before[-1:]
    if not literal:
        states = splitting.substeps(A, b, before[-1], steps[-1], scheme)
    elif visited:
        states = splitting.substeps(A[visited], b[visited], before[-1], steps[-1])
    count = len(visited) if sub_step is None else checks.SUB_STEP.check(sub_step)
    return Epoch(
        problem=problem, p=p, steps=steps, scheme=scheme, sampling=sampling, epoch=epoch,
        sub_step=min(count, len(visited)), batches=batches, visited=visited, before=before[:, :, 0],
        states=_kept(states[:, :, 0]),
        full=_kept(before[-1] - steps[-1] * problem.gradient(before[-1]))[:, 0],
        flow=exact_flow(problem.A, problem.b, before[-1], np.linspace(0, steps[-1], 41))[..., 0],
        goal=problem.limit(start)[:, 0],
        left=_left(problem, driver, visited, start) if literal else None,
        stable_below=splitting.euler_stability_limit(A, euler),
    )  # fmt: skip


def _left(problem, driver, visited, start):
    """The minimizer, nearest to ``start``, of the sum of what is visited while the batches stay."""
    partitions = driver.partitions
    if not visited or partitions.sampling not in (FIXED, SHUFFLED_ONCE, ALTERNATING):
        return None
    period = 2 if partitions.sampling == ALTERNATING else 1
    data = np.concatenate([partitions.batches(k)[r] for k in range(period) for r in visited])
    return LeastSquares(problem.x[data], problem.y[data], problem.alpha[data]).limit(start)[:, 0]


def _kept(states):
    """States kept where a picture can still be made of them."""
    return np.clip(states, -BOUND, BOUND)


def _distance(one, other) -> float:
    return float(np.linalg.norm(one - other))

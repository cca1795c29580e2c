"""The exercises of §5.3.1: right answers are accepted, wrong ones refused for the right reason."""

import math
import re

import numpy as np
import pytest

from helpers.mathematics import splitting
from helpers.teaching import properties, solutions
from helpers.teaching import splitting_exercises as exercises
from helpers.teaching import splitting_properties as P
from helpers.teaching.splitting_exercises import (
    keras_rate,
    printed_loop,
    second_order,
    strang_sweep,
    two_batches,
)

NAMESPACE = {"np": np}
exec(solutions.STRANG, NAMESPACE)
strang = NAMESPACE["strang"]


def flow(w, a, c, t):
    return c + (w - c) * np.exp(-a * t)


def recursive(w, a, c, step):
    """A reader who nests the sweep: half of the first batch, the sweep of the others, half of the first."""
    w = flow(w, a[0], c[0], step / 2)
    if len(a) > 1:
        w = recursive(w, a[1:], c[1:], step)
    return flow(w, a[0], c[0], step / 2)


def affine(w, a, c, step):
    """One epoch as an affine map, composed first and applied afterwards."""
    factor, shift = 1.0, 0.0
    for r in [*range(len(a)), *reversed(range(len(a)))]:
        decay = np.exp(-a[r] * step / 2)
        factor, shift = decay * factor, c[r] + decay * (shift - c[r])
    return factor * w + shift


def last_one_whole(w, a, c, step):
    """The two half steps of the last batch, made as one."""
    last = len(a) - 1
    for r in range(last):
        w = flow(w, a[r], c[r], step / 2)
    w = flow(w, a[last], c[last], step)
    for r in range(last - 1, -1, -1):
        w = flow(w, a[r], c[r], step / 2)
    return w


def mixed(w, a, c, step):
    for r in np.concatenate([np.arange(len(a)), np.arange(len(a))[::-1]]):
        e = math.exp(-a[r] * step / 2)
        w = e * w + (1 - e) * c[r]
    return w


def two_loops(w, a, c, step):
    for a_r, c_r in zip(a, c, strict=True):
        w = c_r - (c_r - w) * np.exp(-a_r * step / 2)
    for a_r, c_r in zip(a[::-1], c[::-1], strict=True):
        w = c_r - (c_r - w) * np.exp(-a_r * step / 2)
    return w


def expm1(w, a, c, step):
    for r in [*range(len(a)), *range(len(a) - 1, -1, -1)]:
        w = w + (c[r] - w) * -np.expm1(-a[r] * step / 2)
    return w


def while_loop(w, a, c, step):
    r, direction = 0, 1
    while r >= 0:
        w = flow(w, a[r], c[r], step / 2)
        if direction == 1 and r == len(a) - 1:
            direction = -1
        else:
            r += direction
    return w


class Sweep:
    def __call__(self, w, a, c, step):
        return strang(w, a, c, step)


def lie(w, a, c, step):
    for r in range(len(a)):
        w = flow(w, a[r], c[r], step)
    return w


def full_steps(w, a, c, step):
    for r in [*range(len(a)), *reversed(range(len(a)))]:
        w = flow(w, a[r], c[r], step)
    return w


def euler(w, a, c, step):
    for r in [*range(len(a)), *reversed(range(len(a)))]:
        w = w - step / 2 * a[r] * (w - c[r])
    return w


def printed(w, a, c, step):
    for r in [*range(1, len(a)), *reversed(range(1, len(a)))]:
        w = flow(w, a[r], c[r], step / 2)
    return w


def forward_twice(w, a, c, step):
    for r in [*range(len(a)), *range(len(a))]:
        w = flow(w, a[r], c[r], step / 2)
    return w


def backward_first(w, a, c, step):
    for r in [*reversed(range(len(a))), *range(len(a))]:
        w = flow(w, a[r], c[r], step / 2)
    return w


def last_batch_once(w, a, c, step):
    """Ends as it should, but is no palindrome: all others go forward with whole steps."""
    w = flow(w, a[0], c[0], step / 2)
    for r in range(1, len(a)):
        w = flow(w, a[r], c[r], step)
    return flow(w, a[0], c[0], step / 2)


def with_order(order):
    """The sweep over batches in another order."""

    def answer(w, a, c, step):
        for r in order(len(a)):
            w = flow(w, a[r], c[r], step / 2)
        return w

    return answer


def changed(**parts):
    """The right sweep with arguments changed before it."""

    def answer(w, a, c, step):
        given = {"w": w, "a": a, "c": c, "step": step}
        return strang(**given | {name: change(given) for name, change in parts.items()})

    return answer


RIGHT = {
    "solution": strang,
    "package": P.sweep,
    "recursive": recursive,
    "affine map": affine,
    "last batch in one": last_one_whole,
    "mixed": mixed,
    "two loops": two_loops,
    "expm1": expm1,
    "while": while_loop,
    "an object that is called": Sweep(),
    "array of no dimension": lambda *x: np.array(strang(*x)),
    "lists": lambda w, a, c, step: strang(w, a.tolist(), c.tolist(), step),
    "printing": lambda *x: (print(x), strang(*x))[1],
}
_SWAP = [0, 2, 1]
WRONG = {
    "full steps": (full_steps, P.SINGLE),
    "Euler": (euler, P.SINGLE),
    "Taylor of second order": (
        lambda w, a, c, h: c[0] + (w - c[0]) * (1 - a[0] * h + (a[0] * h) ** 2 / 2),
        P.SINGLE,
    ),
    "implicit Euler": (lambda w, a, c, h: c[0] + (w - c[0]) / (1 + a[0] * h), P.SINGLE),
    "the loop as printed": (printed, P.SINGLE),
    "half the time": (with_order(lambda p: range(p)), P.SINGLE),
    "to zero": (changed(c=lambda x: 0 * x["c"]), P.SINGLE),
    "to one": (changed(c=lambda x: 0 * x["c"] + 1), P.SINGLE),
    "away": (changed(step=lambda x: -x["step"]), P.SINGLE),
    "twice the stiffness": (changed(a=lambda x: 2 * x["a"]), P.SINGLE),
    "not moved": (lambda w, a, c, step: w, P.SINGLE),
    "the center": (lambda w, a, c, step: c[0], P.SINGLE),
    "the mean of a": (changed(a=lambda x: np.full_like(x["a"], x["a"].mean())), (P.FIRST_LAST, P.SWEEP)),
    "the last batch once, half": (
        with_order(lambda p: [*range(p), *range(p - 2, -1, -1)]),
        (P.SINGLE, P.EQUAL),
    ),
    "one batch too many": (
        with_order(lambda p: [*range(p), *reversed(range(p)), *([0, 0] if p > 1 else [])]),
        P.EQUAL,
    ),
    "the whole by one flow": (
        lambda w, a, c, h: flow(w, a.sum(), (a * c).sum() / a.sum(), h) if a.sum() else w,
        P.FIRST_LAST,
    ),
    "Lie": (lie, P.FIRST_LAST),
    "Lie backward": (lambda w, a, c, h: lie(w, a[::-1], c[::-1], h), P.SYMMETRIC),
    "forward twice": (forward_twice, P.FIRST_LAST),
    "backward first": (backward_first, P.FIRST_LAST),
    "pairs": (with_order(lambda p: [r for r in range(p) for _ in "12"]), P.FIRST_LAST),
    "no palindrome": (last_batch_once, P.SYMMETRIC),
    "symmetric only in size": (changed(step=lambda x: abs(x["step"])), P.SYMMETRIC),
    "two swapped, there and back": (
        with_order(
            lambda p: [*(order := [_SWAP[r] if r < 3 and p > 2 else r for r in range(p)]), *order[::-1]]
        ),
        P.SWEEP,
    ),
    "middle backward": (with_order(lambda p: [0, *range(p - 1, 0, -1), *range(1, p), 0]), P.SWEEP),
    "sorted by a": (
        lambda w, a, c, h: with_order(
            lambda p: [0, *(order := sorted(range(1, p), key=lambda r: a[r])), *order[::-1], 0]
        )(w, a, c, h),
        P.SWEEP,
    ),
    "wrong from six batches on": (
        lambda w, a, c, h: strang(w, a, c, h) + (len(a) > 5) * 1e-3,
        (P.SYMMETRIC, P.SWEEP),
    ),
    "rounded": (lambda *x: round(float(strang(*x)), 3), P.SINGLE),
    "rounded to seven digits": (lambda *x: float(np.float32(strang(*x))), P.SINGLE),
    "single precision": (lambda *x: np.float32(strang(*x)), properties.DOUBLE),
    "noise": (lambda *x: strang(*x) + 1e-3 * np.random.default_rng().random(), properties.REPEATS),
    "all sub-steps": (lambda w, a, c, h: [w, strang(w, a, c, h)], properties.SHAPE),
    "no return": (lambda w, a, c, h: print(w), properties.RETURNS),
    "changes a": (lambda w, a, c, h: (a.sort(), strang(w, a, c, h))[1], properties.PURE),
    "index too far": (with_order(lambda p: range(p + 1)), properties.RUNS),
    "few arguments": (lambda w, a, c: w, properties.ARGUMENTS),
    "1/0": (lambda w, a, c, h: w / np.float64(0.0), properties.FINITE),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_sweeps_are_accepted_on_any_data(name, judge):
    judge.accepts(strang_sweep, RIGHT[name])


@pytest.mark.parametrize("name", WRONG)
def test_wrong_sweeps_are_refused_for_their_fault(name, judge):
    judge.refuses(strang_sweep, *WRONG[name])


def test_the_solution_is_the_packages_strang():
    rng = np.random.default_rng(3)
    for p in (1, 2, 5):
        a, c = rng.uniform(0.1, 2, p), rng.normal(size=p)
        A, start = a.reshape(-1, 1, 1), np.array([[0.7]])
        package = splitting.epoch(A, A * c.reshape(-1, 1, 1), start, 0.4, splitting.STRANG_EXACT).item()
        assert strang(0.7, a, c, 0.4) == pytest.approx(package, rel=1e-13)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (0.032, "average"),
        (0.01, "batch"),
        (0.001, "itself"),
        (1e-3 / 320, "Divided"),
        (0.16, "half"),
        (3.2, "power of ten"),
        (0.321, "Close"),
        (7, "another"),
    ],
)
def test_units_of_keras(answer, words):
    assert keras_rate.check(0.32) and keras_rate.check(10 * 32 * 0.001)
    verdict = keras_rate.check(answer)
    assert not verdict and words in verdict.words and "0.32" not in str(verdict).replace("0.321", "")


def test_the_drift_is_that_of_a_measured_epoch():
    assert two_batches.check(6) and exercises.drift_of_two_batches() == 6
    h = 1e-4
    end = flow(flow(1.0, 3.0, 0.0, h), 1.0, 4.0, h)
    # the next term is of order h relative to d
    assert (end - 1.0) / h**2 == pytest.approx(6, rel=1e-2)


@pytest.mark.parametrize(
    ("answer", "word"),
    [(0, "commute"), (3, "Euler"), (1.5, "bias"), (-6, "sign"), (12, "half or twice"), (5.99, "not small")],
)
def test_misconceptions_about_the_drift_are_named(answer, word):
    verdict = two_batches.check(answer)
    assert not verdict and word in str(verdict)


GOOD = {"x_1": 1, "y_1": 0, "x_2": 1, "y_2": 4, "step": 0.01}


def limit(data, batches):
    """Where the loop over the given batches ends, by running it."""
    w = 0.3
    for _ in range(5000):
        for r in batches:
            x, y = data[f"x_{r}"], data[f"y_{r}"]
            w = w - data["step"] * 2 * x * (w * x - y)
    return w


@pytest.mark.parametrize("data", [GOOD, {"x_1": 2.0, "y_1": -6.0, "x_2": -0.5, "y_2": 1.0, "step": 0.005}])
def test_limits_are_those_of_the_running_loops(data):
    best, skipped, full = exercises.printed_and_full_limits(**data)
    assert limit(data, (2,)) == pytest.approx(float(skipped), rel=1e-4)
    assert limit(data, (1, 2)) == pytest.approx(float(full), rel=1e-4)
    x, y = (np.array([data[f"{name}_{r}"] for r in (1, 2)]) for name in "xy")
    assert float(best) == pytest.approx(x @ y / (x @ x))


def test_good_counterexamples_are_accepted():
    verdict = printed_loop.check(**GOOD)
    assert verdict and "2.02" in str(verdict)
    assert printed_loop.check(GOOD | {"y_1": -1e200, "step": 1e-203})
    assert printed_loop.check(x_1=-1, y_1=5, x_2=1, y_2=5, step=0.001)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"step": 0}, "the step is positive"),
        ({"x_2": 0}, "both data say something about w"),
        ({"step": 1.5}, "the printed loop converges"),
        ({"x_1": 20}, "the loop over all batches converges"),
        ({"y_2": 1}, "the printed loop ends farther than 1 from W*"),
        ({"step": 0.2}, "the loop over all batches ends within 0.1 of W*"),
    ],
)
def test_bad_counterexamples_are_refused_for_their_fault(change, name):
    verdict = printed_loop.check(**(GOOD | change))
    assert not verdict and verdict.broken == name, str(verdict)


def test_a_cloud_without_spread_and_of_second_order():
    from helpers.panels.constant_step import ConstantStepCloud

    cloud = ConstantStepCloud()
    assert second_order.check(cloud).broken == "nothing wanders"
    fixed = next(name for name in ("fixed order", "fixed") if name == exercises.partitions.FIXED)
    cloud.set(sampling=fixed)
    assert second_order.check(cloud).broken == "the bias falls like Δt²"
    cloud.set(scheme=splitting.STRANG_EULER)
    assert not second_order.check(cloud)
    cloud.set(scheme=splitting.STRANG_EXACT)
    verdict = second_order.check(cloud)
    assert verdict and "symmetric sweep" in verdict.words
    cloud.set(p=2)
    assert second_order.check(cloud).broken == "there are at least four batches"


@pytest.mark.parametrize("task", exercises.exercises, ids=lambda task: task.key)
def test_every_exercise_has_three_hints_and_a_solution(task):
    assert len(task.hints) == 3 and task.solution and len(exercises.exercises) >= 5
    assert task.check().kind == "unanswered"


def test_the_worked_solutions_are_right():
    for task in (keras_rate, two_batches):
        assert task.check(float(re.search(r"\*\*([\d.]+)\*\*", task.solution)[1]))
    call = re.search(r"`check\((.*?)\)`", printed_loop.solution)[1]
    assert printed_loop.check(eval(f"dict({call})"))

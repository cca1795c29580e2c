"""The exercises of §5.3.1: right answers are accepted, wrong ones refused for the right reason."""

import numpy as np
import pytest

from helpers.mathematics import splitting
from helpers.teaching import splitting_exercises as exercises
from helpers.teaching.splitting_exercises import printed_loop, strang_sweep, two_batches


def flow(w, a, c, t):
    return c + (w - c) * np.exp(-a * t)


def recursive(w, a, c, step):
    """A reader who nests the sweep: half of the first batch, the sweep of the others, half of the first."""
    w = flow(w, a[0], c[0], step / 2)
    if len(a) > 1:
        w = recursive(w, a[1:], c[1:], step)
    return flow(w, a[0], c[0], step / 2)


def by_the_package(w, a, c, step):
    A = a.reshape(-1, 1, 1)
    return splitting.epoch(
        A, A * c.reshape(-1, 1, 1), np.array([[w]]), abs(step), splitting.STRANG_EXACT
    ).item()


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


@pytest.mark.parametrize("answer", [exercises.strang, recursive])
def test_right_sweeps_are_accepted_on_any_data(answer):
    for seed in range(5):
        verdict = strang_sweep.check(answer, seed=seed)
        assert verdict, str(verdict)
        assert len(verdict.held) == 4


@pytest.mark.parametrize(
    ("answer", "property_"),
    [
        (full_steps, exercises.SINGLE),
        (euler, exercises.SINGLE),
        (printed, exercises.SINGLE),
        (lie, exercises.FIRST_LAST),
        (forward_twice, exercises.FIRST_LAST),
        (backward_first, exercises.FIRST_LAST),
        (last_batch_once, exercises.SYMMETRIC),
    ],
)
def test_wrong_sweeps_are_refused_for_their_fault(answer, property_):
    for seed in range(5):
        verdict = strang_sweep.check(answer, seed=seed)
        assert not verdict and verdict.broken == property_, str(verdict)


def test_the_reference_is_the_packages_strang():
    rng = np.random.default_rng(3)
    for p in (1, 2, 5):
        a, c = rng.uniform(0.1, 2, p), rng.normal(size=p)
        assert exercises.strang(0.7, a, c, 0.4) == pytest.approx(by_the_package(0.7, a, c, 0.4), rel=1e-13)


def test_the_drift_is_that_of_a_measured_epoch():
    assert two_batches.check(6) and exercises.drift_of_two_batches() == 6
    h = 1e-4
    end = flow(flow(1.0, 3.0, 0.0, h), 1.0, 4.0, h)
    # the next term is of order h relative to d
    assert (end - 1.0) / h**2 == pytest.approx(6, rel=1e-2)


@pytest.mark.parametrize(
    ("answer", "word"), [(0, "commute"), (3, "Euler"), (1.5, "bias"), (-6, "sign"), (12, "factor of two")]
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


@pytest.mark.parametrize("task", [two_batches, strang_sweep, printed_loop])
def test_every_exercise_has_three_hints_and_a_solution(task):
    assert len(task.hints) == 3 and task.solution
    assert not task.check()

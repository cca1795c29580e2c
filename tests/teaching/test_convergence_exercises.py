"""The exercises of §5.3.2: right answers are accepted, wrong ones refused for the right reason."""

import math
import re

import numpy as np
import pytest

from helpers.mathematics import theorem
from helpers.mathematics.least_squares import LeastSquares
from helpers.mathematics.time_steps import Power
from helpers.teaching import convergence_exercises as exercises
from helpers.teaching import properties, solutions
from helpers.teaching.convergence_exercises import limit, other_limit, run_data, slow_rate, stall, wrong_limit

# --- the limit ----------------------------------------------------------------------------------------------

NAMESPACE = {"np": np}
exec(solutions.LIMIT, NAMESPACE)
solution = NAMESPACE["limit"]


def system(x, y, alpha):
    return 2 * (alpha[:, None] * x).T @ x, 2 * (alpha[:, None] * x).T @ y


def by_pinv(x, y, alpha, w_0):
    A, b = system(x, y, alpha)
    inverse = np.linalg.pinv(A, rcond=1e-9, hermitian=True)
    return inverse @ b + w_0 - inverse @ A @ w_0


def by_eigenvectors(x, y, alpha, w_0):
    A, b = system(x, y, alpha)
    values, vectors = np.linalg.eigh(A)
    seen = values > 1e-9 * values[-1]
    coordinates = vectors.T @ w_0
    coordinates[seen] = (vectors.T @ b)[seen] / values[seen]
    return vectors @ coordinates


def by_running(x, y, alpha, w_0):
    A, b = system(x, y, alpha)
    step, w = 1 / np.linalg.norm(A, 2), w_0.copy()
    for _ in range(3000):
        w = w - step * (A @ w - b)
    return w


def by_conjugate_gradients(x, y, alpha, w_0):
    A, b = system(x, y, alpha)
    w, r = w_0.astype(float), b - A @ w_0
    p = r
    for _ in range(len(w)):
        if r @ r < 1e-22 * (b @ b + 1):
            break
        s = (r @ r) / (p @ A @ p)
        w, r_new = w + s * p, r - s * (A @ p)
        p, r = r_new + (r_new @ r_new) / (r @ r) * p, r_new
    return w


def by_flow(x, y, alpha, w_0):
    values, vectors = np.linalg.eigh(system(x, y, alpha)[0])
    b = vectors.T @ system(x, y, alpha)[1]
    time, z = 1e4, np.maximum(values, 0)
    phi = np.where(z > 1e-9, -np.expm1(-z * time) / np.where(z > 1e-9, z, 1), 0)
    return vectors @ (
        np.exp(-z * time) * (z > 1e-9) * (vectors.T @ w_0) + (z <= 1e-9) * (vectors.T @ w_0) + phi * b
    )


def by_squaring(x, y, alpha, w_0):
    A, b = system(x, y, alpha)
    M, q = np.eye(len(w_0)) - A / np.linalg.norm(A, 2), b / np.linalg.norm(A, 2)
    for _ in range(20):
        M, q = M @ M, M @ q + q
    return M @ w_0 + q


def by_svd(x, y, alpha, w_0):
    root = np.sqrt(alpha)
    U, s, V = np.linalg.svd(root[:, None] * x, full_matrices=False)
    r = np.sum(s > 1e-8 * s[0])
    return w_0 + V[:r].T @ ((U[:, :r].T @ (root * (y - x @ w_0))) / s[:r])


def repeated_rows(x, y, alpha, w_0):
    """Tenths of weights as repeated data."""
    count = np.rint(10 * alpha).astype(int)
    x, y = np.repeat(x, count, axis=0), np.repeat(y, count)
    return w_0 + np.linalg.pinv(x, rcond=1e-9) @ (y - x @ w_0)


RIGHT = {
    "solution": solution,
    "package": exercises.theorem_limit,
    "pinv": by_pinv,
    "eigenvectors": by_eigenvectors,
    "many epochs": by_running,
    "conjugate gradients": by_conjugate_gradients,
    "exact flow": by_flow,
    "squaring": by_squaring,
    "svd": by_svd,
    "repeated data": repeated_rows,
    "a list": lambda *data: list(solution(*data)),
    "columns": lambda x, y, alpha, w_0: LeastSquares(x, y[:, None], alpha).limit(w_0[:, None]).ravel(),
    "printing": lambda *data: (print(data), solution(*data))[1],
}


def least_norm(x, y, alpha, w_0):
    return solution(x, y, alpha, 0 * w_0)


def changed(**parts):
    def answer(x, y, alpha, w_0):
        given = {"x": x, "y": y, "alpha": alpha, "w_0": w_0}
        return solution(**given | {name: change(given) for name, change in parts.items()})

    return answer


def few_epochs(x, y, alpha, w_0):
    A, b = system(x, y, alpha)
    for _ in range(5):
        w_0 = w_0 - (A @ w_0 - b) / np.linalg.norm(A, 2)
    return w_0


E = exercises
WRONG = {
    "not moved": (lambda x, y, alpha, w_0: w_0, E.MINIMIZER),
    "zero": (lambda x, y, alpha, w_0: 0 * w_0, E.MINIMIZER),
    "start added": (lambda *d: least_norm(*d) + d[3], E.MINIMIZER),
    "half way": (lambda *d: (solution(*d) + d[3]) / 2, E.MINIMIZER),
    "few epochs": (few_epochs, E.MINIMIZER),
    "sign": (lambda *d: -solution(*d), E.MINIMIZER),
    "data of the other sign": (changed(y=lambda d: -d["y"]), E.MINIMIZER),
    "without the first datum": (
        lambda x, y, alpha, w_0: solution(x[1:], y[1:], alpha[1:], w_0),
        (E.MINIMIZER, E.WEIGHTED, E.LIMIT),
    ),
    "weights squared": (changed(alpha=lambda d: d["alpha"] ** 2), E.MINIMIZER),
    "roots of weights": (changed(alpha=lambda d: d["alpha"] ** 0.5), E.MINIMIZER),
    "no weights": (changed(alpha=lambda d: np.ones_like(d["alpha"])), E.MINIMIZER),
    "reciprocal weights": (changed(alpha=lambda d: 1 / d["alpha"]), E.MINIMIZER),
    "weights of x only": (
        lambda x, y, alpha, w_0: by_pinv(alpha[:, None] * x, y, np.ones_like(y), w_0),
        E.MINIMIZER,
    ),
    "b without weights": (
        lambda x, y, alpha, w_0: np.linalg.lstsq(system(x, y, alpha)[0], 2 * x.T @ y, rcond=1e-9)[0],
        E.MINIMIZER,
    ),
    "ridge": (
        lambda x, y, alpha, w_0: np.linalg.solve(
            system(x, y, alpha)[0] + 0.1 * np.eye(len(w_0)), system(x, y, alpha)[1]
        ),
        E.MINIMIZER,
    ),
    "rounded to three digits": (lambda *d: np.round(solution(*d), 3), E.MINIMIZER),
    "a bias": (lambda x, y, alpha, w_0: solution(x, y - y.mean(), alpha, w_0), E.MINIMIZER),
    "least norm": (least_norm, E.KERNEL),
    "start and its kernel part": (lambda *d: least_norm(*d) + 2 * (solution(*d) - least_norm(*d)), E.KERNEL),
    "minus the kernel part": (lambda *d: 2 * least_norm(*d) - solution(*d), E.KERNEL),
    "half the kernel part": (lambda *d: 0.5 * least_norm(*d) + 0.5 * solution(*d), E.KERNEL),
    "one more step of size 1 in the kernel": (
        lambda x, y, alpha, w_0: solution(x, y, alpha, w_0 + 1),
        E.KERNEL,
    ),
    "kernel part by its size": (changed(w_0=lambda d: np.abs(d["w_0"])), E.KERNEL),
    "weights only if they span": (
        lambda x, y, alpha, w_0: solution(
            x, y, alpha if np.linalg.matrix_rank(x) == len(w_0) else np.ones_like(y), w_0
        ),
        (E.WEIGHTED, E.LIMIT),
    ),
    "solve": (lambda x, y, alpha, w_0: np.linalg.solve(*system(x, y, alpha)), (properties.RUNS, E.KERNEL)),
    "a column": (lambda *d: solution(*d)[:, None], properties.SHAPE),
    "solution and residual": (lambda *d: (solution(*d), 0.0), properties.FORM),
    "single precision": (lambda *d: solution(*d).astype(np.float32), properties.DOUBLE),
    "random start": (
        lambda x, y, alpha, w_0: solution(x, y, alpha, np.random.default_rng().normal(size=len(w_0))),
        (properties.REPEATS, E.KERNEL),
    ),
    "start changed": (
        lambda x, y, alpha, w_0: w_0.__iadd__(solution(x, y, alpha, w_0) - w_0),
        properties.PURE,
    ),
    "no return": (lambda *d: print(d[0].shape), properties.RETURNS),
    "few arguments": (lambda x, y: x, properties.ARGUMENTS),
    "an unknown name": (lambda *d: problem.limit(d[3]), properties.RUNS),  # noqa: F821
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_limits_are_accepted(name, judge):
    judge.accepts(limit, RIGHT[name], times=5 if name == "many epochs" else 50)


@pytest.mark.parametrize("name", WRONG)
def test_wrong_limits_are_refused_for_their_reason(name, judge):
    judge.refuses(limit, *WRONG[name])


# --- the numbers --------------------------------------------------------------------------------------------


def test_the_slow_rate_is_measured():
    """e^(−λT_k) over the last decade of 10⁵ steps c/(k+1)."""
    times = np.cumsum(0.5 / np.arange(1.0, 10**5 + 1))
    measured = 0.6 * (times[-1] - times[10**4 - 1]) / math.log(10)
    assert slow_rate.check(0.3) and measured == pytest.approx(0.3, rel=1e-3)  # 1/(2 · 10⁴) of the sum


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (1, "waited for"),
        (0.5, "This is c"),
        (0.6, "This is λ"),
        (1.2, "λ/c"),
        (-0.3, "sign"),
        (0.15, "half or twice"),
        (0.31, "another"),
        (0.302, "Close"),
    ],
)
def test_wrong_rates_are_understood(answer, words):
    verdict = slow_rate.check(answer)
    assert not verdict and words in verdict.words


def test_the_stall_is_eulers_product():
    product = math.prod(1 - 1 / (9 * n**2) for n in range(1, 10**5))
    assert stall.value == pytest.approx(product, rel=1e-5) and stall.value == pytest.approx(
        1.5 * 3**0.5 / math.pi
    )
    assert stall.check(0.827) and stall.check(0.82699)
    assert stall.check("0.827").broken == "the answer is one finite number"
    assert "0.1 %" in stall.question


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (math.exp(-(math.pi**2) / 54), "exact flow"),
        (2 / math.pi, "λc = 1/4"),
        (math.pi**2 / 54, "sum of the steps"),
        (1 - math.pi**2 / 54, "one single Euler step"),
        (8 / 9, "first epoch"),
        (70 / 81, "two epochs"),
        (0.173, "removed"),
        (0, "need not be 0"),
        (math.exp(-1 / 9), "their sum is not c"),
        (2 * math.pi / 3**1.5, "reciprocal"),
        (0.82, "Close"),
        (0.5, "another number"),
    ],
)
def test_wrong_fractions_are_understood(answer, words):
    verdict = stall.check(answer)
    assert not verdict and words in verdict.words and "0.827" not in str(verdict)
    assert theorem.stall_factor(1 / 9, Power(1.0, 2.0), exact=False) == stall.value


# --- the counterexample -------------------------------------------------------------------------------------


def proposal(*values):
    return dict(zip(wrong_limit.fields, values, strict=True))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((1, 0, 2, 0.5, 0.5), "Only the partition fails"),
        ((0, 0, 3, 1, 1), "Only the partition fails"),
        ((3, 0, 0, 0.1, 0.7), "Only the partition fails"),
        ((1, 1, 1, 0.1, 2), "Only (5.31) fails"),
    ],
)
def test_right_counterexamples_are_confirmed(values, words):
    verdict = wrong_limit.check(**proposal(*values))
    assert verdict and words in verdict.words, str(verdict)


@pytest.mark.parametrize(
    ("values", "broken", "words"),
    [
        ((1, 1, 1, 0.5, 0.5), "exactly one", "its limit is right"),
        ((0, 0, 3, 0.5, 2), "exactly one", "both fail"),
        ((2, 0, 1, 0.5, 0.5), "the limit is wrong", "does not enforce"),
        ((1, 1, 1, 1, 1.5), "the limit is wrong", "too close"),
        ((1.5, 1, 0.5, 0.5, 0.5), "an epoch makes three steps", "1.5"),
        ((1, 1, 2, 0.5, 0.5), "an epoch makes three steps", "1, 1, 2"),
        ((4, 0, -1, 0.5, 0.5), "an epoch makes three steps", "−1"),
        ((0, 0, 3, 2, 0.5), "c and a lie", "c = 2"),
        ((1, 1, 1, 0.1, 1.2), "c and a lie", "no run is long enough"),
    ],
)
def test_other_proposals_are_refused_for_their_reason(values, broken, words):
    verdict = wrong_limit.check(**proposal(*values))
    assert not verdict and verdict.broken.startswith(broken) and words in verdict.words, str(verdict)


def test_the_limit_said_is_the_one_that_is_run():
    """After 20000 epochs a_k is of the size of the step, c/sqrt(20000) times the slope 6."""
    for visits in ((1, 0, 2), (2, 1, 0), (0, 3, 0), (1, 1, 1)):
        values = proposal(*visits, 0.5, 0.5)
        assert run_data(visits, 0.5, 0.5) == pytest.approx(exercises.limit_of(values), abs=0.03)


def test_nothing_proposed_yet():
    assert wrong_limit.check(**proposal(*[...] * 5)).kind == "unanswered"
    assert wrong_limit.check(visits_1=1).words == "In your proposal, missing: visits_2, visits_3, c, a."


# --- the panel ----------------------------------------------------------------------------------------------


def test_the_switch_is_found():
    from helpers.panels.convergence_theorem import Instrument

    panel = Instrument()
    assert other_limit.check(panel).broken == "the limit is not the minimizer of least norm"
    panel.set(partition=False)
    assert other_limit.check(panel).broken == "the batches partition the data"
    panel.set(partition=True, spans=False)
    verdict = other_limit.check(panel)
    assert verdict and "do not span" in verdict.words


@pytest.mark.parametrize("task", exercises.exercises, ids=lambda task: task.key)
def test_each_exercise_shows_question_hints_and_solution(task):
    assert len(task.hints) == 3 and task.solution and len(exercises.exercises) >= 5
    assert task.check().kind == "unanswered"


def test_the_worked_solutions_are_right():
    for task in (slow_rate, stall):
        assert task.check(float(re.search(r"\*\*([\d.]+)\*\*", task.solution)[1]))
    assert wrong_limit.check(1, 0, 2, 0.5, 0.5)

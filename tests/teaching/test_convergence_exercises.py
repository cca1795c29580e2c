"""The exercises of §5.3.2: right answers are accepted, wrong ones refused for the right reason."""

import math

import numpy as np
import pytest

from helpers.teaching import convergence_exercises as exercises
from helpers.teaching import properties
from helpers.teaching.convergence_exercises import run_data, schedule, stall, wrong_limit

# --- the schedule -------------------------------------------------------------------------------------------

RIGHT = {
    "reference": exercises.step,
    "a = 1/4": lambda k: 0.3 / (k + 1) ** 0.25,
    "logarithm": lambda k: 1 / np.log(k + 3),
    "harmonic squares with a logarithm": lambda k: 1 / np.sqrt((k + 2) * np.log(k + 2)),
    "iterated logarithm": lambda k: 1 / np.log(np.log(k + 16)),
}
WRONG = {
    "constant": (lambda k: 0.1 + 0 * k, exercises.TENDS),
    "tends to 0.1": (lambda k: 0.1 * (1 + 1 / np.log(k + 3)), exercises.TENDS),
    "finite sum": (lambda k: 1 / (k + 1) ** 2, exercises.SUM),
    "finite sum, barely": (lambda k: 1 / ((k + 2) * np.log(k + 2) ** 2), exercises.SUM),
    "harmonic": (lambda k: 1 / (k + 1), exercises.SQUARES),
    "a = 0.51": (lambda k: 1 / (k + 1) ** 0.51, exercises.SQUARES),
    "barely summable squares": (lambda k: 1 / (np.sqrt(k + 2) * np.log(k + 2)), exercises.SQUARES),
    "negative": (lambda k: -1 / np.sqrt(k + 1), exercises.ARRAY),
    "looks at its neighbors": (lambda k: np.full_like(k, 1 / np.sqrt(k.max() + 1)), exercises.ARRAY),
    "underflow": (lambda k: np.exp(-5 * k), exercises.ARRAY),
    "oscillates": (lambda k: (1.5 + np.cos(k)) / np.log(k + 3), exercises.DECREASING),
    "grows": (lambda k: np.sqrt(k + 1), exercises.DECREASING),
    "infinite at k = 0": (lambda k: 1 / np.log(k + 1), properties.FINITE),
    "a number": (lambda k: 0.1, properties.SHAPE),
    "not for arrays": (lambda k: 1 / math.sqrt(k + 1), properties.RUNS),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_schedules_are_accepted(name):
    for seed in range(3):
        verdict = schedule.check(RIGHT[name], seed=seed)
        assert verdict and len(verdict.held) == len(schedule.properties), str(verdict)


@pytest.mark.parametrize("name", WRONG)
def test_wrong_schedules_are_refused_for_their_reason(name):
    answer, reason = WRONG[name]
    for seed in range(3):
        verdict = schedule.check(answer, seed=seed)
        assert not verdict and verdict.broken == reason, str(verdict)


def test_the_sums_seen_are_those_of_the_example():
    """The harmonic series: condensed terms are 1 each, 100 and 200 of them, whatever the scale."""
    inputs = {"k": 1.5 * 2.0 ** np.array([100, 200, 400])}
    sums = exercises.condensed_sums(lambda k: 1 / k, inputs, 1)
    assert sums == pytest.approx((100, 200), rel=1e-12)
    verdict = schedule.check(lambda k: 1 / (k + 1), seed=0)
    k = [float(x) for x in verdict.example[0].split("[")[1].rstrip("]").split(",")]
    assert 2.0**100 <= 1.001 * k[0] and k[0] <= 2.0**101 and k[2] > 2.0**399  # not simplified away
    assert "2^200" in verdict.words


def test_the_question_says_that_a_check_is_no_proof():
    assert "No finite check can prove" in schedule.question
    assert schedule.check() == schedule.check(lambda k: ...) and schedule.check().kind == "unanswered"


# --- the stall factor ---------------------------------------------------------------------------------------


def test_two_over_pi():
    product = math.prod(1 - 0.25 / n**2 for n in range(1, 10**5))
    assert stall.value == pytest.approx(product, rel=1e-5) and stall.value == pytest.approx(2 / math.pi)
    assert stall.check(2 / math.pi) and stall.check(0.6366) and stall.check("0.6366").kind == "answer"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (math.exp(-(math.pi**2) / 24), "exact flow"),
        (math.pi**2 / 24, "sum of the steps"),
        (1 - math.pi**2 / 24, "one single Euler step"),
        (0.75, "first epoch"),
        (45 / 64, "two epochs"),
        (1 - 2 / math.pi, "removed"),
        (0, "need not be 0"),
        (math.exp(-0.25), "their sum is not c"),
        (math.pi / 2, "reciprocal"),
        (0.5, "another number"),
    ],
)
def test_wrong_fractions_are_understood(answer, words):
    verdict = stall.check(answer)
    assert not verdict and words in verdict.words and "0.6366" not in str(verdict)


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
        ((4, 0, -1, 0.5, 0.5), "an epoch makes three steps", "-1"),
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
    assert wrong_limit.check(visits_1=1).kind == "answer"

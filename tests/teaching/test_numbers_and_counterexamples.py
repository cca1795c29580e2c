"""Numbers to find and counterexamples to propose: accepted in any form, refused by what is the matter."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from helpers.teaching.answers import Condition, CounterexampleExercise, NumericExercise

# --- numbers ---------------------------------------------------------------------------------------------


def numeric(value=0.75, **more):
    return NumericExercise("0/number", "a number", "Which?", value=value, **more)


@pytest.mark.parametrize(
    "answer",
    [0.75, Fraction(3, 4), Decimal("0.75"), np.float32(0.75), np.array([0.75]), np.array(0.75), 0.7501],
)
def test_numbers_of_any_kind_are_accepted(answer):
    assert numeric().check(answer)


def test_integers_are_accepted():
    assert numeric(3).check(3) and numeric(3).check(np.int8(3))


@pytest.mark.parametrize(
    "answer, words",
    [
        ("0.75", "quotation marks"),
        (None, "lack a `return`"),
        (True, "not numbers"),
        (0.75 + 0j, "real number"),
        ([0.75, 1], "holds 2"),
        ([], "holds 0"),
        (float("nan"), "NaN"),
        (-np.inf, "an infinity"),
        (10**400, "too large"),
        (print, "a function"),
        ({"a": 1}, "cannot be read"),
        (object(), "cannot be read"),
    ],
)
def test_what_is_not_a_number_is_said(answer, words):
    verdict = numeric().check(answer)
    assert verdict.kind == "answer" and words in verdict.words


@pytest.mark.parametrize(
    "answer, words",
    [
        (-0.75, "sign"),
        (1.5, "half or twice"),
        (0.375, "half or twice"),
        (-1.5, "sign is wrong, and a factor of two"),
        (4 / 3, "reciprocal"),
        (750, "power of ten"),
        (0.0075, "power of ten"),
        (0.6, "named by the author"),
        (0.5, "smaller than 0.55"),
        (0.7, "another number"),
        (0, "smaller than 0.55"),
        (0.55, "smaller than 0.55"),
    ],
)
def test_slips_and_misconceptions_are_named(answer, words):
    exercise = numeric(
        misconceptions=[
            (0.6, "named by the author"),
            ([(0, 0.007), (0.4, 0.55)], "smaller than 0.55"),
        ]
    )
    verdict = exercise.check(answer)
    assert not verdict and words in verdict.words


def test_zero_is_a_value_like_any_other():
    exercise = numeric(0, atol=1e-9, rtol=0)
    assert exercise.check(0) and exercise.check(0.0)
    assert exercise.check(1).kind == "broken"


def test_a_tolerance_is_needed():
    with pytest.raises(ValueError, match="one of them must be positive"):
        numeric(rtol=0, atol=0)


# --- counterexamples -------------------------------------------------------------------------------------


def counterexample():
    return CounterexampleExercise(
        "0/two-numbers",
        "two numbers",
        "Propose a and b.",
        fields=("a", "b"),
        conditions=[
            Condition("a exceeds b", lambda a, b: a > b, lambda a, b: f"a − b is {a - b:g}."),
            Condition("b is negative", lambda a, b: b < 0, lambda a, b: "b is not."),
        ],
        confirmed=lambda a, b: f"a − b is {a - b:g}.",
    )


@pytest.mark.parametrize(
    "proposal, kind, broken",
    [
        ({"a": 1, "b": -1}, "holds", ""),
        ({"a": 1, "b": 2}, "broken", "a exceeds b"),
        ({"a": 3, "b": 2}, "broken", "b is negative"),
        ({"a": 3}, "answer", None),
        ({"a": 3, "b": 2, "c": 3}, "answer", None),
        ({"a": 3, "b": "2"}, "answer", None),
        ({"a": float("nan"), "b": 2}, "answer", None),
        ({"a": ..., "b": ...}, "unanswered", ""),
        (..., "unanswered", ""),
        (None, "unanswered", ""),
        ({}, "unanswered", ""),
        ((3, 4), "answer", None),
        ((1, -1), "answer", None),
        (7, "answer", None),
        ("abc", "answer", None),
    ],
)
def test_proposals_are_verified(proposal, kind, broken):
    verdict = counterexample().check(proposal)
    assert verdict.kind == kind
    assert broken is None or verdict.broken == broken
    if isinstance(proposal, dict):
        assert counterexample().check(**proposal).kind == kind
    if isinstance(proposal, tuple):
        assert counterexample().check(*proposal).kind in ("holds", "broken")


def test_what_cannot_be_computed_is_said():
    exercise = counterexample()
    exercise.conditions = (Condition("a/b is large", lambda a, b: a / b > 3, lambda a, b: ""),)
    verdict = exercise.check(1, 0)
    assert verdict.broken == "a/b is large" and "ZeroDivisionError" in verdict.words


def test_the_question_states_the_precision():
    assert (
        "within 0.1 %" in numeric().question and "A whole number" in numeric(22, rtol=0, atol=1e-9).question
    )
    assert "within 0.01" in numeric(0.5, rtol=0, atol=0.01).question

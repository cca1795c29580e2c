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
    assert verdict.broken == "the answer is one finite number" and words in verdict.words


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
    exercise = numeric(0, rtol=0)
    assert exercise.check(0) and exercise.check(0.0)
    assert exercise.check(1).kind == "broken"


def test_a_tolerance_is_needed():
    for rtol in (0, -1e-3):
        with pytest.raises(ValueError, match="rtol must be positive, or 0 for a whole number"):
            numeric(rtol=rtol)


# --- counterexamples -------------------------------------------------------------------------------------

FIELDS = "the proposal gives a, b as finite numbers"


def counterexample():
    return CounterexampleExercise(
        "0/two-numbers",
        "two numbers",
        "Propose a and b.",
        fields=("a", "b"),
        conditions=[
            Condition("a exceeds b", lambda a, b: a > b or f"a − b is {a - b:g}."),
            Condition("b is negative", lambda a, b: b < 0 or "b is not."),
        ],
        confirmed=lambda a, b: f"a − b is {a - b:g}.",
    )


@pytest.mark.parametrize(
    "proposal, kind, broken",
    [
        ({"a": 1, "b": -1}, "holds", ""),
        ({"a": 1, "b": 2}, "broken", "a exceeds b"),
        ({"a": 3, "b": 2}, "broken", "b is negative"),
        ({"a": 3}, "broken", FIELDS),
        ({"a": 3, "b": 2, "c": 3}, "broken", FIELDS),
        ({"a": 3, "b": "2"}, "broken", FIELDS),
        ({"a": float("nan"), "b": 2}, "broken", FIELDS),
        ({"a": ..., "b": ...}, "unanswered", ""),
        (..., "unanswered", ""),
        (None, "unanswered", ""),
        ({}, "unanswered", ""),
        ((3, 4), "broken", FIELDS),
        ((1, -1), "broken", FIELDS),
        (7, "broken", FIELDS),
        ("abc", "broken", FIELDS),
    ],
)
def test_proposals_are_verified(proposal, kind, broken):
    verdict = counterexample().check(proposal)
    assert (verdict.kind, verdict.broken) == (kind, broken)
    if isinstance(proposal, dict):
        assert counterexample().check(**proposal).kind == kind
    if isinstance(proposal, tuple):
        assert counterexample().check(*proposal).broken in ("", "a exceeds b")


def test_what_cannot_be_computed_is_said():
    exercise = counterexample()
    exercise.conditions = (Condition("a/b is large", lambda a, b: a / b > 3),)
    verdict = exercise.check(1, 0)
    assert verdict.broken == "a/b is large" and "ZeroDivisionError" in verdict.words


def test_the_question_states_the_precision():
    assert "within 0.1 %" in numeric().question and "A whole number" in numeric(22, rtol=0).question

"""Schedules and their verdict on (5.31)."""

import numpy as np
import pytest

from helpers.mathematics.time_steps import (
    Constant,
    InverseLogarithm,
    Power,
    Sequence,
    check_steps,
    satisfies_531,
    typed_sequence,
    verdict,
)


def test_steps():
    np.testing.assert_array_equal(Constant(0.3).steps(3), [0.3] * 3)
    np.testing.assert_allclose(Power(2, 0.5).steps(3), 2 / np.sqrt([1, 2, 3]))
    np.testing.assert_allclose(InverseLogarithm(2).steps(2), 2 / np.log([3, 4]))
    np.testing.assert_array_equal(Sequence((0.1, 0.3)).steps(2), [0.1, 0.3])
    np.testing.assert_array_equal(Sequence((0.1, 0.3)).steps(1), [0.1])


@pytest.mark.parametrize(
    ("schedule", "zero", "diverges", "squares"),
    [
        (Constant(0.1), False, True, False),
        (Power(1, 0), False, True, False),
        (Power(1, 0.3), True, True, False),
        (Power(1, 0.5), True, True, False),
        (Power(1, 0.51), True, True, True),
        (Power(1, 1), True, True, True),
        (Power(1, 1.01), True, False, True),
        (InverseLogarithm(1), True, True, False),
    ],
)
def test_verdict_of_the_families(schedule, zero, diverges, squares):
    assert (schedule.tends_to_zero, schedule.sum_diverges, schedule.square_summable) == (
        zero,
        diverges,
        squares,
    )
    assert satisfies_531(schedule) is (zero and diverges)
    assert verdict(schedule).startswith("(5.31) holds" if zero and diverges else "(5.31) fails")
    assert ("squares are summable" in verdict(schedule)) is squares


@pytest.mark.parametrize(
    "schedule",
    [Constant(0.7), Power(0.7, 0.3), Power(0.7, 0.8), Power(0.7, 1.5), Power(0.7, 3), InverseLogarithm(0.7)],
)
def test_verdicts_agree_with_condensation(schedule):
    """Cauchy: for decreasing terms u_k, sum u_k and sum 2^j u_{2^j} converge together; look at the ratio
    far out."""
    k = np.array([2.0**200, 2.0**201])
    factor = {Constant: lambda x: 0 * x + 1, Power: lambda x: x ** -getattr(schedule, "a", 0)}
    u = factor.get(type(schedule), lambda x: 1 / np.log(x))(k)
    assert schedule.sum_diverges is bool(2 * u[1] / u[0] >= 1)
    assert schedule.square_summable is bool(2 * (u[1] / u[0]) ** 2 < 1)
    assert schedule.tends_to_zero is bool(u[1] < u[0])


def test_typed_sequence_is_undecided():
    schedule = typed_sequence(" 0.1, 1/20;5e-3\n2 ")
    assert schedule.values == (0.1, 0.05, 0.005, 2.0)
    assert satisfies_531(schedule) is None
    assert "undecided" in verdict(schedule)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.1, x", "'x' is not a number"),
        ("", "at least one"),
        ("1/0", "not a number"),
        ("0.1 -0.2", "Δtₖ > 0; got −0.2"),
        ("0.1 0", "Δtₖ > 0; got 0"),
        ("nan", "Δtₖ must be .*undefined"),
        ("inf", "Δtₖ must be .*∞"),
        ("1e999999999", "Δtₖ must be .*∞"),
    ],
)
def test_bad_text(text, message):
    with pytest.raises(ValueError, match=message):
        typed_sequence(text)


@pytest.mark.parametrize("c", [0, -1, np.nan, np.inf, "a", None])
def test_bad_factor(c):
    for family in (Constant, InverseLogarithm, lambda c: Power(c, 0.5)):
        with pytest.raises(ValueError, match="must be"):
            family(c)


@pytest.mark.parametrize("a", [-0.1, np.nan, np.inf, "a", None])
def test_bad_exponent(a):
    with pytest.raises(ValueError, match="a must be a number, a ≥ 0"):
        Power(1, a)


def test_other_bad_input():
    with pytest.raises(ValueError, match="holds 2 steps"):
        Sequence((0.1, 0.2)).steps(3)
    with pytest.raises(ValueError, match="sequence"):
        Sequence(5)
    with pytest.raises(ValueError, match=r"Δtₖ must be .*∞"):
        check_steps([0.1, np.inf])
    with pytest.raises(ValueError, match="array of numbers"):
        check_steps("abc")
    with pytest.raises(ValueError, match="number of epochs"):
        Constant(0.1).steps(0)
    with pytest.raises(ValueError, match="too small"):
        Power(1, 400).steps(10)


@pytest.mark.parametrize("text, point", [("0,5 0,25", "0.5"), ("1,5; 0.25", "1.5"), ("1/4, 0,05", "0.05")])
def test_a_decimal_comma_is_told_from_a_separator(text, point):
    with pytest.raises(ValueError, match=f"would be two steps: write {point},"):
        typed_sequence(text)
    assert typed_sequence("1,0.5,0.25").values == typed_sequence("1; 0.5, 1/4").values == (1.0, 0.5, 0.25)

"""What is allowed is said, shown and enforced alike."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.mathematics import checks

ALL = [value for value in vars(checks).values() if isinstance(value, checks.Quantity)]


ENDS = sorted({float(end) for q in ALL for end in (q.low, q.high)})  # and what lies just beside them
NEAR = [np.nextafter(end, side) for end in ENDS for side in (-math.inf, math.inf)] + ENDS


@pytest.mark.parametrize("quantity", ALL, ids=lambda q: q.symbol)
@given(value=st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from(NEAR))
def test_check_agrees_with_the_words(quantity, value):
    inside = math.isfinite(value) and (not quantity.whole or value.is_integer())
    inside &= value > quantity.low or (quantity.closed[0] and value == quantity.low)
    inside &= value < quantity.high or (quantity.closed[1] and value == quantity.high)
    if inside:
        assert quantity.check(value) == value
        assert np.array_equal(quantity.check_all([value, value]), [value, value])
    else:
        with pytest.raises(ValueError) as alone:
            quantity.check(value)
        assert quantity.symbol in str(alone.value) and quantity.allowed in str(alone.value)
        with pytest.raises(ValueError, match="must be"):
            quantity.check_all([value])


@pytest.mark.parametrize("value", ["0.5", None, True, np.True_, [0.5], 1j, np.array([1.0])])
def test_only_numbers_pass(value):
    for quantity in ALL:
        with pytest.raises(ValueError, match="must be"):
            quantity.check(value)
    with pytest.raises(ValueError, match="array of numbers"):
        checks.BETA_1.check_all(["0.5"])


def test_whole_numbers_come_back_whole():
    for value in (3, 3.0, np.int64(3), np.float32(3), np.array(3)):
        got = checks.BATCHES.check(value)
        assert got == 3 and type(got) is int
    assert checks.SEED.check(2**70 + 1) == 2**70 + 1


@pytest.mark.parametrize(
    ("quantity", "words"),
    [
        (checks.BETA_1, "0 ≤ β₁ < 1"),
        (checks.TIME_STEP, "Δt > 0"),
        (checks.BATCHES.within(high=16), "a whole number, 1 ≤ p ≤ 16"),
        (checks.SEED, "a whole number, the seed ≥ 0"),
        (checks.TIME_STEP.within(high=2), "0 < Δt ≤ 2"),
        (checks.Quantity("w", "a coordinate"), "a finite number"),
        (checks.Quantity("w", "a coordinate", high=-0.5), "w ≤ −0.5"),
        (checks.EXPONENT.called("s"), "s ≥ 0"),
    ],
)
def test_the_range_in_words(quantity, words):
    assert quantity.allowed == words


def test_a_refusal_in_the_readers_notation():
    with pytest.raises(ValueError, match=r"^β₂ must be a number, 0 ≤ β₂ < 1; got −0\.25$"):
        checks.BETA_2.check(-0.25)
    with pytest.raises(ValueError, match=r"^p must be a whole number, 1 ≤ p ≤ 16; got 2\.5$"):
        checks.BATCHES.within(high=16).check(2.5)
    with pytest.raises(ValueError, match=r"^Δt must be a number, Δt > 0; got '0\.1'$"):
        checks.TIME_STEP.check("0.1")


def test_names_and_arrays():
    assert checks.one_of("sampling", "fixed", ("fixed", "free")) == "fixed"
    with pytest.raises(ValueError, match="one of fixed, free; got 'other'"):
        checks.one_of("sampling", "other", ("fixed", "free"))
    with pytest.raises(ValueError, match="one of fixed"):
        checks.one_of("sampling", ["fixed"], ("fixed",))
    assert checks.finite_array("x", [1, 2], ndim=1).dtype == float
    for wrong, words in (([np.nan], "finite"), ("abc", "array of numbers"), ([[1.0]], "1 axes")):
        with pytest.raises(ValueError, match=words):
            checks.finite_array("x", wrong, ndim=1)

"""Numbers in a reader's notation: what is written is read back, and looks as a reader would write it."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.mathematics.numerals import (
    numeral,
    order_of_magnitude,
    power_of_ten,
    subscript,
    superscript,
    vector,
)

_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")


def read(text: str) -> float:
    """The number a reader sees."""
    mantissa, _, power = re.fullmatch("(.*?)(10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+))?", text).groups("")
    mantissa = mantissa.rstrip("·").replace("−", "-").replace("+", "") or "1"
    mantissa = "-1" if mantissa == "-" else mantissa
    return float(mantissa) * 10.0 ** (int(power.translate(_PLAIN)) if power else 0)


@given(st.floats(-1e300, 1e300), st.integers(1, 8))
def test_what_is_written_is_read_back_to_its_digits(x, digits):
    if abs(x) < 1e-290:
        return
    error = abs(read(numeral(x, digits)) - x)
    assert error <= 0.5 * 10.0 ** (math.floor(math.log10(abs(x))) - digits + 1) * (1 + 1e-9)


@given(st.floats(-1e6, 1e6), st.integers(0, 5))
def test_decimals_are_those_asked_for_and_zero_has_no_sign(x, decimals):
    text = numeral(x, decimals=decimals)
    assert len(text.partition(".")[2]) == decimals
    assert abs(float(text.replace("−", "-")) - x) <= 0.5 * 10.0**-decimals * (1 + 1e-9) + abs(x) * 1e-15
    assert not re.fullmatch(r"[−+-]0(\.0*)?", text)


@pytest.mark.parametrize(
    ("x", "digits", "text"),
    [
        (0.25, 3, "0.25"), (-0.0, 3, "0"), (0.0025, 3, "0.0025"), (0.00025, 3, "2.5·10⁻⁴"), (1e-4, 3, "10⁻⁴"),
        (-1e-4, 1, "−10⁻⁴"), (123456, 3, "1.23·10⁵"), (99999, 3, "10⁵"), (12345, 3, "12300"),
        (0.99996, 3, "1"),
        (math.inf, 3, "∞"), (-math.inf, 3, "−∞"), (math.nan, 3, "undefined"), (100, 1, "100"),
        (0.0009996, 3, "0.001"), (7, 3, "7"), (-2.345, 3, "−2.35"),
    ],
)  # fmt: skip
def test_examples(x, digits, text):
    assert numeral(x, digits) == text


def test_signs_and_scripts():
    assert numeral(0.5, signed=True) == "+0.5"
    assert numeral(-0.001, decimals=2, signed=True) == "0.00"
    assert numeral(0, signed=True) == "0"
    assert superscript(-12) == "⁻¹²"
    assert subscript(10) == "₁₀"
    assert power_of_ten(-2) == "10⁻²"
    assert vector((0.5, -1)) == "(0.5, −1)"


def test_rounding_noise_is_said_in_words():
    assert order_of_magnitude(8e-16) == order_of_magnitude(1e-15) == "below 10⁻¹²"
    assert order_of_magnitude(0.03) == "0.03"
    assert order_of_magnitude(math.nan) == "undefined"

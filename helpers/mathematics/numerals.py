"""Numbers as a reader writes them: −0.25, 2.5·10⁻³, ∞; one formatter for sentences, figures and messages."""

import math
import re

_SUPERSCRIPT = str.maketrans("0123456789-−+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁺")
_SUBSCRIPT = str.maketrans("0123456789-−+", "₀₁₂₃₄₅₆₇₈₉₋₋₊")
SMALLEST, LARGEST = 1e-3, 1e5  # outside, a power of ten is split off
ROUNDING = 1e-12  # below it, what is computed in double precision from data of size 1 may be rounding alone


def superscript(number: int | str) -> str:
    """Return ``number`` in superscript digits: −3 → ⁻³."""
    return str(number).translate(_SUPERSCRIPT)


def subscript(number: int | str) -> str:
    """Return ``number`` in subscript digits: 12 → ₁₂."""
    return str(number).translate(_SUBSCRIPT)


def power_of_ten(exponent: int) -> str:
    """Return 10 to a whole exponent: −3 → 10⁻³."""
    return f"10{superscript(exponent)}"


def numeral(x: float, digits: int = 3, *, decimals: int | None = None, signed: bool = False) -> str:
    """Return ``x`` with so many significant digits, or so many ``decimals``, in a reader's notation.

    Trailing zeros are dropped unless ``decimals`` is given; below 10⁻³ and from 10⁵ on a power of ten is
    split off. A number that rounds to 0 is 0, never −0. ``signed`` writes the plus sign too.
    """
    x = float(x)
    if math.isnan(x):
        return "undefined"
    if decimals is not None and math.isfinite(x):
        text = f"{abs(x):.{decimals}f}"
    elif math.isinf(x):
        text = "∞"
    elif x == 0 or SMALLEST <= float(f"{abs(x):.{digits - 1}e}") < LARGEST:
        text = _positional(abs(x), digits)
    else:
        mantissa, exponent = f"{abs(x):.{digits - 1}e}".split("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        power = power_of_ten(int(exponent))
        text = power if mantissa == "1" else f"{mantissa}·{power}"
    if not any("1" <= sign <= "9" or sign == "∞" for sign in text):  # 0, however it is written
        return text
    return ("−" if x < 0 else "+" if signed else "") + text


def value_of(text: str) -> float:
    """Return the number that `numeral` has written: 2.5·10⁻³ → 0.0025; ValueError for other texts."""
    found = re.fullmatch(r"([−+]?)([\d.]*)(?:·?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a number as it is written here")
    sign, mantissa, power = found.groups()
    exponent = (power or "⁰").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(f"{sign.replace('−', '-')}{mantissa or 1}e{exponent}")


def _positional(x: float, digits: int) -> str:
    rounded = float(f"{x:.{max(digits, 1) - 1}e}")
    places = max(0, digits - 1 - math.floor(math.log10(rounded))) if rounded else 0
    text = f"{rounded:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def order_of_magnitude(x: float, rounding: float = ROUNDING) -> str:
    """Return ``x`` to one digit, or in words where only rounding is left: its digits change by processor."""
    return numeral(x, 1) if not abs(x) < rounding else f"below {numeral(rounding, 1)}"


def vector(values, digits: int = 3) -> str:
    """Return coordinates in parentheses: (0.5, −1)."""
    return f"({', '.join(numeral(value, digits) for value in values)})"

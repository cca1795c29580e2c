"""Checks of arguments shared by the networks: bad input is answered by a sentence saying what is allowed."""

import numbers

import numpy as np


def real(name: str, value, *, low: float = -np.inf, high: float = np.inf, closed_low: bool = False) -> float:
    """`value` as a float in (low, high), or [low, high) when `closed_low`.

    Raises ValueError for anything else, NaN and infinities included.
    """
    interval = f"{'[' if closed_low else '('}{low:g}, {high:g})"
    sentence = f"{name} must lie in {interval}; got {value!r}"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ValueError(sentence)
    number = float(value)
    above = number >= low if closed_low else number > low
    if not (np.isfinite(number) and above and number < high):
        raise ValueError(sentence)
    return number


def count(name: str, value, *, low: int = 1, high: int | None = None) -> int:
    """`value` as an int from `low` to `high`, both included. Raises ValueError for anything else."""
    allowed = f"an integer, at least {low}" if high is None else f"an integer from {low} to {high}"
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise ValueError(f"{name} must be {allowed}; got {value!r}")
    if value < low or (high is not None and value > high):
        raise ValueError(f"{name} must be {allowed}; got {value!r}")
    return int(value)


def finite(name: str, values, *, ndim: int | None = None) -> np.ndarray:
    """`values` as a finite float64 array with, if given, `ndim` axes. Raises ValueError otherwise."""
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of numbers; got {type(values).__name__}") from error
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes; got the shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite: it contains NaN or an infinity")
    return array

"""What is allowed of each quantity, said once, in the symbols the reader sees.

A slider shows `Quantity.allowed`, a function calls `Quantity.check`, and a refusal holds the same words. A
narrower range, of a panel or of a data set, is a quantity of its own: `BATCHES.within(high=16)`.
"""

import dataclasses
import numbers
import operator
from dataclasses import dataclass
from math import inf

import numpy as np

from helpers.mathematics.numerals import numeral


@dataclass(frozen=True)
class Quantity:
    """A real or whole number with its symbol, its name in words and its range.

    ``closed`` says whether the lower and the upper end belong to it.
    """

    symbol: str
    name: str
    low: float = -inf
    high: float = inf
    closed: tuple[bool, bool] = (True, True)
    whole: bool = False

    def within(self, low: float | None = None, high: float | None = None) -> "Quantity":
        """The same quantity with other ends, which belong to it."""
        closed = tuple(old or new is not None for old, new in zip(self.closed, (low, high), strict=True))
        low, high = self.low if low is None else low, self.high if high is None else high
        return dataclasses.replace(self, low=low, high=high, closed=closed)

    def called(self, symbol: str, name: str | None = None) -> "Quantity":
        """The same range under another symbol."""
        return dataclasses.replace(self, symbol=symbol, name=name or self.name)

    @property
    def allowed(self) -> str:
        """The range in words and symbols: ``0 ≤ β₁ < 1``, ``a whole number, 1 ≤ p ≤ 16``."""
        left, right = ("≤" if end else "<" for end in self.closed)
        low, high = numeral(self.low, 6), numeral(self.high, 6)
        if self.low == -inf and self.high == inf:
            span = ""
        elif self.high == inf:
            span = f"{self.symbol} {'≥' if self.closed[0] else '>'} {low}"
        elif self.low == -inf:
            span = f"{self.symbol} {right} {high}"
        else:
            span = f"{low} {left} {self.symbol} {right} {high}"
        kind = "a whole number" if self.whole else "" if span else "a finite number"
        return ", ".join(part for part in (kind, span) if part)

    def refusal(self, got) -> ValueError:
        """The error that says what is allowed and what came instead."""
        shown = numeral(got, 6) if _is_number(got) else repr(got)
        kind = "" if self.whole or self.allowed == "a finite number" else "a number, "
        return ValueError(f"{self.symbol} must be {kind}{self.allowed}; got {shown}")

    def check(self, value) -> float:
        """Return ``value`` as a float (as an int, if whole: 3.0 is one, 3.5 and True are not).

        Raises ValueError for anything outside the range, and for what is no finite number.
        """
        if not _is_number(value):
            raise self.refusal(value)
        number = float(value)
        if not np.isfinite(number) or (self.whole and not number.is_integer()) or not self._contains(number):
            raise self.refusal(value)
        if not self.whole:
            return number
        return operator.index(value) if isinstance(value, numbers.Integral) else int(number)

    def check_all(self, values) -> np.ndarray:
        """Return ``values`` as a float array of the same shape; ValueError names the first one outside."""
        try:
            array = np.asarray(values)
            if array.dtype.kind not in "iuf":  # text, True, objects
                raise ValueError
        except ValueError:
            raise ValueError(f"{self.symbol} must be an array of numbers, {self.allowed}") from None
        array = array.astype(float)
        wrong = ~(np.isfinite(array) & self._contains(array))
        if self.whole:
            wrong |= array != np.floor(array)
        if wrong.any():
            raise self.refusal(array[wrong].flat[0])
        return array

    def _contains(self, number):
        above = number >= self.low if self.closed[0] else number > self.low
        below = number <= self.high if self.closed[1] else number < self.high
        return above & below


def _is_number(value) -> bool:
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    return isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_)


def _positive(symbol: str, name: str) -> "Quantity":
    return Quantity(symbol, name, low=0, closed=(False, True))


def _at_least_0(symbol: str, name: str) -> "Quantity":
    return Quantity(symbol, name, low=0)


def _count(symbol: str, name: str, low: int = 1) -> "Quantity":
    return Quantity(symbol, name, low=low, whole=True)


# ADAM and its flow, §5.2
BETA_1 = Quantity("β₁", "memory of the first moment", 0, 1, (True, False))
BETA_2 = Quantity("β₂", "memory of the second moment", 0, 1, (True, False))
TIME_STEP = _positive("Δt", "time step (learning rate)")
EPSILON_1 = _positive("ε₁", "time of the first moment's memory")
EPSILON_2 = _positive("ε₂", "time of the second moment's memory")
EPSILON = _at_least_0("ε", "what is added to the root of the second moment")
PENALTY = _positive("λ", "weight of the penalty")
RADIUS = Quantity("r", "radius of the balls over the least one", 1, 3)
END_TIME = _positive("the end time", "length of the run")
FLOOR = _positive("the floor", "where the flow stops, relative to the start")
EVERY = _count("every", "one state kept in so many")
CONDITION = Quantity("the condition number", "condition number of the quadratic", low=1)
ANGLE = Quantity("the angle", "angle in radians")
COEFFICIENT = Quantity("ε₁ − ε₂", "coefficient of |∇J|₁")
# batches and epochs, §5.3
BATCHES = _count("p", "number of batches in an epoch")
TIME_STEPS = _positive("Δtₖ", "time step (learning rate) of epoch k")
FACTOR = _positive("c", "factor of the time steps")
EXPONENT = _at_least_0("a", "exponent of the time steps")
EPOCHS = _count("the number of epochs", "number of epochs")
STEPS = _count("the number of steps", "number of steps", low=0)
RUNS = _count("the number of runs", "number of runs")
SEED = _count("the seed", "seed of the random numbers", low=0)
WEIGHT = _positive("αᵢ", "weight of a datum")
DATA = _count("#D", "number of data")
BATCH_SIZE = _count("B", "data in a batch")
EPOCH = _count("the epoch", "epoch", low=0)
SUB_STEP = _count("the sub-step", "sub-step of the epoch", low=0)
BOUND = _positive("the bound", "largest distance kept")
# initialization, §5.4
SIGMA_W = _at_least_0("σ_w", "scale of the weights")
SIGMA = _at_least_0("σ", "standard deviation")
DEPTH = _count("the depth", "number of layers")
WIDTH = _count("the width", "neurons in a layer")
VARIANCE = _at_least_0("q", "variance of the preactivations")
TOLERANCE = _at_least_0("the tolerance", "difference that counts as none")
INPUTS = _count("the number of inputs", "vectors sent through a network")
N_IN = _count("n_in", "inputs of a neuron")
N_OUT = _count("n_out", "neurons of a layer")
VALUE = Quantity("the constant", "common value of the weights at the start")
GAIN_OR_LOSS = Quantity("the factor", "factor lost or gained through the layers", 1, closed=(False, True))


def one_of(name: str, value, known):
    """Return ``value`` if it is one of ``known``; raises ValueError that lists them."""
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}; got {value!r}")
    return value


def finite_array(name: str, values, *, ndim: int | None = None) -> np.ndarray:
    """Return ``values`` as a finite float array with, if given, ``ndim`` axes; else raises ValueError."""
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of numbers; got {type(values).__name__}") from error
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes; got the shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite: it contains NaN or an infinity")
    return array

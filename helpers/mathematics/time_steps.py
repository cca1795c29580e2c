"""Schedules of time steps, and what is known of both halves of Eq. (5.31).

Eq. (5.31): the steps tend to 0 and their sum diverges.  Robbins and Monro ask in addition for square
summability. For a family the answers are derived; for a finite typed sequence nothing can be decided and
``None`` is returned.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from helpers.mathematics import checks
from helpers.mathematics.numerals import numeral


@dataclass(frozen=True)
class Constant:
    """The same step c at every epoch.  Raises ValueError unless c is positive and finite."""

    c: float

    def __post_init__(self):
        object.__setattr__(self, "c", checks.FACTOR.check(self.c))

    def steps(self, epochs: int) -> np.ndarray:
        """The first ``epochs`` steps, (epochs,)."""
        return np.full(checks.EPOCHS.check(epochs), self.c)

    tends_to_zero = False
    sum_diverges = True
    square_summable = False
    reason = "a constant step does not tend to 0; its sum diverges"


@dataclass(frozen=True)
class Power:
    """Steps c/(k+1)^a.  Raises ValueError unless c is positive and a non-negative, both finite."""

    c: float
    a: float

    def __post_init__(self):
        object.__setattr__(self, "c", checks.FACTOR.check(self.c))
        object.__setattr__(self, "a", checks.EXPONENT.check(self.a))

    def steps(self, epochs: int) -> np.ndarray:
        """The first ``epochs`` steps, (epochs,).  Raises ValueError if they fall below the smallest float."""
        k = np.arange(1.0, checks.EPOCHS.check(epochs) + 1)
        with np.errstate(under="ignore", over="ignore"):
            steps = self.c / k**self.a
        if steps[-1] <= 0:
            raise ValueError(
                "c/(k+1)ᵃ must be a positive floating-point number; it is too small for "
                f"c = {numeral(self.c)}, a = {numeral(self.a)}"
            )
        return steps

    @property
    def tends_to_zero(self) -> bool:
        """(5.31), first half: a > 0."""
        return self.a > 0

    @property
    def sum_diverges(self) -> bool:
        """(5.31), second half: the harmonic series and slower decay, a <= 1."""
        return self.a <= 1

    @property
    def square_summable(self) -> bool:
        """Robbins and Monro's second condition: a > 1/2."""
        return self.a > 0.5

    @property
    def reason(self) -> str:
        """Why, in words."""
        if self.a == 0:
            return Constant.reason
        if self.a <= 1:
            return f"a = {numeral(self.a)} lies in (0, 1]: the steps tend to 0 and their sum diverges"
        return f"a = {numeral(self.a)} > 1: the steps tend to 0 and their sum is finite"


@dataclass(frozen=True)
class InverseLogarithm:
    """Steps c/log(k+3), natural logarithm.  Raises ValueError unless c is positive and finite."""

    c: float

    def __post_init__(self):
        object.__setattr__(self, "c", checks.FACTOR.check(self.c))

    def steps(self, epochs: int) -> np.ndarray:
        """The first ``epochs`` steps, (epochs,)."""
        return self.c / np.log(np.arange(checks.EPOCHS.check(epochs)) + 3.0)

    tends_to_zero = True
    sum_diverges = True
    square_summable = False
    reason = "1/log(k+3) tends to 0, slower than any power: its sum and the sum of its squares diverge"


@dataclass(frozen=True)
class Sequence:
    """A finite typed sequence of positive steps, about whose limits nothing can be said.

    Raises ValueError for an empty sequence and for steps that are not positive and finite.
    """

    values: tuple[float, ...]

    def __post_init__(self):
        object.__setattr__(self, "values", tuple(check_steps(self.values).tolist()))

    def steps(self, epochs: int) -> np.ndarray:
        """The first ``epochs`` steps.  Raises ValueError when fewer were typed."""
        epochs = checks.EPOCHS.check(epochs)
        if epochs > len(self.values):
            raise ValueError(
                f"the typed sequence holds {len(self.values)} steps; {epochs} epochs need as many steps"
            )
        return np.array(self.values[:epochs])

    tends_to_zero = None
    sum_diverges = None
    square_summable = None
    reason = "finitely many steps were typed: neither the limit nor the sum is decided by them"


Schedule = Constant | Power | InverseLogarithm | Sequence


def check_steps(steps) -> np.ndarray:
    """Return ``steps`` as a float array (epochs,).  Raises ValueError unless all are positive and finite."""
    array = checks.TIME_STEPS.check_all(steps)
    if array.ndim != 1 or array.size == 0:
        raise ValueError("Δtₖ must be a sequence of at least one number")
    return array


def typed_sequence(text: str) -> Sequence:
    """Read steps separated by commas, semicolons or blanks, such as "0.1, 1/20; 5e-3".  Raises ValueError."""
    if decimal := re.search(r"(?<![\d.])0,\d+" if ";" not in str(text) else r"\d+,\d+", str(text)):
        given = decimal.group()
        raise ValueError(f"{given} would be two steps: write {given.replace(',', '.')}, with a decimal point")
    words = [word for word in re.split(r"[\s,;]+", str(text)) if word]
    values = []
    for word in words:
        try:
            # Fraction only for a ratio: it would expand 1e999999999 digit by digit
            values.append(float(Fraction(word)) if "/" in word else float(word))
        except (ValueError, ZeroDivisionError, OverflowError) as error:
            raise ValueError(f"{word!r} is not a number; write steps such as 0.1, 1/20, 5e-3") from error
    return Sequence(tuple(values))


def satisfies_531(schedule: Schedule) -> bool | None:
    """Whether both halves of (5.31) hold: True, False, or None when undecided."""
    if schedule.tends_to_zero is None:
        return None
    return schedule.tends_to_zero and schedule.sum_diverges


def verdict(schedule: Schedule) -> str:
    """Both halves of (5.31) and square summability, in one sentence."""
    answer = satisfies_531(schedule)
    if answer is None:
        return f"(5.31) is undecided: {schedule.reason}."
    robbins_monro = "are" if schedule.square_summable else "are not"
    holds = "holds" if answer else "fails"
    return f"(5.31) {holds}: {schedule.reason}; the squares {robbins_monro} summable."

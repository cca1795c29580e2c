"""Numbers to find, counterexamples to propose, panels to set: answers that are compared, not run."""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.mathematics.numerals import numeral
from helpers.teaching import properties as props
from helpers.teaching.tasks import Task
from helpers.teaching.verdicts import UNANSWERED, Verdict

_ROUNDING = 1e-9  # so far from a number its value may be off by rounding alone


class NumericExercise(Task):
    """A number to find, within a relative tolerance `rtol`, or a whole number to find, with `rtol` = 0.

    `misconceptions` lists pairs of a wrong value, a range (low, high) or a list of such, and words: the first
    that fits the answer is named. The value itself never appears in a verdict.

    Raises ValueError for a negative `rtol`, and for `rtol` = 0 where the value is not whole.
    """

    def __init__(
        self,
        key: str,
        title: str,
        question: str,
        *,
        value: float,
        rtol: float = 1e-3,
        misconceptions: Sequence[tuple[Any, str]] = (),
        hints: Sequence[str] = (),
        name: str = "the number is right",
    ) -> None:
        if not (rtol > 0 or (rtol == 0 and value == round(value))):
            raise ValueError(f"rtol must be positive, or 0 for a whole number; got {rtol}")
        self.value, self.rtol, self.name, self.whole = float(value), rtol, name, rtol == 0
        self.misconceptions = tuple(
            ([self._range(one) for one in (wrong if isinstance(wrong, list) else [wrong])], words)
            for wrong, words in misconceptions
        )
        near = "A whole number" if self.whole else f"It is accepted within {numeral(100 * rtol)} %"
        super().__init__(key, title, f"{question} ({near}.)", hints)

    def check(self, answer: Any = ...) -> Verdict:
        """Compare the answer with the value and name the misconception a wrong one fits. Never raises."""
        return self._recorded(lambda: self._checked(answer), answer)

    def _checked(self, answer: Any) -> Verdict:
        if answer is Ellipsis:
            return UNANSWERED
        number, words = as_number(answer)
        if number is None:
            return Verdict("broken", "the answer is one finite number", words)
        return next(verdict for ranges, verdict in self.verdicts() if _fits(number, ranges))

    def verdicts(self) -> list[tuple[list | None, Verdict]]:
        """Ranges (low, high), or None for what is not whole, each with its verdict: the first that fits."""
        found = [([self._range(self.value)], Verdict("holds", held=(self.name,)))]
        for ranges, words in (*self.misconceptions, *self._slips()):
            found.append((ranges, Verdict("broken", self.name, words)))
        other = Verdict("broken", self.name, "This is another number. The hints lead to it in steps.")
        return [*found, ([(-math.inf, math.inf)], other)]

    def as_data(self) -> dict[str, Any]:
        """The check for a page without Python: ranges and verdicts as HTML, of which the first that fits."""
        return {
            "key": self.key,
            "verdicts": [
                [ranges and [[_finite(end) for end in one] for one in ranges], verdict.html]
                for ranges, verdict in self.verdicts()
            ],
        }

    def _range(self, wrong: Any, factor: float = 1.0) -> tuple[float, float]:
        """A range as it is, or the numbers that are a value, times a factor, within the precision."""
        if isinstance(wrong, tuple):
            return wrong
        within = max(self.rtol * abs(wrong), _ROUNDING)
        low, high = sorted((factor * (wrong - within), factor * (wrong + within)))
        return low, high

    def _slips(self) -> list[tuple[list | None, str]]:
        value, near = self.value, self._range
        if value == 0:
            return []
        close, doubt = 0.02 * abs(value), "rounded too early, or read off where it can be computed?"
        precise = [(value - close, value + close)], f"Close, but not within the precision asked for: {doubt}"
        if self.whole:
            precise = None, "A whole number is asked for."
        powers = [10.0**power for power in range(-12, 13) if power]
        return [
            ([near(-value)], "The size is right; look at the sign."),
            precise,
            ([near(value, 0.5), near(value, 2)], "This is half or twice what is asked for."),
            ([near(value, -0.5), near(value, -2)], "The sign is wrong, and a factor of two."),
            ([near(1 / value)], "This is the reciprocal of what is asked for."),
            ([near(value, power) for power in powers], "The digits are right; the power of ten is not."),
        ]


def _fits(number: float, ranges: list | None) -> bool:
    return number != round(number) if ranges is None else any(low <= number <= high for low, high in ranges)


def _finite(number: float) -> float:
    return max(-sys.float_info.max, min(sys.float_info.max, number))  # JSON has no infinity


def as_number(answer: Any) -> tuple[float | None, str]:
    """Read one real number of whatever type; else say in words what is the matter."""
    if answer is None:
        return None, "This is None: does the line that should compute it print instead, or lack a `return`?"
    if isinstance(answer, (bool, np.bool_)):
        return None, "True and False are not numbers here."
    if isinstance(answer, (str, bytes)):
        return None, "Write a number, without quotation marks."
    if callable(answer):
        return None, "This is a function; hand over the number it gives."
    try:
        size = np.size(answer)
        if size != 1:
            return None, f"One number is asked for; this holds {size}."
        number = np.asarray(answer).reshape(()).item()
        if isinstance(number, (complex, str, bool)):
            return None, "A real number is asked for."
        number = float(number)
    except OverflowError:
        return None, "This is too large for a floating-point number."
    except Exception:
        return None, f"An object of type {type(answer).__name__} cannot be read as a number."
    if math.isfinite(number):
        return number, ""
    seen = "NaN (not a number)" if math.isnan(number) else "an infinity"
    return None, f"This is {seen}, not a finite number."


@dataclass(frozen=True)
class Condition:
    """One thing that values must satisfy: `met(**values)` is true, or says in words what is seen instead."""

    name: str
    met: Callable[..., Any]


class _Verified(Task):
    """Named values, verified one condition after the other; `confirmed(**values)` says what they show."""

    def __init__(
        self,
        key: str,
        title: str,
        question: str,
        *,
        conditions: Sequence[Condition],
        confirmed: Callable[..., str],
        hints: Sequence[str] = (),
    ) -> None:
        super().__init__(key, title, question, hints)
        self.conditions, self.confirmed = tuple(conditions), confirmed

    def _verified(self, shown: dict[str, Any], **more: Any) -> Verdict:
        """Name the first condition that the values, those shown and more, do not meet."""
        values, example, held = shown | more, props.described(shown, None), ()
        for one in self.conditions:
            try:
                with np.errstate(all="ignore"):
                    met = one.met(**values)
            except ArithmeticError as error:  # such as an overflow on its way
                met = f"For these numbers it cannot be computed ({type(error).__name__})."
            if isinstance(met, str) or not met:
                return Verdict("broken", one.name, met or "", example, held=held)
            held += (one.name,)
        return Verdict("holds", "", self.confirmed(**values), example, held=held)


class CounterexampleExercise(_Verified):
    """A counterexample to propose, the numbers named by `fields`.

    `check(a=1, b=2)`, `check(1, 2)` or `check({"a": 1, "b": 2})`.
    """

    def __init__(self, *asked: str, fields: Sequence[str], **more: Any) -> None:
        super().__init__(*asked, **more)
        self.fields = tuple(fields)

    def check(self, *proposal: Any, **values: Any) -> Verdict:
        """Verify the proposal and name the first condition it does not meet. Never raises."""
        return self._recorded(lambda: self._checked(proposal, values), values or proposal)

    def _checked(self, proposal: tuple[Any, ...], values: dict[str, Any]) -> Verdict:
        name = f"the proposal gives {', '.join(self.fields)} as finite numbers"
        if len(proposal) == 1 and (isinstance(proposal[0], dict) or proposal[0] in (None, ...)):
            values = (proposal[0] or {} if proposal[0] is not Ellipsis else {}) | values
        elif proposal and len(proposal) == len(self.fields) and not values:
            values = dict(zip(self.fields, proposal, strict=True))
        elif proposal:
            return Verdict("broken", name, f"Write check({', '.join(f'{one}=…' for one in self.fields)}).")
        missing = [one for one in self.fields if values.get(one) is None or values[one] is Ellipsis]
        unknown = [str(key) for key in values if key not in self.fields]
        if len(missing) == len(self.fields) and not unknown:
            return UNANSWERED
        if missing or unknown:
            parts = [f"missing: {', '.join(missing)}"] if missing else []
            parts += [f"not asked for: {', '.join(unknown)}"] if unknown else []
            return Verdict("broken", name, f"In your proposal, {'; '.join(parts)}.")
        numbers: dict[str, float] = {}
        for one in self.fields:
            number, words = as_number(values[one])
            if number is None:
                return Verdict("broken", name, f"`{one}`: {words}")
            numbers[one] = number
        return self._verified(numbers)


class MeasuringExercise(_Verified):
    """Explain by measuring: the controls of a panel are to be set so that a stated thing happens.

    `panel` is the name of the panel's class; the conditions are asked of the values of its controls, by name,
    and of what it has drawn, `result`.
    """

    def __init__(self, *asked: str, panel: str, **more: Any) -> None:
        super().__init__(*asked, **more)
        self.panel = panel

    def check(self, panel: Any = ...) -> Verdict:
        """Read the panel's controls and name the first condition that does not hold. Never raises."""
        return self._recorded(lambda: self._checked(panel), panel)

    def _checked(self, panel: Any) -> Verdict:
        if panel is Ellipsis:
            return UNANSWERED
        if type(panel).__name__ != self.panel:
            words = f"Hand over the panel itself, as in `panel = {self.panel}()` and `check(panel)`"
            seen = "its class" if isinstance(panel, type) else f"an object of type {type(panel).__name__}"
            return Verdict("broken", f"the answer is a panel {self.panel}", f"{words}; this is {seen}.")
        return self._verified(dict(panel.values), result=panel.result)

"""Properties of a function, named in the field's words and tested on fresh random data."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from helpers.mathematics.numerals import numeral
from helpers.teaching.running import message, where

Inputs = dict[str, Any]

# The properties every function must have before its own are looked at.
CALLABLE = "the answer is a function"
ARGUMENTS = "the function takes the arguments asked for"
RUNS = "the code runs without an error"
ENDS = "the code comes to an end"
TIME = "the code is quick enough for the check"
RETURNS = "the function returns something"
FORM = "what is returned has the form asked for"
SHAPE = "the shapes are those of the inputs"
FINITE = "what is returned is finite"
DOUBLE = "the numbers are in double precision"
PURE = "the inputs are left as they were"
REPEATS = "the same inputs give the same results"

# Two formulas that are equal in exact arithmetic differ by rounding units, of numbers up to 10.
ROUNDING = 1e-10
PRINTED = 6  # significant digits of an example
_SEVEN = "The first digits are right: is single precision (float32) at work, or a rounded constant?"


@dataclass(frozen=True)
class Finding:
    """What a comparison found: whether the property holds, and in words what was seen, never what is right.

    `visible`: the digits printed, `PRINTED` of them, show the fault.
    """

    holds: bool
    words: str = ""
    visible: bool = True


@dataclass(frozen=True)
class Property:
    """A named property of a function.

    `draw(rng, size)` gives fresh inputs by name, of numbers that are printed exactly; `compare(answer,
    inputs)` calls `answer(**inputs)` as often as it needs and returns what it found. An example is simplified
    only within the `domain`, the inputs for which the property means something.
    """

    name: str
    draw: Callable[[np.random.Generator, int], Inputs]
    compare: Callable[[Callable[..., Any], Inputs], Finding]
    sizes: tuple[int, ...] = (1, 1, 2, 3)
    domain: Callable[[Inputs], bool] = lambda inputs: True


def equal(got: Any, due: Any, words: str = "", rtol: float = ROUNDING, atol: float = ROUNDING) -> Finding:
    """Compare entry by entry; `{got}` and `{due}` in the words become the first two entries that differ.

    `{due}` belongs into words only where it, too, came out of the reader's function.
    """
    got, due = np.broadcast_arrays(np.asarray(got, float), np.asarray(due, float))
    far = np.abs(got - due) > atol + rtol * np.abs(due)
    if not far.any():
        return Finding(True)
    pairs = [(float(a), float(b)) for a, b in zip(got[far], due[far], strict=True)]
    shown = [pair for pair in pairs if number(pair[0]) != number(pair[1])]
    a, b = (shown or pairs)[0]
    digits = next((n for n in range(3, 17) if numeral(a, n) != numeral(b, n)), 17)
    words = words.format(got=numeral(a, digits), due=numeral(b, digits))
    return Finding(False, words if shown else f"{words} {_SEVEN}", bool(shown))


def agrees(
    name: str,
    reference: Callable[..., Any],
    draw: Callable[[np.random.Generator, int], Inputs],
    rtol: float = 1e-9,  # formulas equal in exact arithmetic, away from cancellation
    atol: float = 1e-300,
    **more: Any,
) -> Property:
    """The property that all results are those of the reference, on strong cases of the drawing's choice."""

    def compare(answer: Answer, inputs: Inputs) -> Finding:
        got, due = answer(**inputs), reference(**inputs)
        if len(answer.results) == 1:
            got, due = (got,), (due,)
        found = [
            equal(a, b, f"For these inputs `{label}` came out as {{got}}.", rtol, atol)
            for label, a, b in zip(answer.results, got, due, strict=True)
        ]
        faults = sorted((one for one in found if not one.holds), key=lambda one: not one.visible)
        return faults[0] if faults else Finding(True)

    return Property(name, draw, compare, **more)


class Refusal(Exception):
    """What an answer may not do, found while a property was tested: the name of what is broken, and words."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(words)
        self.name, self.words = name, words


class Unanswered(Exception):
    """The function still holds the placeholder `...` where its answer should be."""


@dataclass
class Answer:
    """A reader's function, called with copies of the inputs; what it does wrong is raised as a `Refusal`.

    Called by argument names; returns one float array per name in `results` (a tuple if there are several).
    The result named x has the shape of the input `like` if there is one. `single`: single precision will do.
    `calls` counts the calls that came back, `began` is when the one under way started, or None.
    """

    function: Callable[..., Any]
    arguments: tuple[str, ...]
    results: tuple[str, ...]
    like: str | None = None
    single: bool = False
    calls: int = 0
    began: float | None = None
    last_inputs: Inputs = field(default_factory=dict)
    last_results: dict[str, np.ndarray] | None = None

    def __call__(self, **inputs: Any) -> Any:
        given = {name: _copied(inputs[name]) for name in self.arguments}
        self.last_inputs, self.last_results = {name: _copied(inputs[name]) for name in self.arguments}, None
        self.began = time.monotonic()
        try:
            returned = self.function(*given.values())
        except Exception as error:
            line = where(error, self.function)
            seen = f"Your code stopped{' in ' + line if line else ''}"
            raise Refusal(RUNS, f"{seen}: {message(error)}.") from None
        self.calls, self.began = self.calls + 1, None
        results = tuple(self._result(*pair) for pair in zip(self.results, self._split(returned), strict=True))
        self.last_results = dict(zip(self.results, results, strict=True))
        for name, value in given.items():
            if not np.array_equal(value, inputs[name]):
                seen = f"Your function changed its argument `{name}` in place."
                raise Refusal(PURE, f"{seen} Make a new array, as in `{name}_new = …`, and return that one.")
        for name, result in self.last_results.items():
            if self.like and result.shape != np.shape(inputs[self.like]):
                due = f"`{self.like}` went in with shape {np.shape(inputs[self.like])}"
                raise Refusal(SHAPE, f"`{name}` came out with shape {result.shape}; {due}.")
            if not np.all(np.isfinite(result)):
                seen = "NaN (not a number)" if np.any(np.isnan(result)) else "an infinity"
                cause = "A division by zero, the root of a negative number or an overflow does this."
                raise Refusal(FINITE, f"`{name}` contains {seen}. {cause}")
        return results if len(results) > 1 else results[0]

    def _split(self, returned: Any) -> tuple[Any, ...]:
        """Bring what came back into one part per result, or say in words why that cannot be done."""
        names = ", ".join(f"`{name}`" for name in self.results)
        asked = f"{len(self.results)} results are asked for, {names}, in this order"
        if returned is None:
            due = f"return {', '.join(self.results)}"
            raise Refusal(RETURNS, f"Your function returned None. Does it end with `{due}`?")
        if returned is Ellipsis:
            raise Unanswered
        if len(self.results) == 1:
            parts: tuple[Any, ...] = (returned,)
        elif isinstance(returned, (tuple, list)) or (isinstance(returned, np.ndarray) and returned.ndim):
            parts = tuple(returned)
        else:
            raise Refusal(FORM, f"{asked}; one object of type {type(returned).__name__} came back.")
        if any(part is Ellipsis for part in parts):
            raise Unanswered
        if len(parts) != len(self.results):
            raise Refusal(FORM, f"{asked}; {len(parts)} came back.")
        return parts

    def _result(self, name: str, part: Any) -> np.ndarray:
        if part is None:
            raise Refusal(RETURNS, f"`{name}` came back as None.")
        try:
            array = np.asarray(part)
        except Exception as error:
            raise Refusal(FORM, f"`{name}` cannot be read as an array of numbers.") from error
        if array.dtype.kind not in "iuf":
            seen = f"of type {type(part).__name__} holding {array.dtype} entries"
            raise Refusal(FORM, f"`{name}` should be an array of real numbers; what came back is {seen}.")
        if array.dtype.itemsize < 8 and array.dtype.kind == "f" and not self.single:
            seen = f"`{name}` came back in {array.dtype}, with fewer digits than the check compares."
            advice = "Leave out the conversion: NumPy computes in float64 by itself."
            raise Refusal(DOUBLE, f"{seen} {advice}")
        return array.astype(float)


def described(inputs: Inputs, results: dict[str, Any] | None, digits: int = PRINTED) -> tuple[str, ...]:
    """Write an example as Python reads it: the inputs and, if the function came to an end, what came out."""
    lines = ["with " + ", ".join(f"{name} = {number(value, digits)}" for name, value in inputs.items())]
    if results is not None:
        gave = ", ".join(f"{name} = {number(value, digits)}" for name, value in results.items())
        lines.append("gave " + gave)
    return tuple(lines)


def number(value: Any, digits: int = PRINTED, room: int = 24) -> str:
    """Write a number or an array as Python reads it, whatever NumPy's print options.

    So many significant `digits`; of more than `room` entries the first and the last three.
    """
    if value is None or isinstance(value, (str, bool)):
        return repr(value)
    if not np.ndim(value):
        return str(int(value)) if isinstance(value, (int, np.integer)) else f"{float(value):.{digits}g}"
    rows = list(value)
    parts = [number(row, digits, max(room // max(len(rows), 1), 6)) for row in rows]
    if len(parts) > room:
        parts = [*parts[:3], "...", *parts[-3:]]
    return f"[{', '.join(parts)}]"


def simpler(inputs: Inputs) -> Iterator[Inputs]:
    """Give inputs that are simpler than these by one change: fewer coordinates, rounder numbers."""
    arrays = {name: value for name, value in inputs.items() if isinstance(value, np.ndarray)}
    if len({value.shape for value in arrays.values()}) == 1:
        shape = next(iter(arrays.values())).shape
        if len(shape) > 1:
            yield from (inputs | {name: a[i] for name, a in arrays.items()} for i in range(shape[0]))
        elif shape[0] > 1:
            yield from (inputs | {n: np.delete(a, i) for n, a in arrays.items()} for i in range(shape[0]))
    for name, value in inputs.items():
        if name in arrays:
            for index in np.ndindex(value.shape):
                for entry in _rounder(float(value[index]), zero=True):
                    array = value.copy()
                    array[index] = entry
                    yield inputs | {name: array}
        elif isinstance(value, int):
            yield from (inputs | {name: count} for count in (1, 2, 3, 10, 100, 1000) if count < value)
        else:
            yield from (inputs | {name: entry} for entry in _rounder(float(value), zero=False))


def _rounder(value: float, zero: bool) -> Iterator[float]:
    sign = np.sign(value)
    if zero:
        candidates = [0.0, sign, 0.5 * sign, round(value), round(value, 1)]
    elif abs(value) < 1:  # a share such as β stays one; what is tiny was meant to be
        candidates = [0.5 * sign] if abs(value) > 0.01 else []
    else:
        candidates = [sign, round(value), round(value, 1)]
    ink = len(f"{abs(value):g}") if value else 0
    for candidate in candidates:
        size = len(f"{abs(candidate):g}") if candidate else 0
        closer = size == ink and abs(abs(candidate) - 1) < abs(abs(value) - 1)  # 1 before 2
        if (zero or candidate != 0) and candidate != value and (size < ink or closer):
            yield float(candidate)


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value

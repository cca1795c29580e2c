"""Properties of a function, named in the field's words and tested on fresh random data."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Inputs = dict[str, Any]

# The properties every function must have before its own are looked at.
CALLABLE = "the answer is a function"
ARGUMENTS = "the function takes the arguments asked for"
RUNS = "the code runs without an error"
ENDS = "the code comes to an end"
RETURNS = "the function returns something"
FORM = "what is returned has the form asked for"
SHAPE = "the shapes are those of the inputs"
FINITE = "what is returned is finite"
PURE = "the inputs are left as they were"


@dataclass(frozen=True)
class Property:
    """A named property of a function.

    `draw(rng, size)` gives fresh inputs by name, with vectors of length `size`; `holds(answer, inputs)` calls
    `answer(**inputs)` as often as it needs and says whether the property holds; `observed(answer, inputs)`
    says in words what was seen (never what was expected).
    """

    name: str
    draw: Callable[[np.random.Generator, int], Inputs]
    holds: Callable[[Callable[..., Any], Inputs], bool]
    observed: Callable[[Callable[..., Any], Inputs], str] | None = None
    sizes: tuple[int, ...] = (1, 1, 1, 2, 2, 3, 4)


class Refusal(Exception):
    """What an answer may not do, found while a property was tested."""

    def __init__(self, kind: str, name: str, words: str) -> None:
        super().__init__(words)
        self.kind, self.name, self.words = kind, name, words


class Unanswered(Exception):
    """The function still holds the placeholder `...` where its answer should be."""


class CodeError(Exception):
    """The reader's code stopped with an error."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(repr(type(error)))
        self.error = error


@dataclass
class Answer:
    """A reader's function, called with copies of the inputs; what it does wrong is raised as a `Refusal`.

    Called by argument names; returns one float array per name in `results` (a tuple if there are several).
    The result named x has the shape of the input `like` if there is one.
    """

    function: Callable[..., Any]
    arguments: tuple[str, ...]
    results: tuple[str, ...]
    like: str | None = None
    last_inputs: Inputs = field(default_factory=dict)
    last_results: tuple[np.ndarray, ...] | None = None

    def __call__(self, **inputs: Any) -> Any:
        given = {name: _copied(inputs[name]) for name in self.arguments}
        self.last_inputs, self.last_results = {name: _copied(inputs[name]) for name in self.arguments}, None
        try:
            returned = self.function(*given.values())
        except Exception as error:
            raise CodeError(error) from None
        results = tuple(self._result(*pair) for pair in zip(self.results, self._split(returned), strict=True))
        self.last_results = results
        for name, value in given.items():
            if not np.array_equal(value, inputs[name]):
                raise Refusal(
                    "inputs changed",
                    PURE,
                    f"Your function changed its argument `{name}` in place. "
                    f"Make a new array, as in `{name}_new = …`, and return that one.",
                )
        for name, result in zip(self.results, results, strict=True):
            if self.like and result.shape != np.shape(inputs[self.like]):
                raise Refusal(
                    "shape",
                    SHAPE,
                    f"`{name}` came out with shape {result.shape}; "
                    f"`{self.like}` went in with shape {np.shape(inputs[self.like])}.",
                )
            if not np.all(np.isfinite(result)):
                seen = "NaN (not a number)" if np.any(np.isnan(result)) else "an infinity"
                raise Refusal(
                    "not finite",
                    FINITE,
                    f"`{name}` contains {seen}. A division by zero, the root of a "
                    "negative number or an overflow does this.",
                )
        return results if len(results) > 1 else results[0]

    def _split(self, returned: Any) -> tuple[Any, ...]:
        """Bring what came back into one part per result, or say in words why that cannot be done."""
        names = ", ".join(f"`{name}`" for name in self.results)
        if returned is None:
            raise Refusal(
                "nothing returned",
                RETURNS,
                f"Your function returned None. Does it end with `return {', '.join(self.results)}`?",
            )
        if returned is Ellipsis:
            raise Unanswered
        if len(self.results) == 1:
            parts: tuple[Any, ...] = (returned,)
        elif isinstance(returned, (tuple, list)) or (isinstance(returned, np.ndarray) and returned.ndim):
            parts = tuple(returned)
        else:
            raise Refusal(
                "form",
                FORM,
                f"{len(self.results)} results are asked for, {names}, in this order; "
                f"one object of type {type(returned).__name__} came back.",
            )
        if any(part is Ellipsis for part in parts):
            raise Unanswered
        if len(parts) != len(self.results):
            raise Refusal(
                "form",
                FORM,
                f"{len(self.results)} results are asked for, {names}, in this order; {len(parts)} came back.",
            )
        return parts

    def _result(self, name: str, part: Any) -> np.ndarray:
        if part is None:
            raise Refusal("nothing returned", RETURNS, f"`{name}` came back as None.")
        try:
            array = np.asarray(part)
        except Exception as error:
            raise Refusal("form", FORM, f"`{name}` cannot be read as an array of numbers.") from error
        if array.dtype.kind not in "iuf":
            raise Refusal(
                "form",
                FORM,
                f"`{name}` should be an array of real numbers; "
                f"what came back is of type {type(part).__name__} holding {array.dtype} entries.",
            )
        return array.astype(float)


def refuse_arguments(function: Callable[..., Any], arguments: tuple[str, ...]) -> None:
    """Raise a `Refusal` if the function cannot be called with that many arguments."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*arguments)
    except TypeError:
        own = ", ".join(signature.parameters) or "nothing"
        raise Refusal(
            "arguments",
            ARGUMENTS,
            f"Your function takes ({own}); it is called with "
            f"{len(arguments)} arguments, in this order: ({', '.join(arguments)}).",
        ) from None


def described(inputs: Inputs, results: dict[str, Any] | None) -> tuple[str, ...]:
    """Write an example down: the inputs and, if the function came to an end, what came out."""
    lines = ["with " + ", ".join(f"{name} = {number(value)}" for name, value in inputs.items())]
    if results is not None:
        lines.append("gave " + ", ".join(f"{name} = {number(value)}" for name, value in results.items()))
    return tuple(lines)


def number(value: Any) -> str:
    """Write a number or an array with at most six significant digits."""
    if isinstance(value, np.ndarray) and value.ndim:
        return np.array2string(
            value,
            separator=", ",
            max_line_width=10**6,
            threshold=20,
            formatter={"float_kind": lambda entry: f"{entry:.6g}"},
        )
    return f"{float(value):.6g}" if not isinstance(value, str) else value


def simpler(inputs: Inputs) -> Iterator[Inputs]:
    """Give inputs that are simpler than these by one change: fewer coordinates, rounder numbers."""
    vectors = [name for name, value in inputs.items() if isinstance(value, np.ndarray) and value.ndim == 1]
    length = min((len(inputs[name]) for name in vectors), default=0)
    for keep in range(length if length > 1 else 0):
        yield inputs | {name: np.delete(inputs[name], keep) for name in vectors}
    for name, value in inputs.items():
        if isinstance(value, np.ndarray):
            for index in np.ndindex(value.shape):
                for entry in _rounder(float(value[index]), zero=True):
                    array = value.copy()
                    array[index] = entry
                    yield inputs | {name: array}
        elif isinstance(value, int):
            yield from (inputs | {name: count} for count in (1, 2) if count < value)
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
    rank = _length(value)
    for candidate in candidates:
        if (zero or candidate != 0) and candidate != value and _length(candidate) < rank:
            yield float(candidate)


def _length(value: float) -> tuple[int, float]:
    """Order numbers by the ink they take: 0 before 1 before 0.5 before 0.37."""
    return len(f"{abs(value):g}") if value else 0, abs(abs(value) - 1)


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value

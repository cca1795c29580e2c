"""Exercises that check themselves: a function to write, a number to find, a counterexample to propose."""

from __future__ import annotations

import dis
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.teaching import properties as props
from helpers.teaching.properties import Answer, CodeError, Inputs, Property, Refusal, Unanswered
from helpers.teaching.running import STILL_RUNNING, Run, message, run_limited, where
from helpers.teaching.tasks import Task
from helpers.teaching.verdicts import Verdict

_SIMPLIFYING = 0.4  # seconds spent on making a counterexample smaller
_UNANSWERED = Verdict("unanswered", words="Replace the `...` by your answer, then run this cell again.")


@dataclass
class _Fault:
    """One broken property with the inputs that show it."""

    kind: str
    name: str
    words: str
    inputs: Inputs
    results: dict[str, Any] | None
    error: BaseException | None = None


class Exercise(Task):
    """A function to write, checked by named properties on fresh random data.

    `arguments` and `results` name what the function takes and returns; every result has the shape of the
    argument `like`. `reference` is a correct answer: an example is shown only if the reference passes on it.
    `limit` is the time in seconds allowed for each property; what cannot be stopped is said to go on
    (see `running.run_limited`).

    Raises ValueError for no properties, for two of the same name, and for a limit that is not positive.
    """

    def __init__(
        self,
        title: str,
        question: str,
        *,
        properties: Sequence[Property],
        arguments: Sequence[str],
        results: Sequence[str],
        reference: Callable[..., Any],
        like: str | None = None,
        hints: Sequence[str] = (),
        solution: str = "",
        limit: float = 2.0,
    ) -> None:
        super().__init__(title, question, tuple(hints), solution)
        names = [one.name for one in properties]
        if not names or len(set(names)) < len(names):
            raise ValueError("an exercise needs at least one property, each with a name of its own")
        if not (math.isfinite(limit) and limit > 0):
            raise ValueError(f"limit must be a positive number of seconds; got {limit}")
        self.properties, self.limit, self.reference = tuple(properties), limit, reference
        self.arguments, self.results, self.like = tuple(arguments), tuple(results), like

    def check(self, answer: Any = ..., seed: int | None = None) -> Verdict:
        """Test every property on fresh random data and name the first one that is broken.

        With a `seed` the data are the same at each call. Never raises, whatever the answer does.
        """
        if answer is Ellipsis or answer is None or _does_nothing(answer):
            return _UNANSWERED
        try:
            if not callable(answer):
                words = "Hand over the function itself, by its name alone, without calling it; "
                raise Refusal(
                    "answer", props.CALLABLE, words + f"this is an object of type {type(answer).__name__}."
                )
            props.refuse_arguments(answer, self.arguments)
        except Refusal as refusal:
            return Verdict(refusal.kind, refusal.name, refusal.words)
        rng = np.random.default_rng(seed)
        held: list[str] = []
        printed = ""
        for one in self.properties:
            subject = self._answer(answer)
            found: list[_Fault] = []
            run = run_limited(
                lambda one=one, subject=subject, found=found: self._test(one, subject, rng, found), self.limit
            )
            printed = printed or run.printed
            verdict = self._verdict(run, subject, found, tuple(held), printed)
            if verdict is not None:
                return verdict
            held.append(one.name)
        return Verdict("holds", printed=printed, held=tuple(held))

    def _answer(self, function: Callable[..., Any]) -> Answer:
        return Answer(function, self.arguments, self.results, self.like)

    def _test(self, one: Property, answer: Answer, rng: np.random.Generator, found: list[_Fault]) -> None:
        """Look for inputs that break the property, then for the simplest such inputs; the last in `found`."""
        for size in one.sizes:
            inputs = one.draw(rng, size)
            fault = self._fault(one, answer, inputs)
            if fault is None or not self._fair(one, inputs):
                continue
            found.append(fault)
            end = time.monotonic() + min(_SIMPLIFYING, self.limit / 4)
            progress = True
            while progress and time.monotonic() < end:
                progress = False
                for candidate in props.simpler(found[-1].inputs):
                    if time.monotonic() > end:
                        break
                    if not self._fair(one, candidate):
                        continue
                    fault = self._fault(one, answer, candidate)
                    if fault is not None and (fault.kind, fault.name) == (found[0].kind, found[0].name):
                        found.append(fault)
                        progress = True
                        break
            return

    def _fair(self, one: Property, inputs: Inputs) -> bool:
        """Say whether a correct answer has the property for these inputs."""
        return self._fault(one, self._answer(self.reference), inputs) is None

    def _fault(self, one: Property, answer: Answer, inputs: Inputs) -> _Fault | None:
        try:
            if one.holds(answer, inputs):
                return None
            results = self._called(answer, inputs)
            words = one.observed(answer, inputs) if one.observed else ""
            return _Fault("broken", one.name, words, inputs, results)
        except Refusal as refusal:
            results = answer.last_results
            shown = None if results is None else dict(zip(self.results, results, strict=True))
            return _Fault(refusal.kind, refusal.name, refusal.words, answer.last_inputs, shown)
        except CodeError as error:
            line = where(error.error, answer.function)
            words = f"Your code stopped{' in ' + line if line else ''}: {message(error.error)}."
            return _Fault("exception", props.RUNS, words, answer.last_inputs, None, error.error)

    def _called(self, answer: Answer, inputs: Inputs) -> dict[str, Any]:
        results = answer(**inputs)
        return dict(zip(self.results, results if len(self.results) > 1 else (results,), strict=True))

    def _verdict(
        self, run: Run, answer: Answer, found: list[_Fault], held: tuple[str, ...], printed: str
    ) -> Verdict | None:
        """Put the outcome of one property into words; None if the property holds."""
        goes_on = f" {STILL_RUNNING}" if run.still_running else ""
        if run.interrupted:
            words = f"The check was interrupted.{goes_on}"
            return Verdict("interrupted", "the check ran to its end", words, held=held)
        if found:
            last = found[-1]
            example = props.described({name: last.inputs[name] for name in self.arguments}, last.results)
            return Verdict(last.kind, last.name, last.words + goes_on, example, printed, held)
        if run.expired:
            words = run.ending(self.limit)
            if not run.still_running:
                words += " Is there an endless loop, or one whose condition never becomes false?"
            return Verdict(
                "time", props.ENDS, words, props.described(answer.last_inputs, None), printed, held
            )
        if isinstance(run.error, Unanswered):
            return Verdict(
                "unanswered", words="A `...` is still among what your function returns.", printed=printed
            )
        if run.error is not None:
            line = where(run.error, answer.function)
            if isinstance(run.error, (SystemExit, KeyboardInterrupt)):
                said = f"Your code asked Python itself to stop ({type(run.error).__name__})"
                return Verdict(
                    "exception", props.RUNS, f"{said}{', in ' + line if line else ''}.", (), printed, held
                )
            words = f"The check could not deal with what came back: {message(run.error)}."
            return Verdict(
                "form", props.FORM, words, props.described(answer.last_inputs, None), printed, held
            )
        return None


def _does_nothing(answer: Any) -> bool:
    """Say whether a function's body is only `...`, `pass`, a docstring or `return`/`return ...`."""
    code = getattr(answer, "__code__", None)
    if code is None:
        return False
    idle = {"RESUME", "NOP", "POP_TOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}
    instructions = list(dis.get_instructions(code))
    constants = [one.argval for one in instructions if "CONST" in one.opname]
    return {one.opname for one in instructions} <= idle and all(
        one is None or one is ... for one in constants
    )


class NumericExercise(Task):
    """A number to find, within a relative (`rtol`) or absolute (`atol`) tolerance.

    `value` is a number, or a function of nothing that computes it. `misconceptions` lists (predicate or wrong
    value, words): the first that fits the answer is named.
    The value itself never appears in a verdict.
    """

    def __init__(
        self,
        title: str,
        question: str,
        *,
        value: float | Callable[[], float],
        rtol: float = 1e-3,
        atol: float = 0.0,
        misconceptions: Sequence[tuple[Any, str]] = (),
        hints: Sequence[str] = (),
        solution: str = "",
        name: str = "the number is right",
    ) -> None:
        super().__init__(title, question, tuple(hints), solution)
        if not (rtol >= 0 and atol >= 0 and rtol + atol > 0):
            raise ValueError("rtol and atol must not be negative, and one of them must be positive")
        self.value = float(value()) if callable(value) else float(value)
        self.rtol, self.atol, self.misconceptions, self.name = rtol, atol, tuple(misconceptions), name

    def check(self, answer: Any = ...) -> Verdict:
        """Compare the answer with the value and name the misconception a wrong one fits. Never raises."""
        if answer is Ellipsis or answer is None:
            return _UNANSWERED
        number, words = as_number(answer)
        if number is None:
            return Verdict("answer", "the answer is one finite number", words)
        if self._near(number, self.value):
            return Verdict("holds", held=(self.name,))
        for test, words in (*self.misconceptions, *self._slips()):
            if test(number) if callable(test) else self._near(number, float(test)):
                return Verdict("misconception", self.name, words)
        return Verdict("broken", self.name, "This is another number. The hints lead to it in steps.")

    def _near(self, number: float, value: float) -> bool:
        return abs(number - value) <= max(self.rtol * abs(value), self.atol)

    def _slips(self) -> list[tuple[Any, str]]:
        value, near = self.value, self._near
        if value == 0:
            return []
        return [
            (-value, "The size is right; look at the sign."),
            (lambda x: near(2 * x, value) or near(x / 2, value), "A factor of two is lost or counted twice."),
            (lambda x: near(-2 * x, value) or near(-x / 2, value), "The sign and a factor of two are wrong."),
            (1 / value, "This is the reciprocal of what is asked for."),
            (lambda x: _power_of_ten(x, value, near), "The digits are right; the power of ten is not."),
        ]


def _power_of_ten(number: float, value: float, near: Callable[[float, float], bool]) -> bool:
    if number * value <= 0:
        return False
    power = round(math.log10(number / value))
    return 1 <= abs(power) <= 12 and near(number / 10.0**power, value)


def as_number(answer: Any) -> tuple[float | None, str]:
    """Read one real number of whatever type; else say in words what is the matter."""
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
    return (
        None,
        f"This is {'NaN (not a number)' if math.isnan(number) else 'an infinity'}, not a finite number.",
    )


@dataclass(frozen=True)
class Condition:
    """One thing a counterexample must satisfy; `observed(**values)` says what its numbers give instead."""

    name: str
    holds: Callable[..., bool]
    observed: Callable[..., str]


class CounterexampleExercise(Task):
    """A counterexample to propose: named numbers, verified one condition after the other.

    `check(a=1, b=2)` or `check({"a": 1, "b": 2})`; `confirmed(**values)` says what a right proposal shows.
    """

    def __init__(
        self,
        title: str,
        question: str,
        *,
        fields: Sequence[str],
        conditions: Sequence[Condition],
        confirmed: Callable[..., str],
        hints: Sequence[str] = (),
        solution: str = "",
    ) -> None:
        super().__init__(title, question, tuple(hints), solution)
        self.fields, self.conditions, self.confirmed = tuple(fields), tuple(conditions), confirmed

    def check(self, proposal: Any = None, **values: Any) -> Verdict:
        """Verify the proposal and name the first condition it does not meet. Never raises."""
        named = isinstance(proposal, dict)
        given = (proposal if named else {}) | values
        missing = [name for name in self.fields if given.get(name) is None or given[name] is Ellipsis]
        if (named or proposal is None or proposal is Ellipsis) and len(missing) == len(self.fields):
            return _UNANSWERED
        name = f"the proposal gives {', '.join(self.fields)} as finite numbers"
        unknown = [str(key) for key in given if key not in self.fields]
        if not (named or proposal is None):
            return Verdict("answer", name, f"Write check({', '.join(f'{one}=…' for one in self.fields)}).")
        if missing or unknown:
            parts = [f"missing: {', '.join(missing)}"] if missing else []
            parts += [f"not asked for: {', '.join(unknown)}"] if unknown else []
            return Verdict("answer", name, f"In your proposal, {'; '.join(parts)}.")
        numbers: dict[str, float] = {}
        for one in self.fields:
            number, words = as_number(given[one])
            if number is None:
                return Verdict("answer", name, f"`{one}`: {words}")
            numbers[one] = number
        held: list[str] = []
        example = props.described(numbers, None)
        for condition in self.conditions:
            if not condition.holds(**numbers):
                return Verdict(
                    "broken", condition.name, condition.observed(**numbers), example, "", tuple(held)
                )
            held.append(condition.name)
        return Verdict("holds", "", self.confirmed(**numbers), example, "", tuple(held))

"""A function to write, checked by named properties on fresh random data."""

import dis
import inspect
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from helpers.mathematics.numerals import numeral
from helpers.teaching import properties as props
from helpers.teaching.properties import Answer, Finding, Inputs, Property, Refusal, Unanswered
from helpers.teaching.running import STILL_RUNNING, Run, message, run_limited, where
from helpers.teaching.tasks import Task
from helpers.teaching.verdicts import UNANSWERED, Verdict

_SIMPLIFYING = 0.4  # seconds spent on making a counterexample smaller


@dataclass
class _Fault:
    """One broken property with the inputs that show it; `visible` says that the digits printed do."""

    name: str
    words: str
    inputs: Inputs
    results: dict[str, Any] | None
    visible: bool = True


class Exercise(Task):
    """A function to write, checked by named properties on fresh random data.

    `reference` is a correct answer with the arguments asked for: an example is shown only if it passes on it.
    `results` names what is returned; every result has the shape of the argument `like`.
    `looked` says in words how far the check looks. `single`: results in single precision will do.
    `limit` is the time in seconds allowed for each property; what cannot be stopped is said to go on
    (see `running.run_limited`).

    Raises ValueError for no properties, for two of the same name, and for a limit that is not positive.
    """

    def __init__(
        self,
        key: str,
        title: str,
        question: str,
        *,
        properties: Sequence[Property],
        results: Sequence[str],
        reference: Callable[..., Any],
        looked: str,
        like: str | None = None,
        single: bool = False,
        hints: Sequence[str] = (),
        limit: float = 2.0,
    ) -> None:
        super().__init__(key, title, question, hints)
        names = [one.name for one in properties]
        if not names or len(set(names)) < len(names):
            raise ValueError("an exercise needs at least one property, each with a name of its own")
        if not (math.isfinite(limit) and limit > 0):
            raise ValueError(f"limit must be a positive number of seconds; got {limit}")
        self.properties, self.limit, self.reference = tuple(properties), limit, reference
        self.arguments, self.results = tuple(inspect.signature(reference).parameters), tuple(results)
        self.like, self.single, self.looked = like, single, looked

    def check(self, answer: Any = ..., seed: int | None = None) -> Verdict:
        """Test every property on fresh random data and name the first one that is broken.

        With a `seed` the data are the same at each call. Never raises, whatever the answer does.
        """
        return self._recorded(lambda: self.verdict(answer, seed), answer)

    def verdict(self, answer: Any, seed: int | None = None) -> Verdict:
        """The verdict of `check`, not kept among what the reader has done."""
        if answer is Ellipsis or _does_nothing(answer):
            return UNANSWERED
        if not callable(answer):
            words = "Hand over the function itself, by its name alone, without calling it; this is"
            seen = "None" if answer is None else f"an object of type {type(answer).__name__}"
            return Verdict("broken", props.CALLABLE, f"{words} {seen}.")
        if words := _other_arguments(answer, self.arguments):
            return Verdict("broken", props.ARGUMENTS, words)
        with threadpool_limits(1, user_api="blas"):  # small matrices: several take a hundred times as long
            return self._tested(answer, np.random.default_rng(seed))

    def _tested(self, answer: Any, rng: np.random.Generator) -> Verdict:
        """Test one property after the other, first whether the same inputs give the same results."""
        held: list[str] = []
        printed = ""
        repeats = Property(props.REPEATS, self.properties[0].draw, self._repeats, sizes=(2,))
        for one in (repeats, *self.properties):
            subject = self._answer(answer)
            found: list[_Fault] = []
            run = run_limited(
                lambda one=one, subject=subject, found=found: self._test(one, subject, rng, found), self.limit
            )
            printed = printed or run.printed
            verdict = self._verdict(run, subject, found, tuple(held), printed)
            if verdict is not None:
                return verdict
            held += [one.name] if one is not repeats else []
        return Verdict("holds", printed=printed, held=tuple(held), looked=self.looked)

    def _answer(self, function: Callable[..., Any]) -> Answer:
        return Answer(function, self.arguments, self.results, self.like, self.single)

    def _repeats(self, answer: Answer, inputs: Inputs) -> Finding:
        """Call it with the same inputs again, also after a call with others."""
        answer(**inputs)
        first = answer.last_results
        for other in (inputs, self.properties[0].draw(np.random.default_rng(0), 1)):
            answer(**other)
            answer(**inputs)
            for name, value in first.items():
                words = (
                    f"Called twice with the same inputs, it gave {name} = {{due}} and then {{got}}. Is there "
                    "a random number that does not come from the inputs, or something it remembers from call "
                    "to call?"
                )
                found = props.equal(answer.last_results[name], value, words, rtol=1e-12, atol=0)
                if not found.holds:
                    return found
        return Finding(True)

    def _test(self, one: Property, answer: Answer, rng: np.random.Generator, found: list[_Fault]) -> None:
        """Look for inputs that break the property, then for the simplest such inputs; the last in `found`."""
        for size in one.sizes:
            inputs = one.draw(rng, size)
            fault = self._fault(one, answer, inputs)
            if fault is None or not self._fair(one, inputs):
                continue
            found.append(fault)
            if fault.visible:
                break
        if not found or not found[-1].visible or found[-1].name == props.REPEATS:
            return
        end = time.monotonic() + min(_SIMPLIFYING, self.limit / 4)
        simpler = props.simpler(found[-1].inputs)
        while (candidate := next(simpler, None)) is not None and time.monotonic() < end:
            if not one.domain(candidate) or not self._fair(one, candidate):
                continue
            fault = self._fault(one, answer, candidate)
            if fault is None or not fault.visible:
                continue
            if fault.name == found[-1].name:
                found.append(fault)
                simpler = props.simpler(candidate)

    def _fair(self, one: Property, inputs: Inputs) -> bool:
        """Say whether a correct answer has the property for these inputs."""
        return self._fault(one, self._answer(self.reference), inputs) is None

    def _fault(self, one: Property, answer: Answer, inputs: Inputs) -> _Fault | None:
        try:
            seen = one.compare(answer, inputs)
            if seen.holds:
                return None
            again = self._repeats(answer, inputs) if one.name != props.REPEATS else seen
            name = one.name
            if not again.holds:
                name, seen = props.REPEATS, again
            answer(**inputs)
            return _Fault(name, seen.words, inputs, answer.last_results, seen.visible)
        except Refusal as refusal:
            return _Fault(refusal.name, refusal.words, answer.last_inputs, answer.last_results)

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
            inputs = {name: last.inputs[name] for name in self.arguments}
            example = props.described(inputs, last.results, props.PRINTED if last.visible else 17)
            return Verdict("broken", last.name, last.words + goes_on, example, printed, held)
        example = props.described(answer.last_inputs, None) if answer.last_inputs else ()
        if run.expired:
            name, words = self._too_long(answer, run)
            return Verdict("broken", name, words, example, printed, held)
        if isinstance(run.error, Unanswered):
            return UNANSWERED
        if run.error is not None:
            line = where(run.error, answer.function)
            if isinstance(run.error, (SystemExit, KeyboardInterrupt)):
                said = f"Your code asked Python itself to stop ({type(run.error).__name__})"
                words = f"{said}{', in ' + line if line else ''}."
                return Verdict("broken", props.RUNS, words, (), printed, held)
            words = f"The check could not deal with what came back: {message(run.error)}."
            return Verdict("broken", props.FORM, words, example, printed, held)
        return None

    def _too_long(self, answer: Answer, run: Run) -> tuple[str, str]:
        """Tell code that comes back too slowly from a call that did not come back."""
        under_way = 0.0 if answer.began is None else time.monotonic() - answer.began
        if answer.calls and under_way < self.limit / 2:
            seen = f"In {numeral(self.limit)} seconds it was called {answer.calls} times"
            words = "which is not enough for the check. No fault was found so far"
            return props.TIME, f"{seen}, {words}. Can a loop be replaced by operations on arrays?"
        words = run.ending(self.limit)
        if not run.still_running:
            words += " Is there a loop that never ends, or a computation too long for these inputs?"
        return props.ENDS, words


def _other_arguments(function: Callable[..., Any], arguments: tuple[str, ...]) -> str:
    """Say in words that the function cannot be called with that many arguments; "" if it can."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # such as a builtin, which does not tell
        return ""
    try:
        signature.bind(*arguments)
        return ""
    except TypeError:
        seen = f"Your function takes ({', '.join(signature.parameters) or 'nothing'}); it is called with"
        return f"{seen} {len(arguments)} arguments, in this order: ({', '.join(arguments)})."


def _does_nothing(answer: Any) -> bool:
    """Say whether a function's body is only `...`, `pass`, a docstring or `return`/`return ...`."""
    code = getattr(answer, "__code__", None)
    if code is None:
        return False
    idle = {"RESUME", "NOP", "POP_TOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}
    instructions = list(dis.get_instructions(code))
    constants = {one.argval for one in instructions if "CONST" in one.opname}
    return {one.opname for one in instructions} <= idle and constants <= {None, ...}

"""The exercises of §5.3.2: steps without Robbins and Monro, the stall factor, a hypothesis that fails."""

from __future__ import annotations

import inspect

import numpy as np

from helpers.mathematics import theorem
from helpers.mathematics.time_steps import Power
from helpers.teaching.exercises import Condition, CounterexampleExercise, Exercise, NumericExercise
from helpers.teaching.properties import Inputs, Property

# --- a function: steps that obey (5.31) and are not square-summable -----------------------------------------

ARRAY = "the steps are positive, for each k on its own"
DECREASING = "the steps never increase"
TENDS = "the steps tend to 0, the first half of (5.31)"
SUM = "the sum of the steps diverges, the second half of (5.31)"
SQUARES = "the sum of the squares diverges as well"

# Cauchy's condensation: for steps that do not increase, the sum over 2^i <= k < 2^j lies between one half of
# and once the sum of 2^l step(2^l), l = i..j-1. So sums up to k = 2^400 take 400 values of the steps.
NEAR, MIDDLE, LAST = 100, 200, 400
# Over the second range, twice as long in log k, a sum of 1/k grows by 2 times what the first range gave, one
# of 1/(k log k) by 1, one of 1/(k (log k)^2) by 1/2, one of 1/k^2 by nothing: the mark is between 1 and 1/2.
GROWTH = 0.75
# From 2^200 to 2^400, 1/log k falls by 1/2 and 1/log log k by 0.88; a limit other than 0 gives 1.
FALL = 0.95


def step(k):
    return 1 / np.sqrt(k + 1)


def _epochs(rng: np.random.Generator, size: int) -> Inputs:
    return {"k": np.append(0.0, np.sort(rng.choice(np.arange(1, 2000), size, replace=False)))}


def _far(rng: np.random.Generator, size: int) -> Inputs:
    return {"k": np.array([2.0**NEAR, 2.0**MIDDLE, 2.0**LAST]) * rng.uniform(1, 2)}


def _reaches(k: np.ndarray) -> bool:
    """Whether these are epochs of `_far`: nothing is asked of others, such as simplified ones."""
    if len(k) != 3 or not 1 <= k[0] / 2.0**NEAR < 2:
        return False
    return bool(np.all(k[1:] == k[0] * 2.0 ** np.array([MIDDLE - NEAR, LAST - NEAR])))


def _positive(answer, inputs: Inputs) -> bool:
    k = inputs["k"]
    together = answer(k=k)
    alone = np.concatenate([answer(k=k[i : i + 1]) for i in range(len(k))])
    return bool(np.all(together > 0)) and np.allclose(together, alone, rtol=1e-9, atol=0)


def _decreasing(answer, inputs: Inputs) -> bool:
    steps = answer(k=np.sort(inputs["k"]))
    return bool(np.all(np.diff(steps) <= 1e-12 * np.abs(steps[:-1])))  # but for rounding


def _tends(answer, inputs: Inputs) -> bool:
    if not _reaches(inputs["k"]):
        return True
    _, middle, last = answer(k=inputs["k"])
    return last <= FALL * middle


def _seen_fall(answer, inputs: Inputs) -> str:
    _, middle, last = answer(k=inputs["k"])
    return f"From k = 2^{MIDDLE} to 2^{LAST} they fall by the factor {last / middle:.4g} only."


def condensed_sums(answer, inputs: Inputs, power: int) -> tuple[float, float]:
    """Condensed sums of step^power from 2^100 to 2^200 and from there to 2^400."""
    scale = inputs["k"][0] / 2.0**NEAR
    k = scale * 2.0 ** np.arange(NEAR, LAST)
    terms = k * answer(k=k) ** power
    cut = MIDDLE - NEAR
    return float(terms[:cut].sum()), float(terms[cut:].sum())


def _diverges(power: int):
    def holds(answer, inputs: Inputs) -> bool:
        if not _reaches(inputs["k"]):
            return True
        near, far = condensed_sums(answer, inputs, power)
        return far >= GROWTH * near > 0

    return holds


def _seen_sums(power: int):
    def observed(answer, inputs: Inputs) -> str:
        near, far = condensed_sums(answer, inputs, power)
        what = "steps" if power == 1 else "squares"
        return (
            f"From k = 2^{NEAR} to 2^{MIDDLE} the {what} add up to about {near:.3g}, "
            f"from there to 2^{LAST} to about {far:.3g}: the sum has all but stopped to grow."
        )

    return observed


schedule = Exercise(
    "steps without Robbins and Monro",
    """Write `step(k)`: time steps that obey (5.31), tend to 0 with a divergent sum, and whose squares
have a divergent sum too, so that Robbins and Monro's second condition fails. They shall never increase.

`k` is an array of epochs 0, 1, 2, … (floats; use NumPy's functions); return the array of their steps.
No finite check can prove a limit: this one looks at sums as far as k = 2^400 and asks how they grow.""",
    properties=(
        Property(ARRAY, _epochs, _positive),
        Property(DECREASING, _epochs, _decreasing),
        Property(TENDS, _far, _tends, _seen_fall, sizes=(3, 3)),
        Property(SUM, _far, _diverges(1), _seen_sums(1), sizes=(3, 3)),
        Property(SQUARES, _far, _diverges(2), _seen_sums(2), sizes=(3, 3)),
    ),
    arguments=("k",),
    results=("steps",),
    like="k",
    reference=step,
    hints=(
        "Try powers, c/(k+1)^a. For which a does the sum of the steps diverge, and that of the squares?",
        "The sum of 1/k^s diverges exactly for s ≤ 1. The squares of 1/k^a are 1/k^(2a).",
        "So a must be positive and 2a at most 1. A logarithm falls still more slowly; mind k = 0 and k = 1.",
    ),
    solution=f"```python\n{inspect.getsource(step)}```\n"
    "With a = 1/2 the squares are the harmonic series. Any 0 < a ≤ 1/2 does it, and so does 1/log(k + 3). "
    "The proof is yours to give: the check has only seen that the sums still grow at k = 2^400, and steps "
    "that change their law beyond it would deceive it.",
)

# --- a number: the stall factor ----------------------------------------------------------------------------

stall = NumericExercise(
    "where it stalls",
    "One batch, one eigenvalue λ, explicit Euler with Δt_k = c/(k+1)², k = 0, 1, 2, …, and λc = 1/4. "
    "The sum of the steps is finite. Which fraction of the error is never removed, e_∞/e_0?",
    value=lambda: theorem.stall_factor(0.25, Power(1.0, 2.0), exact=False),
    name="the fraction is that of explicit Euler with λc = 1/4",
    misconceptions=(
        (theorem.stall_factor(0.25, Power(1.0, 2.0), exact=True), "This is e^(−π²/24), what the *exact flow* "
         "keeps. Explicit Euler multiplies by 1 − λΔt_k, not by its exponential."),
        (np.pi**2 / 24, "This is λ times the sum of the steps, the time given. What remains after it?"),
        (1 - np.pi**2 / 24, "1 − λ ΣΔt_k would be one single Euler step over all the time."),
        (0.75, "This is what the first epoch leaves. There are more."),
        (45 / 64, "This is what two epochs leave. There are infinitely many."),
        (1 - 2 / np.pi, "This is the fraction that is removed."),
        (0.0, "The product of factors in (0, 1) need not be 0: the sum of λΔt_k is finite here."),
        (np.exp(-0.25), "The steps are c/(k+1)², and their sum is not c."),
    ),
    hints=(
        "Each epoch multiplies the error by 1 − λΔt_k = 1 − 1/(4(k+1)²). Write n = k + 1.",
        "1 − 1/(4n²) = (2n − 1)(2n + 1)/(2n · 2n): a product known since 1656.",
        "It is the reciprocal of Wallis' product for π/2; or set x = 1/2 in sin(πx)/(πx) = Π(1 − x²/n²).",
    ),
    solution="e_∞/e_0 = Π (1 − 1/(4n²)) = sin(π/2)/(π/2) = **2/π = 0.6366**, Wallis' product upside down. "
    "The exact flow would keep e^(−π²/24) = 0.6628.",
)  # fmt: skip

# --- a counterexample: one hypothesis fails, and the limit is wrong ----------------------------------------

VALUES = (0.0, 0.0, 3.0)  # y_r of the three data, x_r = 1, J^r = (w - y_r)^2, so that W_* = 1
EPOCHS = 20_000
VISITS = ("visits_1", "visits_2", "visits_3")


def _visits(values: dict[str, float]) -> list[float]:
    return [values[name] for name in VISITS]


def _is_partition(values: dict[str, float]) -> bool:
    return _visits(values) == [1, 1, 1]


def run_data(visits, c: float, a: float, epochs: int = EPOCHS) -> float:
    """w after ``epochs`` from 0: explicit Euler on (w - y_r)^2, each datum visited as often as asked."""
    order = [y for y, count in zip(VALUES, visits, strict=True) for _ in range(int(count))]
    w = 0.0
    for tau in Power(c, a).steps(epochs).tolist():
        for y in order:
            w -= tau * 2 * (w - y)
    return w


def limit_of(values: dict[str, float]) -> float:
    """Where it ends: by the theorem for the data as visited if (5.31) holds, else as far as it is run."""
    if values["a"] <= 1:
        return float(np.dot(_visits(values), VALUES) / sum(_visits(values)))
    return run_data(_visits(values), values["c"], values["a"])


def _broken(values: dict[str, float]) -> int:
    return (not _is_partition(values)) + (values["a"] > 1)


def _count(**values: float) -> str:
    if _broken(values) == 0:
        return (
            "Here every datum is visited once and (5.31) holds: the theorem applies, and its limit is right."
        )
    return "Here both fail, the partition and (5.31): one at a time shows more."


def _right(**values: float) -> str:
    limit = limit_of(values)
    if limit != 1:
        return f"The limit is {limit:.4f}: too close to W_* = 1 to be told from it by a run."
    return (
        "The hypothesis fails, but the limit is 1 all the same. "
        "A hypothesis that fails permits a wrong limit; it does not enforce one."
    )


def _confirmed(**values: float) -> str:
    seen = run_data(_visits(values), values["c"], values["a"])
    which = "(5.31)" if values["a"] > 1 else "the partition"
    return (
        f"Only {which} fails; after {EPOCHS} epochs w = {seen:.4f}, where W_* = 1 "
        f"(the limit is {limit_of(values):.4f})."
    )


wrong_limit = CounterexampleExercise(
    "one hypothesis fails, and the limit is wrong",
    """Three data, J = w² + w² + (w − 3)², one datum a batch, so that W_* = 1. From w = 0, each epoch
makes three explicit Euler steps with Δt_k = c/(k+1)^a: it visits datum r `visits_r` times, in order.
Break **exactly one** hypothesis of the theorem, the partition or (5.31), so that the limit is not W_*.

Write `check(visits_1=…, visits_2=…, visits_3=…, c=…, a=…)` with 0 < c ≤ 1 and 0 < a ≤ 1 or 1.5 ≤ a ≤ 10.""",
    fields=(*VISITS, "c", "a"),
    conditions=(
        Condition(
            "an epoch makes three steps, a whole number of visits to each datum",
            lambda **v: all(n >= 0 and n == int(n) for n in _visits(v)) and sum(_visits(v)) == 3,
            lambda **v: f"The visits are {', '.join(f'{n:g}' for n in _visits(v))}.",
        ),
        Condition(
            "c and a lie in the ranges asked for",
            lambda **v: 0 < v["c"] <= 1 and (0 < v["a"] <= 1 or 1.5 <= v["a"] <= 10),
            lambda **v: (
                f"c = {v['c']:g}, a = {v['a']:g}. Just above a = 1 no run is long enough to see a limit."
            ),
        ),
        Condition("exactly one hypothesis fails", lambda **v: _broken(v) == 1, _count),
        # beyond 20000 epochs steps with a >= 1.5 and c <= 1 add up to 0.0142 at most: with the slope 6 of the
        # gradient they remove less than a tenth of the distance that is left
        Condition("the limit is wrong", lambda **v: abs(limit_of(v) - 1) > 1e-2, _right),
    ),
    confirmed=_confirmed,
    hints=(
        "If some datum is seen twice an epoch and another never, which sum of squares is really minimized?",
        "The limit is then the average of the y_r, weighted by the visits. It must differ from 1.",
        "Or visit each once, and choose a so that the steps have a finite sum: w stops on its way.",
    ),
    solution="For instance visits 1, 0, 2 with c = 0.5, a = 0.5: the run minimizes w² + 2(w − 3)², "
    "and its limit is **2**. But visits 2, 0, 1 give the right limit, 1, though they are no partition. "
    "Or visits 1, 1, 1 with c = 0.1, a = 2: the steps add up to 0.1 π²/6, and w stops short of 1.",
)

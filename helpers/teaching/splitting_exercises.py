"""The exercises of §5.3.1: a drift by hand, the Strang sweep, batches that betray the printed loop."""

from __future__ import annotations

import inspect
from fractions import Fraction

import numpy as np

from helpers.mathematics import splitting
from helpers.teaching.exercises import Condition, CounterexampleExercise, Exercise, NumericExercise
from helpers.teaching.properties import Inputs, Property, number

# --- a number: the drift of two batches ------------------------------------------------------------------

_A = np.array([3.0, 1.0]).reshape(2, 1, 1)
_CENTERS = np.array([0.0, 4.0]).reshape(2, 1, 1)


def drift_of_two_batches(scheme: str = splitting.LIE_EXACT) -> float:
    """Drift/Δt² of the exercise's two batches, a = (3, 1) and c = (0, 4), as Δt tends to 0."""
    minimizer = np.linalg.solve(_A.sum(axis=0), (_A @ _CENTERS).sum(axis=0))
    g = splitting.batch_gradients(_A, _A @ _CENTERS, minimizer)
    return splitting.drift_constant(_A, g, scheme).item()


two_batches = NumericExercise(
    "the drift of two batches, by hand",
    "One unknown w, two batches: J¹ = (3/2) w² and J² = (1/2)(w − 4)². One epoch is the exact flow of J¹ "
    "over Δt, then that of J² over Δt. Started at the minimizer W* of J = J¹ + J², it ends at "
    "W* + d Δt² + O(Δt³). What is d?",
    value=drift_of_two_batches,
    name="the number is the drift constant d",
    misconceptions=(
        (0, "The matrices of one unknown commute, but the flows do not: each has a minimizer of its own."),
        (lambda d: abs(d - drift_of_two_batches(splitting.LIE_EULER)) < 1e-3,
         "This is the drift of explicit Euler, A₂g₁. An exact flow has a term of order Δt² "
         "within each batch too."),
        (1.5, "This is A⁻¹d, the bias that remains at a constant Δt. Here the drift of one epoch "
         "is asked for."),
        (1, "This is W* itself."),
    ),
    hints=(
        "First W*: where 3w + (w − 4) = 0. Then the two gradients there, g₁ and g₂. Do they add up to 0?",
        "The drift of exact flows is the half sum over i > j of A_i g_j − A_j g_i. With two batches there is "
        "one pair, i = 2 and j = 1.",
        "A₁ = 3, A₂ = 1, g₁ = 3, g₂ = −3. What is left is arithmetic.",
    ),
    solution="W* = 1, g₁ = 3·1 = 3 and g₂ = 1 − 4 = −3, so d = ½(A₂g₁ − A₁g₂) = ½(1·3 + 3·3) = **6**. "
    "In general ½(A₁ + A₂)g₁ for two batches, since g₂ = −g₁; at a constant Δt the bias is then Δt g₁/2.",
)  # fmt: skip

# --- a function: the Strang sweep ------------------------------------------------------------------------


def strang(w, a, c, step):
    order = list(range(len(a)))
    for r in order + order[::-1]:
        w = c[r] + (w - c[r]) * np.exp(-a[r] * step / 2)
    return w


SINGLE = "with one batch the sweep is the exact flow over the whole step"
EQUAL = "with p equal batches the sweep is the exact flow of their sum"
FIRST_LAST = "the sweep begins and ends with the first batch"
SYMMETRIC = "the sweep is symmetric: a step back in time undoes a step forward"
ROUNDING = 1e-9  # of numbers up to 10, over a few steps forward and back with exponents up to 4


def _flow(w, a, c, step):
    return c + (w - c) * np.exp(-a * step)


def _drawn(rng: np.random.Generator, size: int) -> Inputs:
    """Some p = size + 1 batches with different centers; every number has one digit after the point."""
    p = size + 1
    return {
        "w": float(rng.integers(-30, 31) / 10),
        "a": rng.integers(1, 15, p) / 10,
        "c": rng.permutation(np.arange(-10, 11))[:p] / 2,
        "step": float(rng.integers(1, 8) / 10),
    }


def _one(rng: np.random.Generator, size: int) -> Inputs:
    inputs = _drawn(rng, 1)
    return inputs | {"a": inputs["a"][:1], "c": inputs["c"][:1]}


def _alike(rng: np.random.Generator, size: int) -> Inputs:
    inputs = _drawn(rng, size)
    return inputs | {name: np.full(size + 1, inputs[name][0]) for name in "ac"}


def _stiff(rng: np.random.Generator, size: int) -> Inputs:
    """The first batch so stiff that half a step with it ends at its center."""
    inputs = _drawn(rng, size)
    a = inputs["a"].copy()
    a[0] = 100 / inputs["step"]
    return inputs | {"a": a}


def _holds_single(sweep, inputs: Inputs) -> bool:
    p, a, c = len(inputs["a"]), inputs["a"][0], inputs["c"][0]
    return bool(abs(sweep(**inputs) - _flow(inputs["w"], p * a, c, inputs["step"])) < ROUNDING)


def _holds_first_last(sweep, inputs: Inputs) -> bool:
    if inputs["a"][0] * inputs["step"] < 60:  # e^-30: only a stiff first batch can tell
        return True
    started = inputs | {"w": inputs["w"] + 1}
    ends = sweep(**inputs), sweep(**started)
    # it ends at c_1; and it began there, so the start is forgotten
    return bool(abs(ends[0] - inputs["c"][0]) < ROUNDING and abs(ends[0] - ends[1]) < ROUNDING)


def _holds_symmetric(sweep, inputs: Inputs) -> bool:
    there = sweep(**inputs)
    back = sweep(**inputs | {"w": float(there), "step": -inputs["step"]})
    return bool(abs(back - inputs["w"]) < ROUNDING)


def _seen_back(sweep, inputs: Inputs) -> str:
    there = float(sweep(**inputs))
    back = sweep(**inputs | {"w": there, "step": -inputs["step"]})
    start = number(inputs["w"])
    return f"From w = {start} a step leads to {number(there)}, and then a step of −Δt to {number(back)}."


strang_sweep = Exercise(
    "the Strang sweep",
    """Write `strang(w, a, c, step)`, one epoch of Strang's splitting for one unknown.

Batch r has J^r = ½ a[r] (w − c[r])², and its exact flow over a time t leads from w to
c[r] + (w − c[r]) e^(−a[r] t). `a` and `c` are arrays of length p, `w` and `step` (Δt) are numbers. Go
through the batches with half steps, first to last, then back with half steps, last to first.
Return the new `w`.""",
    properties=(
        Property(SINGLE, _one, _holds_single),
        Property(EQUAL, _alike, _holds_single),
        Property(FIRST_LAST, _stiff, _holds_first_last),
        Property(SYMMETRIC, _drawn, _holds_symmetric, _seen_back),
    ),
    arguments=tuple(inspect.signature(strang).parameters),
    results=("w",),
    like="w",
    reference=strang,
    hints=(
        "Two loops over the batches, one after the other. Which order has the second?",
        "Every batch is visited twice, each time over Δt/2: together the whole step.",
        "`range(p)` counts forward and `reversed(range(p))` backward. The last batch comes twice in a row.",
    ),
    solution=f"```python\n{inspect.getsource(strang)}```\n"
    "The sweep read backward is the sweep itself. That symmetry removes the error of order Δt² of one epoch "
    "and leaves one of order Δt³.",
)

# --- a counterexample: batches for which the printed loop goes wrong -------------------------------------


def printed_and_full_limits(x_1, y_1, x_2, y_2, step) -> tuple[Fraction, Fraction, Fraction]:
    """W*, where the loop r = 2..p ends and where the loop r = 1..p ends, in exact arithmetic.

    J^r = (w x_r − y_r)², one datum a batch, the same batches at every epoch. Raises ZeroDivisionError where
    there is no such point.
    """
    x_1, y_1, x_2, y_2, h = (Fraction(value) for value in (x_1, y_1, x_2, y_2, step))
    A_1, A_2, b_1, b_2 = 2 * x_1**2, 2 * x_2**2, 2 * x_1 * y_1, 2 * x_2 * y_2
    M = (1 - h * A_2) * (1 - h * A_1)
    q = (1 - h * A_2) * h * b_1 + h * b_2
    return (b_1 + b_2) / (A_1 + A_2), b_2 / A_2, q / (1 - M)


def _contracts(x_1, x_2, step, **_) -> bool:
    A_1, A_2, h = 2 * Fraction(x_1) ** 2, 2 * Fraction(x_2) ** 2, Fraction(step)
    return abs((1 - h * A_1) * (1 - h * A_2)) < 1


def _printed_contracts(x_2, step, **_) -> bool:
    return abs(1 - 2 * Fraction(step) * Fraction(x_2) ** 2) < 1


def _shown(value: Fraction) -> str:
    try:
        return f"{float(value):.4g}"
    except OverflowError:
        return "a number too large for floating point"


def _far(**data) -> bool:
    best, printed, _ = printed_and_full_limits(**data)
    return abs(printed - best) > 1


def _near(**data) -> bool:
    best, _, full = printed_and_full_limits(**data)
    return abs(full - best) < Fraction(1, 10)


def _seen_far(**data) -> str:
    best, printed, _ = printed_and_full_limits(**data)
    return f"The printed loop ends at {_shown(printed)}, and W* is {_shown(best)}: not farther than 1 away."


def _seen_near(**data) -> str:
    best, _, full = printed_and_full_limits(**data)
    return (
        f"With all batches, r = 1..2, and this Δt the loop ends at {_shown(full)}, itself not within 0.1 of "
        f"W* = {_shown(best)}: one could blame the step."
    )


def _confirmed(**data) -> str:
    best, printed, full = printed_and_full_limits(**data)
    return (
        f"W* = {_shown(best)}. The loop r = 2..p ends at {_shown(printed)}, the minimizer of J − J¹; "
        f"r = 1..p ends at {_shown(full)}. In exact arithmetic."
    )


printed_loop = CounterexampleExercise(
    "batches that betray the printed loop",
    """One unknown w, two data, one datum a batch, the same batches at every epoch: J = (w x_1 − y_1)² +
(w x_2 − y_2)². Propose data and a step Δt for which the loop read to the letter, r = 2..p, converges to a
point farther than 1 from the minimizer W*, while the loop r = 1..p with the same Δt ends within 0.1 of W*.

Write `check(x_1=…, y_1=…, x_2=…, y_2=…, step=…)`.""",
    fields=("x_1", "y_1", "x_2", "y_2", "step"),
    conditions=(
        Condition("the step is positive", lambda step, **_: step > 0, lambda step, **_: f"Δt is {step:g}."),
        Condition(
            "both data say something about w",
            lambda x_1, x_2, **_: x_1 != 0 and x_2 != 0,
            lambda **_: "With x = 0 the residual of a datum does not depend on w at all.",
        ),
        Condition(
            "the printed loop converges",
            _printed_contracts,
            lambda **_: (
                "Explicit Euler on the second datum diverges, or never settles: Δt is too large for this x_2."
            ),
        ),
        Condition(
            "the loop over all batches converges",
            _contracts,
            lambda **_: (
                "With all batches explicit Euler diverges, or never settles: Δt is too large for x_1."
            ),
        ),
        Condition("the printed loop ends farther than 1 from W*", _far, _seen_far),
        Condition("the loop over all batches ends within 0.1 of W*", _near, _seen_near),
    ),
    confirmed=_confirmed,
    hints=(
        "Which datum does the loop r = 2..p never look at? Where would the other datum alone send w?",
        "Each datum alone wants w = y/x. Let the two wishes be far apart; then W* lies between them.",
        "The rest is the step: the bias of the loop over all batches is proportional to Δt. Make it small.",
    ),
    solution="x_1 = 1, y_1 = 0, x_2 = 1, y_2 = 4 and Δt = 0.01: W* = 2. The printed loop never sees the "
    "first datum and ends at y_2/x_2 = **4**; the loop over both ends at 2.02. Were the batches drawn anew "
    "at each epoch, every datum would be left out only now and then, and the slip would be hidden.",
)

"""The exercises of §5.3.1: Keras' unit, a drift, the Strang sweep, the printed loop, order and cloud."""

from fractions import Fraction

import numpy as np

from helpers.mathematics import partitions, splitting
from helpers.mathematics.numerals import numeral
from helpers.teaching.answers import Condition, CounterexampleExercise, MeasuringExercise, NumericExercise
from helpers.teaching.exercises import Exercise
from helpers.teaching.splitting_properties import sweep, sweep_properties

# --- a number: the drift of two batches ------------------------------------------------------------------

_A = np.array([3.0, 1.0]).reshape(2, 1, 1)
_CENTERS = np.array([0.0, 4.0]).reshape(2, 1, 1)


def drift_of_two_batches(scheme: str = splitting.LIE_EXACT) -> float:
    """Drift/Δt² of the exercise's two batches, a = (3, 1) and c = (0, 4), as Δt tends to 0."""
    minimizer = np.linalg.solve(_A.sum(axis=0), (_A @ _CENTERS).sum(axis=0))
    g = splitting.batch_gradients(_A, _A @ _CENTERS, minimizer)
    return splitting.drift_constant(_A, g, scheme).item()


keras_rate = NumericExercise(
    "5.3.1/keras-rate",
    "the learning rate of Keras",
    "The loop of this section makes explicit Euler steps Δt = 0.001 on Jʳ, a *sum* over the data of a "
    "batch. In Keras, with batches of 32 data, the loss 'mse' averages over the batch, and over the 10 "
    "outputs of each datum as well. Which `learning_rate` of SGD makes the same steps?",
    value=0.32,
    name="the number is n B Δt",
    misconceptions=(
        (0.032, "The average over the batch is undone; 'mse' also averages over the outputs."),
        (0.01, "The average over the outputs is undone; and that over the batch?"),
        (0.001, "This is Δt itself. The gradient of an average is smaller than that of the sum."),
        ([1 / 3.2e5, 1 / 3.2e4],
         "Divided where it is to be multiplied: a smaller gradient needs a larger step."),
    ),
    hints=(
        "What is the gradient of an average of N numbers against that of their sum?",
        "'mse' averages over 32 · 10 numbers.",
        "The step must be larger by what the gradient is smaller.",
    ),
)  # fmt: skip

two_batches = NumericExercise(
    "5.3.1/two-batches",
    "the drift of two batches, by hand",
    "One unknown w, two batches: J¹ = (3/2) w² and J² = (1/2)(w − 4)². One epoch is the exact flow of J¹ "
    "over Δt, then that of J² over Δt. Started at the minimizer W* of J = J¹ + J², it ends at "
    "W* + d Δt² + O(Δt³). What is d?",
    value=drift_of_two_batches(),
    name="the number is the drift constant d",
    misconceptions=(
        ((5.9, 6.1), "Read off at a Δt that is not small: d is the limit as Δt tends to 0."),
        (0, "The matrices of one unknown commute, but the flows do not: each has a minimizer of its own."),
        (drift_of_two_batches(splitting.LIE_EULER),
         "This is the drift of explicit Euler, A₂g₁. An exact flow has a term of order Δt² "
         "within each batch too."),
        (1.5, "This is A⁻¹d, the bias that remains at a constant Δt. Here the drift of one epoch "
         "is asked for."),
        (1, "This is W* itself."),
    ),
    hints=(
        "First W*: where 3w + (w − 4) = 0. Then the two gradients there, g₁ and g₂. Do they add up to 0?",
        "The drift of exact flows is the half sum over i > j of Aᵢ gⱼ − Aⱼ gᵢ. With two batches there is "
        "one pair, i = 2 and j = 1.",
        "A₁ = 3, A₂ = 1, g₁ = 3, g₂ = −3. What is left is arithmetic.",
    ),
)  # fmt: skip

# --- a function: the Strang sweep ------------------------------------------------------------------------


strang_sweep = Exercise(
    "5.3.1/strang-sweep",
    "the Strang sweep",
    """Write `strang(w, a, c, step)`, one epoch of Strang's splitting for one unknown.

Batch r has Jʳ = ½ a[r] (w − c[r])², and its exact flow over a time t leads from w to
c[r] + (w − c[r]) e^(−a[r] t). `a` and `c` are arrays of length p, `w` and `step` (Δt) are numbers; Δt may be
negative, for a step back in time. Go through the batches with half steps, first to last, then back with half
steps, last to first. Return the new `w`, in double precision.""",
    properties=sweep_properties,
    results=("w",),
    like="w",
    reference=sweep,
    looked="all 5 properties hold on some 25 random cases of 1 to 8 batches",
    hints=(
        "Two loops over the batches, one after the other. Which order has the second?",
        "Every batch is visited twice, each time over Δt/2: together the whole step.",
        "`range(p)` counts forward and `reversed(range(p))` backward. The last batch comes twice in a row.",
    ),
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


def _factor(x, step) -> Fraction:
    """What an explicit Euler step on (w x − y)² multiplies an error by."""
    return 1 - 2 * Fraction(step) * Fraction(x) ** 2


def _shown(value: Fraction) -> str:
    try:
        return numeral(float(value), 4)
    except OverflowError:
        return "a number too large for floating point"


def _far(**data) -> bool | str:
    best, printed, _ = printed_and_full_limits(**data)
    seen = f"The printed loop ends at {_shown(printed)}, and W* is {_shown(best)}: not farther than 1 away."
    return abs(printed - best) > 1 or seen


def _near(**data) -> bool | str:
    best, _, full = printed_and_full_limits(**data)
    seen = (
        f"With all batches, r = 1..2, and this Δt the loop ends at {_shown(full)}, itself not within 0.1 of "
        f"W* = {_shown(best)}: one could blame the step."
    )
    return abs(full - best) < Fraction(1, 10) or seen


def _confirmed(**data) -> str:
    best, printed, full = printed_and_full_limits(**data)
    return (
        f"W* = {_shown(best)}. The loop r = 2..p ends at {_shown(printed)}, the minimizer of J − J¹; "
        f"r = 1..p ends at {_shown(full)}. In exact arithmetic."
    )


printed_loop = CounterexampleExercise(
    "5.3.1/printed-loop",
    "batches that betray the printed loop",
    """One unknown w, two data, one datum a batch, the same batches at every epoch: J = (w x₁ − y₁)² +
(w x₂ − y₂)². Propose data and a step Δt for which the loop read to the letter, r = 2..p, converges to a
point farther than 1 from the minimizer W*, while the loop r = 1..p with the same Δt ends within 0.1 of W*.

Write `check(x_1=…, y_1=…, x_2=…, y_2=…, step=…)`.""",
    fields=("x_1", "y_1", "x_2", "y_2", "step"),
    conditions=(
        Condition("the step is positive", lambda step, **_: step > 0 or f"Δt is {numeral(step)}."),
        Condition(
            "both data say something about w",
            lambda x_1, x_2, **_: (
                (x_1 != 0 and x_2 != 0) or "With x = 0 the residual of a datum does not depend on w at all."
            ),
        ),
        Condition(
            "the printed loop converges",
            lambda x_2, step, **_: (
                abs(_factor(x_2, step)) < 1
                or "Explicit Euler on the second datum diverges, or never settles: "
                "Δt is too large for this x₂."
            ),
        ),
        Condition(
            "the loop over all batches converges",
            lambda x_1, x_2, step, **_: (
                abs(_factor(x_1, step) * _factor(x_2, step)) < 1
                or "With all batches explicit Euler diverges, or never settles: Δt is too large for x₁."
            ),
        ),
        Condition("the printed loop ends farther than 1 from W*", _far),
        Condition("the loop over all batches ends within 0.1 of W*", _near),
    ),
    confirmed=_confirmed,
    hints=(
        "Which datum does the loop r = 2..p never look at? Where would the other datum alone send w?",
        "Each datum alone wants w = y/x. Let the two wishes be far apart; then W* lies between them.",
        "The rest is the step: the bias of the loop over all batches is proportional to Δt. Make it small.",
    ),
)

# --- explain by measuring: no bias of first order, and no spread -------------------------------------------

_WANDERS = {
    partitions.SHUFFLED_ONCE: "each run comes to rest at a place of its own, and the runs scatter",
    partitions.ALTERNATING: "W goes to and fro between the ends of two kinds of epochs",
}

second_order = MeasuringExercise(
    "5.3.1/second-order",
    "of second order, and no cloud",
    """At a constant Δt, set the panel of *what a constant Δt leaves* to at least four batches and to a scheme
and a sampling for which nothing wanders (the spread is 0, for every Δt) **and** the bias falls like Δt², not
like
Δt.

Write `cloud = ConstantStepCloud()`, set it by its controls or by `cloud.set(…)`, then `check(cloud)`.""",
    panel="ConstantStepCloud",
    conditions=(
        Condition("there are at least four batches", lambda p, **_: p >= 4 or f"p is {numeral(p)}."),
        Condition(
            "nothing wanders",
            lambda sampling, **_: (
                sampling == partitions.FIXED
                or f"With “{sampling}”, {_WANDERS.get(sampling, 'W keeps moving')}."
            ),
        ),
        Condition(
            "the bias falls like Δt²",
            lambda scheme, **_: (
                scheme == splitting.STRANG_EXACT
                or f"With “{scheme}” and batches in a fixed order the bias falls like Δt."
            ),
        ),
    ),
    confirmed=lambda **_: (
        "The symmetric sweep has a local error of order Δt³, so its fixed point is off by Δt²; and "
        "batches that come the same way every time leave nothing to wander. Euler sub-steps would bring "
        "the first order back."
    ),
    hints=(
        "A spread comes from what is drawn anew. Which sampling draws nothing anew?",
        "With a fixed order, which scheme has no error of order Δt² in one epoch?",
        "Symmetry removes it, if the sub-steps are exact as well.",
    ),
)

exercises = (keras_rate, two_batches, strang_sweep, printed_loop, second_order)

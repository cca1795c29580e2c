"""The exercises of §5.2: where E must fall, the effective penalty, an ADAM step, a state where E rises, R."""

from fractions import Fraction

import numpy as np

from helpers.mathematics import adam_energy
from helpers.mathematics.losses import half_square
from helpers.mathematics.numerals import numeral
from helpers.teaching.adam_properties import keras, keras_step_properties
from helpers.teaching.answers import Condition, CounterexampleExercise, MeasuringExercise, NumericExercise
from helpers.teaching.exercises import Exercise

# --- first steps: numbers --------------------------------------------------------------------------------

shortest_memory = NumericExercise(
    "5.2/shortest-memory",
    "the shortest memory of D",
    "The energy of ADAM's flow is proven to fall for 1 − β₂ ≤ 4(1 − β₁), with the convention β = 1 − Δt/ε. "
    "For β₁ = 0.98, which is the smallest β₂ for which the proof holds?",
    value=0.92,
    rtol=1e-6,
    name="the number is the edge for β₁ = 0.98",
    misconceptions=(
        (0.08, "This is 1 − β₂."),
        (0.6, "This is the edge for β₁ = 0.9, Algorithm 8's."),
        (0.995, "Here 1 − β₂ is a quarter of 1 − β₁; it may be four times as large."),
        (0.98, "With equal memories the proof holds, but they may be shorter still for D."),
        (3.92, "4 β₁: the condition is on 1 − β₁ and 1 − β₂."),
    ),
    hints=(
        "Insert β₁ = 0.98: what is 1 − β₁?",
        "Four times that is the largest 1 − β₂ allowed.",
        "The largest 1 − β₂ belongs to the smallest β₂.",
    ),
)

effective_penalty = NumericExercise(
    "5.2/effective-penalty",
    "the effective penalty, by hand",
    "ADAM with short memories descends J + (ε₁ − ε₂)|∇J|₁ to first order. "
    "For β₁ = 0.95 and β₂ = 0.8, what is the coefficient (ε₁ − ε₂)/Δt?",
    value=adam_energy.effective_penalty(0.95, 0.8, step=1.0),
    name="the coefficient is that of β₁ = 0.95, β₂ = 0.8",
    misconceptions=(
        (0.95 - 0.8, "β₁ − β₂ alone is not ε₁ − ε₂: what has become of the denominators Δt/(1 − β)?"),
        ((0.95 - 0.8) / 0.05, "Divided by 1 − β₁ alone. The common denominator is a product."),
        ((0.95 - 0.8) / 0.2, "Divided by 1 − β₂ alone. The common denominator is a product."),
        (7.5, "This is the coefficient of Algorithm 8, β₁ = 0.9 and β₂ = 0.6."),
        ([10, -10], "ε₁/2 is the factor in the energy, Eq. (5.28). "
         "The effective penalty is another thing: the difference ε₁ − ε₂."),
        ([20, -20], "This is ε₁/Δt alone; ε₂ has its part."),
        ([5, -5], "This is ε₂/Δt alone; ε₁ has its part."),
        (25, "ε₂ is to be subtracted, not added."),
        (4, "This is ε₁/ε₂, which decides whether the energy falls. Here the difference is asked for."),
    ),
    hints=(
        "Each β belongs to one memory, by β = 1 − Δt/ε. Solve for ε.",
        "Write ε₁/Δt and ε₂/Δt as numbers first; both are whole numbers.",
        "Subtract the second from the first. Mind which memory is the longer one: that is the sign.",
    ),
)  # fmt: skip

# --- a function: one step in the Keras form --------------------------------------------------------------

keras_step = Exercise(
    "5.2/keras-step",
    "one step of ADAM, in the Keras form",
    """Write `step(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon)`, one step of ADAM as in Keras:
the two moments are averaged with the memories of β₁ and β₂; the learning rate is multiplied by
√(1 − β₂ᵗ)/(1 − β₁ᵗ), since the moments start at zero; `w` moves against m/(√v + ε).

`w`, `m`, `v` and `g` are arrays of one shape, with any number of dimensions: weights, first and second
moment,
gradient. `t` is the number of this step, 1 for the first. Return the new `w, m, v`, in this order, as new
arrays; all operations are coordinate by coordinate, in double precision.""",
    properties=keras_step_properties,
    results=("w", "m", "v"),
    like="w",
    reference=keras,
    looked="all 13 properties hold on some 70 random states, t up to a million, arrays up to 3 × 3 × 3",
    hints=(
        "Four lines: the first moment, the second moment, the corrected rate, the move of `w`. "
        "In this order, since the move uses the new moments.",
        "The moments start at zero, so after t steps they hold only the shares 1 − β₁ᵗ and 1 − β₂ᵗ of an "
        "average. One corrects `m`, the other `v`; `v` sits under a root, and so does its correction.",
        "Keras multiplies both corrections into the learning rate and leaves `m` and `v` as they are. "
        "Epsilon is then added to the root of the uncorrected `v`.",
    ),
)

# --- a counterexample: a state where the energy rises ----------------------------------------------------


def scaled_rate(epsilon_1: float, epsilon_2: float, W: float, Z: float, D: float) -> Fraction:
    """√D dE/dt for J = w²/2 in exact arithmetic: −(1 − ε₁/4ε₂) Z² − (ε₁/4ε₂) Z² W²/D."""
    e_1, e_2, w, z, d = (Fraction(x) for x in (epsilon_1, epsilon_2, W, Z, D))
    ratio = e_1 / (4 * e_2)
    return -(1 - ratio) * z**2 - ratio * z**2 * w**2 / d


def _confirmed(epsilon_1: float, epsilon_2: float, W: float, Z: float, D: float) -> str:
    rates = adam_energy.energy_rate, adam_energy.energy_rate_by_chain_rule
    state = half_square(), np.array([W]), np.array([Z]), np.array([D])
    with np.errstate(all="ignore"):
        identity, chain = (float(rate(*state, epsilon_1, epsilon_2)) for rate in rates)
    if not np.isfinite([identity, chain]).all():
        return "dE/dt > 0 there, verified in exact arithmetic (too large or too small for floating point)."
    found = f"{numeral(identity, 4)} by the identity, {numeral(chain, 4)} by the chain rule"
    return f"dE/dt > 0 there, exactly: {found}."


def _rises(**state: float) -> bool | str:
    rate = scaled_rate(**state)
    if rate > 0:
        return True
    if state["Z"] == 0:
        return "With Z = 0 every term of the identity vanishes: dE/dt = 0."
    if rate == 0:
        return "There dE/dt = 0 exactly: the two terms of the identity cancel."
    return (
        "There dE/dt is negative. The first term of the identity drives E up; "
        "the second, where W² is large against D, pulls it down, and here it wins."
    )


def positive(name: str) -> Condition:
    """The condition that a field is positive."""
    return Condition(
        f"{name} is positive",
        lambda **state: state[name] > 0 or f"`{name}` must be positive; it is {numeral(state[name])}.",
    )


rising_energy = CounterexampleExercise(
    "5.2/rising-energy",
    "a state where the energy rises",
    """Take J = w²/2 with one weight. Propose memories ε₁, ε₂ and a state W, Z, D, with D > 0, where dE/dt > 0
along ADAM's flow (5.23), reconstructed, for the energy (5.24), reconstructed.

Write `check(epsilon_1=…, epsilon_2=…, W=…, Z=…, D=…)`.""",
    fields=("epsilon_1", "epsilon_2", "W", "Z", "D"),
    conditions=(
        positive("epsilon_1"),
        positive("epsilon_2"),
        positive("D"),
        Condition(
            "the memories allow a rise",
            lambda epsilon_1, epsilon_2, **_: (
                Fraction(epsilon_1) > 4 * Fraction(epsilon_2)
                or "For these ε₁ and ε₂ the energy never rises, whatever the state: "
                "they satisfy the condition under which it is proven to fall."
            ),
        ),
        Condition("the energy rises at this state", _rises),
    ),
    confirmed=_confirmed,
    hints=(
        "Look at the signs in the identity for dE/dt. The last term is never positive; when is the first?",
        "The condition for a guaranteed fall is ε₁ ≤ 4 ε₂. Go beyond it: the memory of D shorter still.",
        "With J = w²/2 the gradient is W. Make the last term small: W small against √D, and Z not zero.",
    ),
)

# --- explain by measuring: flat, sharp, and neither ------------------------------------------------------


def _vanishes(beta_1: float, beta_2: float, **_: object) -> bool | str:
    size = adam_energy.effective_penalty(beta_1, beta_2, step=1e-3)
    favors = "a penalty: it favors flat" if size > 0 else "an anti-penalty: it favors sharp"
    return abs(size) < 1e-9 or f"With these memories (ε₁ − ε₂) is {numeral(size)}, {favors}."


flat_and_sharp = MeasuringExercise(
    "5.2/neither-flat-nor-sharp",
    "neither flat nor sharp",
    """Set the panel *flat or sharp* so that the effective penalty (ε₁ − ε₂)|∇J|₁ vanishes, with memories
that are not Algorithm 8's: β₁ at least 0.95. Then read off: where does ADAM end, against the sign flow?

Write `flat = Flatness()`, set it by its controls or by `flat.set(beta_1=…, beta_2=…)`, then
`check(flat)`.""",
    panel="Flatness",
    conditions=(
        Condition(
            "β₁ is at least 0.95", lambda beta_1, **_: beta_1 >= 0.95 or f"β₁ is {numeral(beta_1, 4)}."
        ),
        Condition("the effective penalty vanishes", _vanishes),
    ),
    confirmed=lambda beta_1, **_: (
        "Equal memories: the penalty of Z and the anti-penalty of D cancel, to first order. What still "
        "separates the end from the sign flow's is of second order in the memories, "
        f"{numeral(1e-3 / (1 - beta_1))} long each."
    ),
    hints=(
        "The coefficient is a difference, ε₁ − ε₂. When is it zero?",
        "β = 1 − Δt/ε: equal memories mean equal β.",
        "Type the same number into both fields.",
    ),
)

exercises = (shortest_memory, effective_penalty, keras_step, rising_energy, flat_and_sharp)

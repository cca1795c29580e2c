"""The exercises of §5.2: the effective penalty, one ADAM step in the Keras form, a state where E rises."""

from __future__ import annotations

import inspect
from fractions import Fraction

import numpy as np

from helpers.mathematics import adam_energy
from helpers.mathematics.losses import half_square
from helpers.teaching.adam_properties import keras_step_properties
from helpers.teaching.exercises import Condition, CounterexampleExercise, Exercise, NumericExercise

# --- a number: the effective penalty ---------------------------------------------------------------------

effective_penalty = NumericExercise(
    "the effective penalty, by hand",
    "ADAM with short memories descends J + (ε₁ − ε₂)|∇J|₁ to first order. "
    "For β₁ = 0.95 and β₂ = 0.8, what is the coefficient (ε₁ − ε₂)/Δt?",
    value=lambda: adam_energy.effective_penalty(0.95, 0.8, step=1.0),
    name="the coefficient is that of β₁ = 0.95, β₂ = 0.8",
    misconceptions=(
        (0.95 - 0.8, "β₁ − β₂ alone is not ε₁ − ε₂: what has become of the denominators Δt/(1 − β)?"),
        ((0.95 - 0.8) / 0.05, "Divided by 1 − β₁ alone. The common denominator is a product."),
        ((0.95 - 0.8) / 0.2, "Divided by 1 − β₂ alone. The common denominator is a product."),
        (lambda x: _near(x, 10, -10), "ε₁/2 is the factor in the energy, Eq. (5.28). "
         "The effective penalty is another thing: the difference ε₁ − ε₂."),
        (lambda x: _near(x, 20, -20), "This is ε₁/Δt alone; ε₂ has its part."),
        (lambda x: _near(x, 5, -5), "This is ε₂/Δt alone; ε₁ has its part."),
        (25, "ε₂ is to be subtracted, not added."),
        (4, "This is ε₁/ε₂, which decides whether the energy falls. Here the difference is asked for."),
    ),
    hints=(
        "Each β belongs to one memory, by β = 1 − Δt/ε. Solve for ε.",
        "Write ε₁/Δt and ε₂/Δt as numbers first; both are whole numbers.",
        "Subtract the second from the first. Mind which memory is the longer one: that is the sign.",
    ),
    solution="ε₁ = Δt/(1 − 0.95) = 20 Δt and ε₂ = Δt/(1 − 0.8) = 5 Δt, so (ε₁ − ε₂)/Δt = **15**. "
    "In one formula: (β₁ − β₂)/((1 − β₁)(1 − β₂)) = 0.15/(0.05 · 0.2). "
    "It is positive: with the memory of Z longer than that of D, ADAM favors small gradients.",
)  # fmt: skip


def _near(number: float, *values: float) -> bool:
    return any(abs(number - value) <= 1e-3 * abs(value) for value in values)


# --- a function: one step in the Keras form --------------------------------------------------------------


def step(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    rate = learning_rate * (1 - beta_2**t) ** 0.5 / (1 - beta_1**t)
    w = w - rate * m / (np.sqrt(v) + epsilon)
    return w, m, v


keras_step = Exercise(
    "one step of ADAM, in the Keras form",
    """Write `step(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon)`, one step of ADAM as in Keras.

`w`, `m`, `v` and `g` are arrays of one shape: weights, first and second moment, gradient.
`t` is the number of this step, 1 for the first. Return the new `w, m, v`, in this order, as new arrays;
all operations are coordinate by coordinate.""",
    properties=keras_step_properties,
    arguments=tuple(inspect.signature(step).parameters),
    results=("w", "m", "v"),
    like="w",
    reference=step,
    hints=(
        "Four lines: the first moment, the second moment, the corrected rate, the move of `w`. "
        "In this order, since the move uses the new moments.",
        "The moments start at zero, so after t steps they hold only the shares 1 − β₁ᵗ and 1 − β₂ᵗ of an "
        "average. One corrects `m`, the other `v`; `v` sits under a root, and so does its correction.",
        "Keras multiplies both corrections into the learning rate and leaves `m` and `v` as they are. "
        "Epsilon is then added to the root of the uncorrected `v`.",
    ),
    solution=f"```python\n{inspect.getsource(step)}```\n"
    "In the paper's form the correction of `v` is made before epsilon is added, so that the same epsilon "
    "weighs less there: the two agree only as epsilon tends to 0.",
)

# --- a counterexample: a state where the energy rises ----------------------------------------------------


def scaled_rate(epsilon_1: float, epsilon_2: float, W: float, Z: float, D: float) -> Fraction:
    """√D dE/dt for J = w²/2 in exact arithmetic: −(1 − ε₁/4ε₂) Z² − (ε₁/4ε₂) Z² W²/D."""
    e_1, e_2, w, z, d = (Fraction(x) for x in (epsilon_1, epsilon_2, W, Z, D))
    ratio = e_1 / (4 * e_2)
    return -(1 - ratio) * z**2 - ratio * z**2 * w**2 / d


def _rates(epsilon_1: float, epsilon_2: float, W: float, Z: float, D: float) -> tuple[float, float]:
    """dE/dt by the identity and by the chain rule, in floating point."""
    state = (np.array([W]), np.array([Z]), np.array([D]))
    loss = half_square()
    return tuple(
        float(rate(loss, *state, epsilon_1, epsilon_2))
        for rate in (adam_energy.energy_rate, adam_energy.energy_rate_by_chain_rule)
    )


def _confirmed(**state: float) -> str:
    with np.errstate(all="ignore"):
        identity, chain = _rates(**state)
    if not np.isfinite([identity, chain]).all():
        return "dE/dt > 0 there, verified in exact arithmetic (too large or too small for floating point)."
    return f"dE/dt > 0 there, exactly: {identity:.4g} by the identity, {chain:.4g} by the chain rule."


def _falling(**state: float) -> str:
    rate = scaled_rate(**state)
    if state["Z"] == 0:
        return "With Z = 0 every term of the identity vanishes: dE/dt = 0."
    if rate == 0:
        return "There dE/dt = 0 exactly: the two terms of the identity cancel."
    return (
        "There dE/dt is negative. The first term of the identity drives E up; "
        "the second, where W² is large against D, pulls it down, and here it wins."
    )


def _positive(name: str) -> Condition:
    return Condition(
        f"{name} is positive",
        lambda **state: state[name] > 0,
        lambda **state: f"`{name}` must be positive; it is {state[name]:g}.",
    )


rising_energy = CounterexampleExercise(
    "a state where the energy rises",
    """Take J = w²/2 with one weight. Propose memories ε₁, ε₂ and a state W, Z, D, with D > 0, where dE/dt > 0
along ADAM's flow (5.23), reconstructed, for the energy (5.24), reconstructed.

Write `check(epsilon_1=…, epsilon_2=…, W=…, Z=…, D=…)`.""",
    fields=("epsilon_1", "epsilon_2", "W", "Z", "D"),
    conditions=(
        _positive("epsilon_1"),
        _positive("epsilon_2"),
        _positive("D"),
        Condition(
            "the memories allow a rise",
            lambda epsilon_1, epsilon_2, **_: Fraction(epsilon_1) > 4 * Fraction(epsilon_2),
            lambda **_: "For these ε₁ and ε₂ the energy never rises, whatever the state: "
            "they satisfy the condition under which it is proven to fall.",
        ),
        Condition("the energy rises at this state", lambda **state: scaled_rate(**state) > 0, _falling),
    ),
    confirmed=_confirmed,
    hints=(
        "Look at the signs in the identity for dE/dt. The last term is never positive; when is the first?",
        "The condition for a guaranteed fall is ε₁ ≤ 4 ε₂. Go beyond it: the memory of D shorter still.",
        "With J = w²/2 the gradient is W. Make the last term small: W small against √D, and Z not zero.",
    ),
    solution="With ρ = ε₁/(4 ε₂) the identity reads √D dE/dt = (ρ − 1) Z² − ρ Z² W²/D. "
    "It is positive when ρ > 1, Z ≠ 0 and W² < (1 − 1/ρ) D. "
    "For instance ε₁ = 1, ε₂ = 0.125 (so ρ = 2), W = 0, Z = −1, D = 1 gives **dE/dt = 1**. "
    "W = 0 is the minimum, rolled through at speed: there D forgets the gradient faster than Z does.",
)  # fmt: skip

"""What characterizes one step of ADAM in the Keras form, as properties that can be tested one by one.

A step is `step(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon) -> (w, m, v)`; t counts from 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from helpers.teaching.properties import Inputs, Property, number

FIRST_MOMENT = "the first moment averages the gradient with the memory of β₁"
QUADRATIC = "the second moment grows like the square of the gradient"
COORDINATES = "each coordinate is treated on its own"
SECOND_MOMENT = "the second moment averages the squared gradient, coordinate by coordinate"
NEW_MOMENTS = "the step uses the moments just updated"
DOWNHILL = "the first step goes downhill"
REST = "with a zero gradient and a zero first moment nothing moves"
LEARNING_RATE = "the step is proportional to the learning rate"
SCALE = "as epsilon tends to 0, the scale of the gradients does not matter"
FIRST_STEP = "the first step has the length of the learning rate, whatever the gradient (bias correction)"
CONSTANT_GRADIENT = "under a constant gradient every step has that length too (bias correction)"
EPSILON = "epsilon has the place that Keras gives it"

# Two formulas that are equal in exact arithmetic differ by rounding units, of numbers up to 10.
ROUNDING = 1e-10
# With epsilon = 1e-14, gradients from 0.1 and β₂ up to 0.99, epsilon changes a step by less than 1e-12.
TINY = 1e-14


def _drawn(rng: np.random.Generator, size: int) -> Inputs:
    """A state in the middle of a run: every entry has one digit after the point and none is zero."""

    def signed() -> np.ndarray:
        return rng.integers(1, 30, size) / 10 * rng.choice([-1.0, 1.0], size)

    beta_1, beta_2 = rng.choice([0.5, 0.6, 0.7, 0.8, 0.9, 0.95], 2, replace=False)
    while abs((1 - beta_1) ** 2 - (1 - beta_2)) < 1e-3:  # there the corrections of t = 1 cancel
        beta_2 = rng.choice([0.55, 0.65, 0.85])
    return {
        "w": signed(),
        "m": signed(),
        "v": np.abs(signed()),
        "g": signed(),
        "t": int(rng.integers(2, 12)),
        "learning_rate": float(rng.integers(1, 20) / 10),
        "beta_1": float(beta_1),
        "beta_2": float(beta_2),
        "epsilon": TINY,
    }


def _first(rng: np.random.Generator, size: int) -> Inputs:
    """The state at the first iteration: both moments are zero."""
    zero = np.zeros(size)
    return _drawn(rng, size) | {"m": zero, "v": zero, "t": 1}


def _at_rest(rng: np.random.Generator, size: int) -> Inputs:
    zero = np.zeros(size)
    return _drawn(rng, size) | {"m": zero, "g": zero, "epsilon": float(rng.integers(1, 9) / 10)}


def _visible_epsilon(rng: np.random.Generator, size: int) -> Inputs:
    """At times a gradient of 1e-8, where Keras' epsilon decides; at times an epsilon as large as √v."""
    if rng.random() < 0.5:
        return _first(rng, size) | {"g": np.full(size, 1e-8), "epsilon": 1e-7, "learning_rate": 1.0}
    return _drawn(rng, size) | {"epsilon": float(rng.integers(1, 9) / 10)}


def _close(left: np.ndarray, right: np.ndarray) -> bool:
    return bool(np.allclose(left, right, rtol=ROUNDING, atol=ROUNDING))


def _move(step: Callable, inputs: Inputs) -> np.ndarray:
    """How far w moves; started from w = 0, so that no digit is lost in the difference."""
    return step(**inputs | {"w": np.zeros_like(inputs["w"])})[0]


def _first_moment(step: Callable, inputs: Inputs) -> bool:
    expected = inputs["beta_1"] * inputs["m"] + (1 - inputs["beta_1"]) * inputs["g"]
    return _close(step(**inputs)[1], expected)


def _quadratic(step: Callable, inputs: Inputs) -> bool:
    def second(factor: float) -> np.ndarray:
        return step(**inputs | {"g": factor * inputs["g"]})[2]

    return _close(second(2.0), 4 * second(1.0)) and _close(second(-1.0), second(1.0))


def _seen_quadratic(step: Callable, inputs: Inputs) -> str:
    once, twice, turned = (step(**inputs | {"g": c * inputs["g"]})[2] for c in (1.0, 2.0, -1.0))
    return (
        f"Starting from v = 0, this gradient gives v = {number(once)}, twice the gradient "
        f"v = {number(twice)}, and the opposite gradient v = {number(turned)}."
    )


def _coordinates(step: Callable, inputs: Inputs) -> bool:
    together = step(**inputs)
    for i in range(len(inputs["w"])):
        alone = step(**inputs | {name: inputs[name][i : i + 1] for name in "wmvg"})
        if not all(_close(a[i : i + 1], b) for a, b in zip(together, alone, strict=True)):
            return False
    return True


def _second_moment(step: Callable, inputs: Inputs) -> bool:
    expected = inputs["beta_2"] * inputs["v"] + (1 - inputs["beta_2"]) * inputs["g"] ** 2
    return _close(step(**inputs)[2], expected)


def _new_moments(step: Callable, inputs: Inputs) -> bool:
    one, other = _move(step, inputs), _move(step, inputs | {"g": -inputs["g"]})
    return bool(np.all(np.abs(one - other) > ROUNDING))


def _downhill(step: Callable, inputs: Inputs) -> bool:
    return bool(np.all(_move(step, inputs) * inputs["g"] < 0))


def _rest(step: Callable, inputs: Inputs) -> bool:
    return _close(step(**inputs)[0], inputs["w"])


def _learning_rate(step: Callable, inputs: Inputs) -> bool:
    twice = _move(step, inputs | {"learning_rate": 2 * inputs["learning_rate"]})
    return _close(twice, 2 * _move(step, inputs))


def _scale(step: Callable, inputs: Inputs) -> bool:
    return _close(_move(step, inputs), _move(step, _scaled(inputs)))


def _scaled(inputs: Inputs) -> Inputs:
    """The state a run has if all its gradients are four times larger."""
    return inputs | {"m": 4 * inputs["m"], "v": 16 * inputs["v"], "g": 4 * inputs["g"]}


def _first_step(step: Callable, inputs: Inputs) -> bool:
    return _close(np.abs(_move(step, inputs)), np.full_like(inputs["g"], inputs["learning_rate"]))


def _constant_gradient(step: Callable, inputs: Inputs) -> bool:
    return all(
        _close(length, np.full_like(length, inputs["learning_rate"])) for length in _lengths(step, inputs)
    )


def _lengths(step: Callable, inputs: Inputs) -> list[np.ndarray]:
    """The lengths of the steps 1..t from zero moments under the gradient g."""
    m = v = np.zeros_like(inputs["g"])
    lengths = []
    for t in range(1, inputs["t"] + 1):
        start = np.zeros_like(m)
        w, m, v = step(**inputs | {"w": start, "m": m, "v": v, "t": t})
        lengths.append(np.abs(w))
    return lengths


def _seen_lengths(step: Callable, inputs: Inputs) -> str:
    steps = ", ".join(number(length[0]) for length in _lengths(step, inputs))
    return f"From zero moments and with this gradient at every step, the first coordinate moves by {steps}."


def _epsilon(step: Callable, inputs: Inputs) -> bool:
    """Compare w's move with that for epsilon → 0: their ratio is √v/(√v + ε), v the new second moment."""
    _, _, v = step(**inputs)
    root, epsilon = np.sqrt(v), inputs["epsilon"]
    free = _move(step, inputs | {"epsilon": epsilon * 1e-14})
    # The move without epsilon is itself found with an epsilon, 1e-14 times smaller: hence 1e-9, relative.
    return bool(np.allclose(_move(step, inputs) * (root + epsilon), free * root, rtol=1e-9, atol=0))


def _seen_move(step: Callable, inputs: Inputs) -> str:
    return f"For these inputs w moves by {number(_move(step, inputs))}."


def _seen_rate(step: Callable, inputs: Inputs) -> str:
    twice = _move(step, inputs | {"learning_rate": 2 * inputs["learning_rate"]})
    return f"w moves by {number(_move(step, inputs))}, and with twice that learning rate by {number(twice)}."


def _seen_scale(step: Callable, inputs: Inputs) -> str:
    scaled = _move(step, _scaled(inputs))
    return (
        f"w moves by {number(_move(step, inputs))}, and with gradients four times larger by {number(scaled)}."
    )


def _seen_epsilon(step: Callable, inputs: Inputs) -> str:
    larger = _move(step, inputs | {"epsilon": 2 * inputs["epsilon"]})
    return f"w moves by {number(_move(step, inputs))}, and with twice that epsilon by {number(larger)}."


def _no_second_moment(rng: np.random.Generator, size: int) -> Inputs:
    return _drawn(rng, size) | {"v": np.zeros(size)}


def _several(rng: np.random.Generator, size: int) -> Inputs:
    return _drawn(rng, size + 1)


keras_step_properties = (
    Property(FIRST_MOMENT, _drawn, _first_moment),
    Property(QUADRATIC, _no_second_moment, _quadratic, _seen_quadratic),
    Property(COORDINATES, _several, _coordinates),
    Property(SECOND_MOMENT, _drawn, _second_moment),
    Property(NEW_MOMENTS, _drawn, _new_moments, _seen_move),
    Property(REST, _at_rest, _rest),
    Property(DOWNHILL, _first, _downhill, _seen_move),
    Property(LEARNING_RATE, _drawn, _learning_rate, _seen_rate),
    Property(SCALE, _drawn, _scale, _seen_scale),
    Property(FIRST_STEP, _first, _first_step, _seen_move),
    Property(CONSTANT_GRADIENT, _drawn, _constant_gradient, _seen_lengths),
    Property(EPSILON, _visible_epsilon, _epsilon, _seen_epsilon),
)

"""What characterizes one step of ADAM in the Keras form, as properties that can be tested one by one.

A step is `step(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon) -> (w, m, v)`; t counts from 1.
"""

from collections.abc import Callable

import numpy as np

from helpers.mathematics.adam import adam_step
from helpers.mathematics.numerals import numeral
from helpers.teaching.properties import ROUNDING, Finding, Inputs, Property, agrees, equal

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
SCHEME = "arrays of any shape, memories of any length and every t give the step of Keras"

# With epsilon = 1e-14, gradients from 0.1 and β₂ up to 0.99, epsilon changes a step by less than 1e-12.
TINY = 1e-14


def keras(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """The package's own step, with the arguments of the exercise."""
    more = {"step": learning_rate, "beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon, "iteration": t}
    return adam_step("keras", w, m, v, g, **more)


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


def _strong(rng: np.random.Generator, size: int) -> Inputs:
    """Arrays of one to three dimensions, t up to a million, long and no memories, gradients of any size."""
    shape = tuple(rng.integers(1, 4, 1 + size % 3))

    def digits(low: float, high: float) -> np.ndarray:
        values = np.round(10 ** rng.uniform(low, high, shape), 6)
        return np.maximum(values, 1e-6) * rng.choice([-1.0, 1.0], shape)

    betas = [0.0, 0.5, 0.6, 0.9, 0.99, 0.999, 0.9999]
    g, m = digits(-2, 1), digits(-2, 1)
    beta_1, beta_2 = rng.choice(betas, 2)
    cancel = np.abs(beta_1 * m + (1 - beta_1) * g) < 0.01 * np.abs(beta_1 * m)
    return {
        "w": digits(-2, 0) * rng.integers(0, 2),  # from 0, too: there no digit of the move is lost
        "m": np.where(cancel, -m, m),
        "v": np.abs(digits(-2, 1)),
        "g": g,
        "t": int(rng.choice([1, 2, 3, 10, 30, 100, 1000, 10_000, 1_000_000])),
        "learning_rate": float(rng.choice([0.001, 0.01, 0.3, 1.0, 20.0])),
        "beta_1": float(beta_1),
        "beta_2": float(beta_2),
        "epsilon": float(rng.choice([1e-7, 1e-3, 0.1, 1.0])),
    }


def _first(rng: np.random.Generator, size: int) -> Inputs:
    """The state at the first iteration: both moments are zero."""
    zero = np.zeros(size)
    return _drawn(rng, size) | {"m": zero, "v": zero, "t": 1}


def _is_first(inputs: Inputs) -> bool:
    return inputs["t"] == 1 and not inputs["m"].any() and not inputs["v"].any()


def _at_rest(rng: np.random.Generator, size: int) -> Inputs:
    zero = np.zeros(size)
    return _drawn(rng, size) | {"m": zero, "g": zero, "epsilon": float(rng.integers(1, 9) / 10)}


def _visible_epsilon(rng: np.random.Generator, size: int) -> Inputs:
    """At times a gradient of 1e-8, where Keras' epsilon decides; at times an epsilon as large as √v."""
    if rng.random() < 0.5:
        return _first(rng, size) | {"g": np.full(size, 1e-8), "epsilon": 1e-7, "learning_rate": 1.0}
    return _drawn(rng, size) | {"epsilon": float(rng.integers(1, 9) / 10)}


def _move(step: Callable, inputs: Inputs) -> np.ndarray:
    """How far w moves; started from w = 0, so that no digit is lost in the difference."""
    return step(**inputs | {"w": np.zeros_like(inputs["w"])})[0]


def _first_moment(step: Callable, inputs: Inputs) -> Finding:
    due = inputs["beta_1"] * inputs["m"] + (1 - inputs["beta_1"]) * inputs["g"]
    return equal(step(**inputs)[1], due, "For these inputs it came out as {got}.")


def _quadratic(step: Callable, inputs: Inputs) -> Finding:
    def second(factor: float) -> np.ndarray:
        return step(**inputs | {"g": factor * inputs["g"]})[2]

    once, twice = second(1.0), second(2.0)
    found = equal(twice, 4 * once)
    if not found.holds:
        seen = numeral(once.flat[0], 6), numeral(twice.flat[0], 6)
        words = "Starting from v = 0, this gradient gives v = {}, and twice the gradient v = {}."
        return Finding(False, words.format(*seen), found.visible)
    return equal(second(-1.0), second(1.0), "This gradient gives v = {due}, the opposite gradient v = {got}.")


def _coordinates(step: Callable, inputs: Inputs) -> Finding:
    together = step(**inputs)
    for index in np.ndindex(inputs["w"].shape):
        alone = step(**inputs | {name: inputs[name][index].reshape(1) for name in "wmvg"})
        for name, a, b in zip("wmv", together, alone, strict=True):
            words = f"One coordinate of `{name}` came out as {{got}}, and as {{due}} without the others."
            found = equal(a[index].reshape(1), b, words)
            if not found.holds:
                return found
    return Finding(True)


def _second_moment(step: Callable, inputs: Inputs) -> Finding:
    due = inputs["beta_2"] * inputs["v"] + (1 - inputs["beta_2"]) * inputs["g"] ** 2
    return equal(step(**inputs)[2], due, "For these inputs it came out as {got}.")


def _new_moments(step: Callable, inputs: Inputs) -> Finding:
    one, other = _move(step, inputs), _move(step, inputs | {"g": -inputs["g"]})
    still = np.abs(one - other) <= ROUNDING * np.maximum(1, np.abs(one))
    if not still.any():
        return Finding(True)
    moved = numeral(one[still][0], 6)
    return Finding(False, f"For this gradient and for the opposite one w moves alike, by {moved}.")


def _downhill(step: Callable, inputs: Inputs) -> Finding:
    move = _move(step, inputs)
    up = move * inputs["g"] >= 0
    if not up.any():
        return Finding(True)
    words = f"Against a gradient of {numeral(inputs['g'][up][0])} w moves by {numeral(move[up][0], 6)}."
    return Finding(False, words)


def _rest(step: Callable, inputs: Inputs) -> Finding:
    return equal(step(**inputs)[0], inputs["w"], "w = {due} became {got}.")


def _learning_rate(step: Callable, inputs: Inputs) -> Finding:
    once = _move(step, inputs)
    twice = _move(step, inputs | {"learning_rate": 2 * inputs["learning_rate"]})
    found = equal(twice, 2 * once)
    words = (
        f"w moves by {numeral(once.flat[0], 6)}, and with twice that learning rate by "
        f"{numeral(twice.flat[0], 6)}."
    )
    return found if found.holds else Finding(False, words, found.visible)


def _scale(step: Callable, inputs: Inputs) -> Finding:
    """The state a run has if all its gradients are four times larger."""
    larger = inputs | {"m": 4 * inputs["m"], "v": 16 * inputs["v"], "g": 4 * inputs["g"]}
    words = "w moves by {due}, and with gradients four times larger by {got}."
    return equal(_move(step, larger), _move(step, inputs), words)


def _first_step(step: Callable, inputs: Inputs) -> Finding:
    due = np.full_like(inputs["g"], inputs["learning_rate"])
    return equal(
        np.abs(_move(step, inputs)), due, "The first step has the length {got}, with learning_rate = {due}."
    )


def _constant_gradient(step: Callable, inputs: Inputs) -> Finding:
    m = v = np.zeros_like(inputs["g"])
    due = np.full_like(m, inputs["learning_rate"])
    for t in range(1, inputs["t"] + 1):
        move, m, v = step(**inputs | {"w": np.zeros_like(due), "m": m, "v": v, "t": t})
        words = f"From zero moments, with this gradient at every step, step {t} has the length {{got}}, with "
        found = equal(np.abs(move), due, words + "learning_rate = {due}.")
        if not found.holds:
            return found
    return Finding(True)


def _epsilon(step: Callable, inputs: Inputs) -> Finding:
    """Compare w's move with that for epsilon → 0: their ratio is √v/(√v + ε), v the new second moment."""
    _, _, v = step(**inputs)
    root, epsilon = np.sqrt(v), inputs["epsilon"]
    free, move = _move(step, inputs | {"epsilon": epsilon * 1e-14}), _move(step, inputs)
    # The move without epsilon is itself found with an epsilon, 1e-14 times smaller: hence 1e-9, relative.
    due = free * root / (root + epsilon)
    return equal(move, due, "With this epsilon w moves by {got}.", rtol=1e-9, atol=0)


def _no_second_moment(rng: np.random.Generator, size: int) -> Inputs:
    return _drawn(rng, size) | {"v": np.zeros(size)}


keras_step_properties = (
    Property(FIRST_MOMENT, _drawn, _first_moment),
    Property(QUADRATIC, _no_second_moment, _quadratic, domain=lambda inputs: not inputs["v"].any()),
    Property(COORDINATES, lambda rng, size: _drawn(rng, size + 1), _coordinates),
    Property(SECOND_MOMENT, _drawn, _second_moment),
    Property(NEW_MOMENTS, _drawn, _new_moments),
    Property(REST, _at_rest, _rest, domain=lambda inputs: not inputs["m"].any() and not inputs["g"].any()),
    Property(DOWNHILL, _first, _downhill, domain=_is_first),
    Property(LEARNING_RATE, _drawn, _learning_rate),
    Property(SCALE, _drawn, _scale),
    Property(FIRST_STEP, _first, _first_step, domain=_is_first),
    Property(CONSTANT_GRADIENT, _drawn, _constant_gradient),
    Property(EPSILON, _visible_epsilon, _epsilon, domain=lambda inputs: inputs["epsilon"] > TINY),
    agrees(SCHEME, keras, _strong, sizes=tuple(range(24))),
)

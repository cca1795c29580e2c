"""What makes random weights keep ReLU's mean square, as properties that can be tested one by one.

An initializer is `weights(n_in, n_out, seed) -> W`, of shape (n_out, n_in).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from helpers.teaching.properties import Inputs, Property

SHAPE = "a row for each neuron, a column for each input"
DISTINCT = "no two neurons are alike"
SEEDED = "the same seed gives the same weights, another seed others"
MEAN = "the mean of the weights is zero"
FAN_IN = "the variance of the weights is inversely proportional to the number of inputs"
FAN_OUT = "the variance of the weights does not depend on the number of outputs"
ONE_LAYER = "one ReLU layer keeps the mean square"
DEPTH = "twenty ReLU layers keep the mean square within a factor 10"

# With 2e4 weights or more, a normal law's measured variance is off by 1 % (one standard deviation), that of a
# law of kurtosis 9 by 2 %: ratios of two stay within 15 %, beyond five standard deviations.
VARIANCE = 0.15
LAYERS = 20


def _sizes(rng: np.random.Generator, size: int) -> Inputs:
    n_in, n_out = rng.integers(150, 300, 2)
    return {"n_in": int(n_in), "n_out": int(n_out), "seed": int(rng.integers(1, 10**6))}


def _square(rng: np.random.Generator, size: int) -> Inputs:
    inputs = _sizes(rng, size)
    return inputs | {"n_in": 512, "n_out": 512}


def _shape(weights: Callable, inputs: Inputs) -> bool:
    return weights(**inputs).shape == (inputs["n_out"], inputs["n_in"])


def _seen_shape(weights: Callable, inputs: Inputs) -> str:
    return f"The shape is {weights(**inputs).shape}."


def _distinct(weights: Callable, inputs: Inputs) -> bool:
    w = weights(**inputs)
    return len(np.unique(w, axis=0)) == len(w)


def _seen_distinct(weights: Callable, inputs: Inputs) -> str:
    w = weights(**inputs)
    return f"Of {len(w)} rows, {len(np.unique(w, axis=0))} are different: the symmetry of §5.4 is not broken."


def _seeded(weights: Callable, inputs: Inputs) -> bool:
    again, other = weights(**inputs), weights(**inputs | {"seed": inputs["seed"] + 1})
    return bool(np.array_equal(weights(**inputs), again) and not np.array_equal(again, other))


def _mean(weights: Callable, inputs: Inputs) -> bool:
    w = weights(**inputs)
    return bool(abs(w.mean()) <= 6 * w.std() / np.sqrt(w.size))  # six standard errors


def _seen_mean(weights: Callable, inputs: Inputs) -> str:
    w = weights(**inputs)
    return f"The mean is {w.mean():.3g}, with a standard deviation of {w.std():.3g} of the weights."


def _variance_ratio(weights: Callable, inputs: Inputs, name: str) -> float:
    """Variance with four times as many inputs or outputs, over the variance."""
    before, after = weights(**inputs).var(), weights(**inputs | {name: 4 * inputs[name]}).var()
    return float(after / before)


def _fan_in(weights: Callable, inputs: Inputs) -> bool:
    # Glorot's law divides by n_in + n_out: it fails the next property, and passes this one by half
    return _variance_ratio(weights, inputs, "n_in") < 0.6


def _seen_fan_in(weights: Callable, inputs: Inputs) -> str:
    ratio = _variance_ratio(weights, inputs, "n_in")
    return f"With four times as many inputs the variance is {ratio:.3g} times as large."


def _fan_out(weights: Callable, inputs: Inputs) -> bool:
    return abs(_variance_ratio(weights, inputs, "n_out") - 1) < VARIANCE


def _seen_fan_out(weights: Callable, inputs: Inputs) -> str:
    ratio = _variance_ratio(weights, inputs, "n_out")
    return f"With four times as many outputs the variance is {ratio:.3g} times as large."


def _gain(weights: Callable, inputs: Inputs, layers: int) -> float:
    """Mean square of the activations after so many ReLU layers over that before, on 64 random inputs."""
    n = inputs["n_in"]
    a = np.random.default_rng(inputs["seed"]).standard_normal((n, 64))
    before = np.mean(a**2)
    for layer in range(layers):
        w = weights(n_in=len(a), n_out=inputs["n_out"], seed=inputs["seed"] + layer)
        a = np.maximum(w @ a, 0)
    return float(np.mean(a**2) / before)


def _one_layer(weights: Callable, inputs: Inputs) -> bool:
    # over 64 inputs and 512 neurons the gain fluctuates by less than 2 %
    return abs(_gain(weights, inputs, 1) - 1) < VARIANCE


def _seen_one(weights: Callable, inputs: Inputs) -> str:
    return f"One layer of ReLU multiplies the mean square by {_gain(weights, inputs, 1):.3g}."


def _depth(weights: Callable, inputs: Inputs) -> bool:
    # the logarithm fluctuates by √(5 · 20/512) = 0.44 (independent layers): log 10 is five times that
    return 0.1 < _gain(weights, inputs, LAYERS) < 10


def _seen_depth(weights: Callable, inputs: Inputs) -> str:
    return f"{LAYERS} layers multiply the mean square by {_gain(weights, inputs, LAYERS):.3g}."


relu_properties = (
    Property(SHAPE, _sizes, _shape, _seen_shape, sizes=(1, 1)),
    Property(DISTINCT, _sizes, _distinct, _seen_distinct, sizes=(1, 1)),
    Property(SEEDED, _sizes, _seeded, sizes=(1,)),
    Property(MEAN, _sizes, _mean, _seen_mean, sizes=(1, 1)),
    Property(FAN_IN, _sizes, _fan_in, _seen_fan_in, sizes=(1, 1)),
    Property(FAN_OUT, _sizes, _fan_out, _seen_fan_out, sizes=(1, 1)),
    Property(ONE_LAYER, _square, _one_layer, _seen_one, sizes=(1, 1)),
    Property(DEPTH, _square, _depth, _seen_depth, sizes=(1,)),
)

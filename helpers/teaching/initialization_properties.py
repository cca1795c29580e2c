"""What makes random weights keep ReLU's mean square, as properties that can be tested one by one.

An initializer is `weights(n_in, n_out, seed) -> W`, of shape (n_out, n_in).
"""

from collections.abc import Callable

import numpy as np

from helpers.mathematics.numerals import numeral
from helpers.teaching.properties import Finding, Inputs, Property

SHAPE = "a row for each neuron, a column for each input"
DISTINCT = "no two neurons are alike"
SEEDED = "another seed gives other weights"
MEAN = "the mean of the weights is zero"
FAN_OUT = "the variance of the weights does not depend on the number of outputs"
FAN_IN = "the variance of the weights is inversely proportional to the number of inputs"
ONE_LAYER = "one ReLU layer keeps the mean square"
DEPTH = "twenty ReLU layers keep the mean square within a factor 30"

# With 1.7e4 weights or more a normal law's measured variance is off by 1 % (one standard deviation), that of
# a law of kurtosis 9 by 2.2 %: ratios of two stay within 15 %, beyond five standard deviations.
VARIANCE = 0.15
LAYERS, WIDTH = 20, 160


def _sizes(rng: np.random.Generator, size: int) -> Inputs:
    n_in, n_out = rng.integers(130, 200, 2)
    return {"n_in": int(n_in), "n_out": int(n_out), "seed": int(rng.integers(1, 10**6))}


def _square(rng: np.random.Generator, size: int) -> Inputs:
    return _sizes(rng, size) | {"n_in": size, "n_out": size}


def _never(inputs: Inputs) -> bool:
    """Laws of large numbers: smaller layers would show chance."""
    return False


def _shape(weights: Callable, inputs: Inputs) -> Finding:
    shape = weights(**inputs).shape
    return Finding(shape == (inputs["n_out"], inputs["n_in"]), f"The shape is {shape}.")


def _distinct(weights: Callable, inputs: Inputs) -> Finding:
    w = weights(**inputs)
    different = len(np.unique(w, axis=0))
    words = f"Of {len(w)} rows, {different} are different: the symmetry of §5.4 is not broken."
    return Finding(different == len(w), words)


def _seeded(weights: Callable, inputs: Inputs) -> Finding:
    same = np.array_equal(weights(**inputs), weights(**inputs | {"seed": inputs["seed"] + 1}))
    return Finding(not same, f"The seeds {inputs['seed']} and {inputs['seed'] + 1} give the same weights.")


def _mean(weights: Callable, inputs: Inputs) -> Finding:
    w = weights(**inputs)
    mean, deviation = float(w.mean()), float(w.std())
    words = f"The mean is {numeral(mean)}, with a standard deviation of {numeral(deviation)} of the weights."
    return Finding(abs(mean) <= 7 * deviation / np.sqrt(w.size), words)  # seven standard errors


def power(weights: Callable, inputs: Inputs, name: str) -> tuple[float, float]:
    """The fitted power of n_in or n_out in the variance, and the ratio for four times as many."""
    before, after = weights(**inputs).var(), weights(**inputs | {name: 4 * inputs[name]}).var()
    ratio = float(after / before) if before > 0 else 1.0
    return float(np.log(max(ratio, 1e-300)) / np.log(4)), ratio


def _varies(name: str, what: str, due: float) -> Callable[[Callable, Inputs], Finding]:
    def compare(weights: Callable, inputs: Inputs) -> Finding:
        exponent, ratio = power(weights, inputs, name)
        words = (
            f"With four times as many {what} the variance is multiplied by {numeral(ratio)}: "
            f"it goes like {name} to the power {numeral(exponent, decimals=2)}."
        )
        return Finding(abs(exponent - due) <= VARIANCE / np.log(4), words)

    return compare


def gain(weights: Callable, inputs: Inputs, layers: int) -> float:
    """Mean square of the activations after so many ReLU layers over that before, on 64 random inputs."""
    n = inputs["n_in"]
    a = np.random.default_rng(inputs["seed"]).standard_normal((n, 64))
    before = np.mean(a**2)
    for layer in range(layers):
        w = weights(n_in=len(a), n_out=inputs["n_out"], seed=inputs["seed"] + layer)
        a = np.maximum(w @ a, 0)
    return float(np.mean(a**2) / before)


def _one_layer(weights: Callable, inputs: Inputs) -> Finding:
    # over 64 inputs and 384 neurons the gain fluctuates by less than 2 %
    seen = gain(weights, inputs, 1)
    words = (
        f"One layer of ReLU with 384 inputs and 384 neurons multiplies the mean square by {numeral(seen)}."
    )
    return Finding(abs(seen - 1) < VARIANCE, words)


def _depth(weights: Callable, inputs: Inputs) -> Finding:
    # the logarithm fluctuates by √(5 · 20/160) = 0.79 (independent layers): log 30 is four times that
    seen = gain(weights, inputs, LAYERS)
    words = f"{LAYERS} layers of {WIDTH} neurons multiply the mean square by {numeral(seen)}."
    return Finding(1 / 30 < seen < 30, words)


relu_properties = (
    Property(SHAPE, _sizes, _shape, sizes=(1,), domain=_never),
    Property(DISTINCT, _sizes, _distinct, sizes=(1,), domain=_never),
    Property(SEEDED, _sizes, _seeded, sizes=(1,), domain=_never),
    Property(MEAN, _sizes, _mean, sizes=(1,), domain=_never),
    Property(FAN_OUT, _sizes, _varies("n_out", "outputs", 0.0), sizes=(1,), domain=_never),
    Property(FAN_IN, _sizes, _varies("n_in", "inputs", -1.0), sizes=(1,), domain=_never),
    Property(ONE_LAYER, _square, _one_layer, sizes=(384,), domain=_never),
    Property(DEPTH, _square, _depth, sizes=(WIDTH,), domain=_never),
)

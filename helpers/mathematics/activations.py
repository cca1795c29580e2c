"""Activation functions by name, each with its derivative written in terms of its value."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Activation:
    """φ and φ'; ``slope`` takes a = φ(z) and returns φ'(z), with φ'(0) = 0 for ReLU, as TensorFlow has it."""

    name: str
    value: Callable
    slope: Callable


def _sigmoid(z):
    a = np.tanh(0.5 * z)  # no exponential to overflow
    a += 1
    a *= 0.5
    return a


def _tanh_slope(a):
    s = a * a
    return np.subtract(1, s, out=s)


ACTIVATIONS = {
    activation.name: activation
    for activation in (
        Activation("linear", lambda z: z, np.ones_like),
        Activation("tanh", np.tanh, _tanh_slope),
        Activation("relu", lambda z: np.maximum(z, 0), lambda a: (a > 0).astype(a.dtype)),
        Activation("sigmoid", _sigmoid, lambda a: a * (1 - a)),
    )
}


def activation(name):
    """The activation of this name; raises ValueError that lists the known names."""
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ValueError(f"unknown activation {name!r}; the known ones are {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]

"""Activation functions by name, each with its derivative written in terms of its value."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from helpers.mathematics import checks


@dataclass(frozen=True)
class Activation:
    """φ and φ'; ``slope`` takes a = φ(z) and returns φ'(z), with φ'(0) = 0 for ReLU, as TensorFlow has it.

    ``value`` takes an array for the result as ``out``, which may be z. ``pull_back``, of (δ, a), multiplies δ
    by φ'(z) in place, in fewer calls.
    """

    name: str
    value: Callable
    slope: Callable
    pull_back: Callable


def _pull_back_tanh(delta, a):
    s = a * a
    s *= delta
    delta -= s


def _pull_back_sigmoid(delta, a):
    delta *= a
    delta *= 1 - a


def _pull_back_relu(delta, a):
    delta *= np.sign(a)  # of a = max(z, 0)


ACTIVATIONS = {
    activation.name: activation
    for activation in (
        Activation("linear", np.positive, np.ones_like, lambda delta, a: None),
        Activation("tanh", np.tanh, lambda a: 1 - a * a, _pull_back_tanh),
        Activation("relu", lambda z, out=None: np.maximum(z, 0, out=out), np.sign, _pull_back_relu),
        Activation("sigmoid", expit, lambda a: a * (1 - a), _pull_back_sigmoid),
    )
}


LABELS = {"linear": "linear", "tanh": "tanh", "relu": "ReLU", "sigmoid": "sigmoid"}  # as a reader writes them


def activation(name):
    """The activation of this name; raises ValueError that lists the known names."""
    return ACTIVATIONS[checks.one_of("the activation", name, ACTIVATIONS)]

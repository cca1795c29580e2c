"""The gallery of wrong optimizers: ADAM steps in the Keras form, each with one fault a reader may make.

They are a bug hunt for the reader, and the mutants that the checks of the exercise must refuse.
Every step is `step(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon) -> (w, m, v)`.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from helpers.teaching import adam_properties as properties
from helpers.teaching.properties import FINITE, PURE


@dataclass(frozen=True)
class WrongOptimizer:
    """A faulty ADAM step, its fault in one line, and the name of the property that must catch it."""

    name: str
    fault: str
    caught_by: str
    step: Callable


gallery: list[WrongOptimizer] = []


def _shown(caught_by: str) -> Callable[[Callable], Callable]:
    """Hang a step in the gallery; its name is the function's, its fault the docstring."""

    def hang(step: Callable) -> Callable:
        name = step.__name__.replace("_", " ")
        gallery.append(WrongOptimizer(name, step.__doc__, caught_by, step))
        return step

    return hang


def find(name: str) -> WrongOptimizer:
    """Return the wrong optimizer of that name; raises ValueError, listing the names, if there is none."""
    for one in gallery:
        if one.name == name:
            return one
    raise ValueError(f"the gallery holds {', '.join(one.name for one in gallery)}; got {name!r}")


def source(one: WrongOptimizer) -> str:
    """Return the code of its step under the name `step`, without the line that tells the fault."""
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(one.step))).body
    function.name, function.decorator_list, function.body = "step", [], function.body[1:]
    return ast.unparse(function)


def _moments(m, v, g, beta_1, beta_2):
    return beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g * g


def _rate(t, learning_rate, beta_1, beta_2):
    return learning_rate * (1 - beta_2**t) ** 0.5 / (1 - beta_1**t)


@_shown(properties.FIRST_MOMENT)
def betas_exchanged(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """β₁ and β₂ have changed places."""
    m, v = _moments(m, v, g, beta_2, beta_1)
    return w - _rate(t, learning_rate, beta_2, beta_1) * m / (np.sqrt(v) + epsilon), m, v


@_shown(properties.FIRST_MOMENT)
def weights_of_the_average_exchanged(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """The first moment takes the share β₁ of the new gradient and keeps 1 − β₁ of the old moment."""
    m, v = (1 - beta_1) * m + beta_1 * g, beta_2 * v + (1 - beta_2) * g * g
    return w - _rate(t, learning_rate, beta_1, beta_2) * m / (np.sqrt(v) + epsilon), m, v


@_shown(properties.FIRST_MOMENT)
def heavy_ball(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """The first moment adds the whole gradient, as momentum does: a sum instead of an average."""
    m, v = beta_1 * m + g, beta_2 * v + (1 - beta_2) * g * g
    return w - _rate(t, learning_rate, beta_1, beta_2) * m / (np.sqrt(v) + epsilon), m, v


@_shown(properties.QUADRATIC)
def gradient_not_squared(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """The second moment averages the gradient itself; a clip at zero hides the root of a negative number."""
    m, v = beta_1 * m + (1 - beta_1) * g, np.maximum(beta_2 * v + (1 - beta_2) * g, 0)
    return w - _rate(t, learning_rate, beta_1, beta_2) * m / (np.sqrt(v) + epsilon), m, v


@_shown(properties.QUADRATIC)
def absolute_value_for_square(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """The second moment averages |g| instead of g²."""
    m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * np.abs(g)
    return w - _rate(t, learning_rate, beta_1, beta_2) * m / (np.sqrt(v) + epsilon), m, v


@_shown(properties.COORDINATES)
def norm_for_coordinates(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """The second moment averages |g|², one number for all coordinates."""
    m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * np.sum(g * g)
    return w - _rate(t, learning_rate, beta_1, beta_2) * m / (np.sqrt(v) + epsilon), m, v


@_shown(properties.SECOND_MOMENT)
def largest_square_kept(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """The second moment keeps the larger of the old average and the new square, as AdaMax-like rules do."""
    m, v = beta_1 * m + (1 - beta_1) * g, np.maximum(beta_2 * v, (1 - beta_2) * g * g)
    return w - _rate(t, learning_rate, beta_1, beta_2) * m / (np.sqrt(v) + epsilon), m, v


@_shown(properties.NEW_MOMENTS)
def moments_updated_after_use(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """The weights move by the old moments; the moments are updated afterwards."""
    w = w - _rate(t, learning_rate, beta_1, beta_2) * m / (np.sqrt(v) + epsilon)
    return w, *_moments(m, v, g, beta_1, beta_2)


@_shown(properties.DOWNHILL)
def ascent(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """A sign error: the step climbs."""
    m, v = _moments(m, v, g, beta_1, beta_2)
    return w + _rate(t, learning_rate, beta_1, beta_2) * m / (np.sqrt(v) + epsilon), m, v


@_shown(properties.REST)
def epsilon_added_to_the_parameter(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """A bracket is missing: epsilon is added to the weights instead of the denominator."""
    m, v = _moments(m, v, g, beta_1, beta_2)
    return w - _rate(t, learning_rate, beta_1, beta_2) * m / np.sqrt(v) + epsilon, m, v


@_shown(properties.LEARNING_RATE)
def learning_rate_forgotten(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """The learning rate does not enter."""
    m, v = _moments(m, v, g, beta_1, beta_2)
    return w - _rate(t, 1.0, beta_1, beta_2) * m / (np.sqrt(v) + epsilon), m, v


@_shown(properties.SCALE)
def root_forgotten(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """The first moment is divided by the second moment, not by its root."""
    m, v = _moments(m, v, g, beta_1, beta_2)
    return w - _rate(t, learning_rate, beta_1, beta_2) * m / (v + epsilon), m, v


@_shown(properties.FIRST_STEP)
def bias_correction_missing(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """The moments, which start at zero, are used as if they were averages already."""
    m, v = _moments(m, v, g, beta_1, beta_2)
    return w - learning_rate * m / (np.sqrt(v) + epsilon), m, v


@_shown(properties.FIRST_STEP)
def bias_corrections_exchanged(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """Each moment is corrected by the other one's β."""
    m, v = _moments(m, v, g, beta_1, beta_2)
    return w - _rate(t, learning_rate, beta_2, beta_1) * m / (np.sqrt(v) + epsilon), m, v


@_shown(properties.FIRST_STEP)
def correction_without_root(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """The correction of the second moment is not under the root."""
    m, v = _moments(m, v, g, beta_1, beta_2)
    rate = learning_rate * (1 - beta_2**t) / (1 - beta_1**t)
    return w - rate * m / (np.sqrt(v) + epsilon), m, v


@_shown(properties.FIRST_STEP)
def iteration_one_too_far(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """The bias correction uses t + 1 although t counts from 1 already."""
    m, v = _moments(m, v, g, beta_1, beta_2)
    return w - _rate(t + 1, learning_rate, beta_1, beta_2) * m / (np.sqrt(v) + epsilon), m, v


@_shown(FINITE)
def iteration_counted_from_zero(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """The bias correction uses t − 1, so that the first step divides by 1 − β₁⁰ = 0."""
    m, v = _moments(m, v, g, beta_1, beta_2)
    rate = learning_rate * np.sqrt(1 - beta_2 ** (t - 1.0)) / np.float64(1 - beta_1 ** (t - 1.0))
    return w - rate * m / (np.sqrt(v) + epsilon), m, v


@_shown(properties.CONSTANT_GRADIENT)
def correction_of_the_first_step_for_ever(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """The bias correction is always that of t = 1."""
    m, v = _moments(m, v, g, beta_1, beta_2)
    return w - _rate(1, learning_rate, beta_1, beta_2) * m / (np.sqrt(v) + epsilon), m, v


@_shown(properties.EPSILON)
def epsilon_inside_the_root(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """Epsilon is added under the root."""
    m, v = _moments(m, v, g, beta_1, beta_2)
    return w - _rate(t, learning_rate, beta_1, beta_2) * m / np.sqrt(v + epsilon), m, v


@_shown(properties.EPSILON)
def epsilon_forgotten(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """Epsilon does not enter."""
    m, v = _moments(m, v, g, beta_1, beta_2)
    return w - _rate(t, learning_rate, beta_1, beta_2) * m / np.sqrt(v), m, v


@_shown(properties.EPSILON)
def epsilon_of_the_paper(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """A sound ADAM, but in the paper's form: epsilon is added after the bias correction."""
    m, v = _moments(m, v, g, beta_1, beta_2)
    m_hat, v_hat = m / (1 - beta_1**t), v / (1 - beta_2**t)
    return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v


@_shown(PURE)
def moments_changed_in_place(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """The caller's moments are overwritten: a second call with the same arrays gives another step."""
    m *= beta_1
    m += (1 - beta_1) * g
    v *= beta_2
    v += (1 - beta_2) * g * g
    return w - _rate(t, learning_rate, beta_1, beta_2) * m / (np.sqrt(v) + epsilon), m, v

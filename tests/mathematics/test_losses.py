"""Losses: values, gradients and Hessians agree with one another; minima are where they are said to be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.mathematics import losses

LOSSES = {
    "half_square": losses.half_square(),
    "quadratic": losses.quadratic(),
    "bilinear": losses.bilinear(),
    "one_equation": losses.one_equation(),
    "rosenbrock": losses.rosenbrock(),
}
each_loss = pytest.mark.parametrize("name", LOSSES)
points = st.lists(st.floats(-2, 2), min_size=4, max_size=4)
SHIFT = 1e-5  # central differences: error of order SHIFT² f''' + eps/SHIFT, about 1e-8 for these losses


def _central_difference(function, w):
    """Derivative of ``function`` at the vector w; the differentiated coordinate is the last axis."""
    moves = SHIFT * np.eye(w.size)
    return np.stack([(function(w + e) - function(w - e)) / (2 * SHIFT) for e in moves], axis=-1)


@each_loss
@settings(max_examples=25, deadline=None)
@given(point=points)
def test_gradient_and_hessian_are_the_derivatives(name, point):
    loss = LOSSES[name]
    w = np.array(point[: loss.dimension])
    size = 1 + np.abs(loss.hessian(w)).max()
    np.testing.assert_allclose(loss.gradient(w), _central_difference(loss.value, w), atol=1e-7 * size)
    np.testing.assert_allclose(loss.hessian(w), _central_difference(loss.gradient, w), atol=1e-7 * size)


@each_loss
def test_leading_axes_are_runs(name):
    loss = LOSSES[name]
    w = np.random.default_rng(0).normal(size=(3, 5, loss.dimension))
    assert loss.value(w).shape == (3, 5)
    assert loss.gradient(w).shape == w.shape
    assert loss.hessian(w).shape == (*w.shape, loss.dimension)
    for function in (loss.value, loss.gradient, loss.hessian):
        np.testing.assert_allclose(function(w)[2, 4], function(w[2, 4]), rtol=1e-13, atol=1e-13)


@each_loss
def test_partials_are_the_gradient_in_plain_floats(name):
    loss = LOSSES[name]
    if loss.partials is None:
        assert name == "bilinear"
        return
    for w in np.random.default_rng(1).normal(size=(5, loss.dimension)):
        partials = loss.partials(*w.tolist())
        assert all(type(slope) is float for slope in partials)
        np.testing.assert_allclose(partials, loss.gradient(w), rtol=1e-13, atol=1e-13)  # a few roundings


@each_loss
def test_minimum(name):
    loss = LOSSES[name]
    assert loss.value(loss.minimizer) == pytest.approx(loss.minimum, abs=1e-15)
    np.testing.assert_allclose(loss.gradient(loss.minimizer), 0, atol=1e-13)
    assert np.linalg.eigvalsh(loss.hessian(loss.minimizer)).min() > -1e-13
    assert loss.value(loss.start) > loss.minimum
    assert (loss.window is not None) == (loss.dimension == 2)


@each_loss
def test_calls_leave_their_argument_and_the_start_alone(name):
    loss = LOSSES[name]
    w = loss.start.copy()
    loss.gradient(w)[...] = 7  # the answer is a new array
    assert np.array_equal(w, loss.start)
    with pytest.raises(ValueError, match="read-only"):
        loss.start[0] = 1


@pytest.mark.parametrize("condition", [1, 10, 1000])
def test_condition_number_is_the_one_chosen(condition):
    loss = losses.quadratic(condition, angle=0.7)
    hessian = loss.hessian(loss.start)
    assert np.linalg.cond(hessian) == pytest.approx(condition, rel=1e-9)
    assert condition == 1 or not np.allclose(hessian, np.diag(np.diag(hessian)))


def test_trace_of_the_hessian_on_the_hyperbola_is_four_times_the_squared_norm():
    x = np.linspace(0.3, 3, 20)
    w = np.stack([x, 0.75 / x], axis=-1)
    loss = losses.bilinear()
    np.testing.assert_allclose(loss.value(w), 0, atol=1e-30)
    np.testing.assert_allclose(np.trace(loss.hessian(w), axis1=-2, axis2=-1), 4 * np.sum(w**2, axis=-1))


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: losses.quadratic(0.5), "the condition number ≥ 1; got 0.5"),
        (lambda: losses.quadratic(float("nan")), "condition number must be"),
        (lambda: losses.quadratic(angle=float("inf")), "angle must be a finite number"),
    ],
)
def test_bad_input_is_answered_in_words(build, sentence):
    with pytest.raises(ValueError, match=sentence):
        build()

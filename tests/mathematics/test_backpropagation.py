"""The steps of training in place: residuals and gradient by plain formulas, ADAM by its plain step."""

import numpy as np
import pytest

from helpers.mathematics.activations import ACTIVATIONS, activation
from helpers.mathematics.adam import EPSILON, adam_step
from helpers.mathematics.backpropagation import adam_in_place, bind, block_order, descent_in_place, with_ones
from helpers.mathematics.perceptron import Perceptron


def by_the_chain_rule(net, theta, x, y):
    """Residuals (N, n) and the gradient of ½ Σ |f - y|² at one θ (P,), layer after layer."""
    layers, phi = net.layers(theta), net.activation
    values = [x]
    for w, b in layers[:-1]:
        values.append(phi.value(values[-1] @ w.T + b))
    w, b = layers[-1]
    residual = delta = values[-1] @ w.T + b - y
    parts = []
    for (w, _), a in zip(layers[::-1], values[::-1], strict=True):
        parts.append((delta.T @ a, delta.sum(axis=0)))
        delta = delta @ w * phi.slope(a)
    return residual, net.flatten(parts[::-1])


@pytest.mark.parametrize("name", list(ACTIVATIONS))
@pytest.mark.parametrize("runs", [(), (3,), (2, 3)])
@pytest.mark.parametrize("widths", [(1, 8, 1), (3, 5, 2), (2, 1, 3)])
def test_residuals_and_gradient_against_the_plain_way(widths, runs, name):
    inputs, neurons, outputs = widths
    rng, net = np.random.default_rng(1), Perceptron(neurons, inputs, outputs, name)
    x, y, order = rng.normal(size=(7, inputs)), rng.normal(size=(7, outputs)), block_order(net)
    assert sorted(order) == list(range(net.size))
    theta, gradient = np.empty((*runs, net.size)), np.empty((*runs, net.size))
    x_ones = with_ones(x)
    forward, backward = bind(net, theta, gradient, x_ones, y)
    for _ in range(2):  # parameters and data are read anew
        plain = rng.normal(size=(*runs, net.size))
        theta[...] = plain[..., order]
        x_ones[:, :-1] = x = rng.normal(size=x.shape)
        residual = forward()
        backward()
        for run in np.ndindex(runs):
            r, expected = by_the_chain_rule(net, plain[run], x, y)
            # sums of at most 8 terms of size 1 in another order
            np.testing.assert_allclose(residual[run].T, r, rtol=1e-13, atol=1e-13)
            np.testing.assert_allclose(gradient[run], expected[order], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_pulling_back_multiplies_by_the_slope(name):
    phi, rng = activation(name), np.random.default_rng(2)
    z, delta = rng.normal(size=(2, 5, 4))
    z[0, 0] = 0
    a, moved = phi.value(z), delta.copy()
    phi.pull_back(moved, a)
    np.testing.assert_allclose(moved, phi.slope(a) * delta, rtol=1e-14, atol=1e-16)
    np.testing.assert_array_equal(phi.value(z, out=z), a)


@pytest.mark.parametrize(("beta_1", "beta_2"), [(0.9, 0.999), (0.9, 0.6), (0.0, 0.9), (0.5, 0.0)])
@pytest.mark.parametrize("form", list(EPSILON))
def test_adam_in_place_against_its_plain_step(form, beta_1, beta_2):
    rng, scale, steps = np.random.default_rng(3), 0.3, 50
    theta, pair = rng.normal(size=(2, 6)), np.empty((2, 2, 6))
    options = {"step": 0.1, "beta_1": beta_1, "beta_2": beta_2}
    move = adam_in_place(form, theta, pair, scale=scale, steps=steps, **options)
    w, m, d = theta.copy(), np.zeros((2, 6)), np.zeros((2, 6))
    for iteration in range(1, steps + 1):
        g = rng.normal(size=(2, 6))
        g[:, 0] = 0  # no gradient: no motion, in the book form either
        pair[0] = g / scale
        move()
        w, m, d = adam_step(form, w, m, d, g, iteration=iteration, epsilon=EPSILON[form], **options)
        # each step rounds relative to its own size, some tenths
        np.testing.assert_allclose(theta, w, rtol=1e-13, atol=1e-13)


def test_descent_in_place():
    theta, gradient = np.array([1.0, 2.0]), np.array([3.0, -1.0])
    descent_in_place(theta, gradient, 0.5)()
    assert theta.tolist() == [-0.5, 2.5]

"""Backpropagation against finite differences and an independent forward pass."""

import numpy as np
import pytest

from helpers.mathematics.activations import ACTIVATIONS, activation
from helpers.mathematics.perceptron import Perceptron

SCALAR = {
    "linear": lambda z: z,
    "tanh": np.tanh,
    "relu": lambda z: max(z, 0.0),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
}


def problem(widths, activation, runs=None, seed=0, n=7):
    rng = np.random.default_rng(seed)
    inputs, neurons, outputs = widths
    net = Perceptron(neurons, inputs, outputs, activation)
    theta = rng.normal(size=(net.size,) if runs is None else (runs, net.size)) * 0.6
    return net, theta, rng.normal(size=(n, inputs)), rng.normal(size=(n, outputs))


def plain_output(net, theta, x):
    """Neuron by neuron, with loops only."""
    layers = net.layers(theta)
    for level, (w, b) in enumerate(layers):
        out = []
        for j in range(len(b)):
            z = b[j] + sum(w[j, i] * x[i] for i in range(len(x)))
            out.append(z if level == len(layers) - 1 else SCALAR[net.activation.name](z))
        x = out
    return np.array(x)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_outputs_and_loss_against_plain_loops(name):
    net, theta, x, y = problem((3, 5, 2), name)
    plain = np.array([plain_output(net, theta, row) for row in x])
    np.testing.assert_allclose(net(theta, x), plain, rtol=1e-13, atol=1e-14)
    assert net.loss(theta, x, y) == pytest.approx(np.sum((plain - y) ** 2) / len(x), rel=1e-13)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
@pytest.mark.parametrize("widths", [(1, 6, 1), (3, 5, 2), (2, 1, 3)])
def test_gradient_against_central_differences(widths, name):
    net, theta, x, y = problem(widths, name, seed=4)
    gradient = net.gradient(theta, x, y)
    h = 1e-5
    shifts = h * np.eye(net.size)
    differences = (net.loss(theta + shifts, x, y) - net.loss(theta - shifts, x, y)) / (2 * h)
    # truncation h² |J'''|/6 ~ 1e-10, rounding 1e-16 J/h ~ 1e-10; ReLU is smooth off its kinks
    np.testing.assert_allclose(differences, gradient, atol=1e-8 * (1 + np.abs(gradient).max()))


def test_runs_are_computed_as_if_alone():
    net, theta, x, y = problem((2, 5, 3), "tanh", runs=6)
    together = net.gradient(theta, x, y)
    assert together.shape == theta.shape and net.loss(theta, x, y).shape == (6,)
    for run in range(6):
        np.testing.assert_allclose(together[run], net.gradient(theta[run], x, y), rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(net.gradient(np.asfortranarray(theta), x, y), together)
    stacked = net.gradient(theta.reshape(2, 3, -1), x, y)
    np.testing.assert_allclose(stacked.reshape(6, -1), together, rtol=1e-12, atol=1e-14)


def test_batch_gradients_sum_to_the_gradient():
    net, theta, x, y = problem((2, 5, 1), "sigmoid", n=11)
    parts = np.array_split(np.random.default_rng(1).permutation(11), 4)
    total = sum(net.gradient(theta, x[part], y[part]) * len(part) / 11 for part in parts)
    np.testing.assert_allclose(total, net.gradient(theta, x, y), rtol=1e-12, atol=1e-14)


def test_layers_are_views_and_flatten_undoes_them():
    net, theta, _, _ = problem((2, 5, 3), "tanh", runs=3)
    layers = net.layers(theta)
    assert all(np.shares_memory(w, theta) and np.shares_memory(b, theta) for w, b in layers)
    np.testing.assert_array_equal(net.flatten(layers), theta)
    assert net.size == 5 * 3 + 3 * 6


def test_start_draws_each_layer_from_its_law():
    net = Perceptron(200, 100, 50)
    (w1, b1), (w2, b2) = net.layers(net.start("he_uniform", rng=3, runs=2))
    assert w1.shape == (2, 200, 100) and w2.shape == (2, 50, 200)
    assert b1.shape == (2, 200) and b2.shape == (2, 50) and not b1.any() and not b2.any()
    assert np.abs(w1).max() <= np.sqrt(6 / 100) and np.abs(w2).max() <= np.sqrt(6 / 200) < np.abs(w1).max()


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_slope_is_the_derivative_of_the_value(name):
    phi, z, h = activation(name), np.array([-3.0, -0.4, 0.2, 1.7]), 1e-6
    differences = (phi.value(z + h) - phi.value(z - h)) / (2 * h)
    np.testing.assert_allclose(phi.slope(phi.value(z)), differences, atol=1e-9)  # rounding 1e-16/h


def test_activations_do_not_overflow_and_relu_has_slope_zero_at_zero():
    z = np.array([-1e4, 0.0, 1e4])
    np.testing.assert_allclose(activation("sigmoid").value(z), [0, 0.5, 1])
    # 1/(1 + e^38), which (1 + tanh(-19))/2 rounds to 0
    assert activation("sigmoid").value(-38.0) == pytest.approx(3.139132792048e-17, rel=1e-12, abs=0)
    np.testing.assert_array_equal(activation("relu").slope(activation("relu").value(z)), [0, 0, 1])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Perceptron(3, activation="softplus"), "must be one of linear, tanh, relu, sigmoid"),
        (lambda: Perceptron(0), "each width ≥ 1; got 0"),
        (lambda: Perceptron(3).loss(np.zeros(9), [[1.0]], [[1.0]]), "theta must have 10 parameters"),
        (lambda: Perceptron(3).loss(np.zeros(10), [[1.0, 2]], [[1.0]]), r"x must have shape \(N, 1\)"),
        (lambda: Perceptron(3).loss(np.zeros(10), [[1.0]], [1.0]), r"y must have shape \(1, 1\)"),
        (lambda: Perceptron(3).loss(np.zeros(10), np.zeros((0, 1)), np.zeros((0, 1))), "N >= 1"),
        (lambda: Perceptron(3).gradient(np.full(10, np.nan), [[1.0]], [[1.0]]), "theta must be finite"),
        (lambda: Perceptron(3).gradient(np.zeros(10), [[np.inf]], [[1.0]]), "x must be finite"),
        (
            lambda: Perceptron(3, activation="relu").gradient(np.full(10, 1e200), [[1.0]], [[1.0]]),
            "overflows",
        ),
        (lambda: Perceptron(3).flatten([(np.zeros((2, 1)), np.zeros(3))] * 2), "a layer of W"),
    ],
)
def test_bad_input_is_refused_in_words(call, said):
    with pytest.raises(ValueError, match=said):
        call()

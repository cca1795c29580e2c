"""Steps of training, in place: the formulas of ``perceptron`` and ``adam`` with every array made once.

A small network spends its time in the calls of NumPy, so here are few: a layer is one matrix [W_l b_l], which
acts on the activations above a row of ones; nothing is checked or sliced within a step.
"""

import numpy as np

from helpers.mathematics.adam import EPSILON


def block_order(network):
    """Where in θ the entries of [W_1 b_1] and [W_2 b_2] stand, row by row: indices (P,)."""
    layers = network.layers(np.arange(network.size))
    return np.concatenate([np.column_stack(layer).ravel() for layer in layers])


def with_ones(x):
    """The data (N, m) with a column of ones for the biases, (N, m + 1)."""
    return np.column_stack([x, np.ones(len(x))])


def bind(network, theta, gradient, x, y):
    """Two functions without arguments: ``forward`` returns the residuals f(x_i) - y_i, (..., n, N), and
    ``backward``, called next, writes the gradient of ½ Σ_i |f(x_i) - y_i|².

    theta, gradient: (..., P) in ``block_order``, C order. x: (N, m + 1), ``with_ones``. y: (N, n).
    Each call reads anew what these arrays hold; the residuals are overwritten by the next.

    δ_2 = f - y;  (∂J/∂W_l, ∂J/∂b_l) = δ_l (a_{l-1}, 1)^t, a_0 = x;  δ_1 = φ'(z_1) (W_2^t δ_2).
    """
    runs, h = theta.shape[:-1], network.neurons
    dot = np.matmul if runs else np.dot  # np.dot knows no stacks of matrices, but takes half the time
    phi, pull_back, subtract = network.activation.value, network.activation.pull_back, np.subtract

    (w_1, w_2), (w_1_gradient, w_2_gradient) = _blocks(network, theta), _blocks(network, gradient)
    entering = np.ones((*runs, h + 1, len(x)))  # what enters the last layer, with a last row of ones
    a, delta, residual = entering[..., :-1, :], np.empty((*runs, h, len(x))), np.empty((*runs, *y.T.shape))
    x_t, y_t, entering_t = x.T, y.T, entering.swapaxes(-1, -2)
    weights_t = w_2[..., :-1].swapaxes(-1, -2)

    def forward():
        dot(w_1, x_t, a)
        phi(a, out=a)
        dot(w_2, entering, residual)
        return subtract(residual, y_t, residual)

    def backward():
        dot(residual, entering_t, w_2_gradient)
        dot(weights_t, residual, delta)
        pull_back(delta, a)
        dot(delta, x, w_1_gradient)

    return forward, backward


def descent_in_place(theta, gradient, step):
    """A function without arguments: θ becomes θ - step × gradient."""
    change, step = np.empty_like(theta), np.array(float(step))

    def move():
        np.multiply(gradient, step, change)
        np.subtract(theta, change, theta)

    return move


def adam_in_place(form, theta, pair, *, scale, step, beta_1, beta_2, steps):
    """A function without arguments, for so many steps: θ moves as by ``adam.adam_step``, up to rounding.

    pair: (2, ..., P); the gradient is scale × pair[0], and pair[1] is overwritten by the square of pair[0].
    Kept are the plain sums M = Σ_j β₁^(k-j) g_j and D = Σ_j β₂^(k-j) g_j², in one array: the factors 1-β_i of
    the moments, the scale and the bias corrections enter the rate and ε.
    """
    gradient, square = pair
    sums, betas, root = np.zeros_like(pair), np.empty_like(pair), np.empty_like(theta)
    betas[0], betas[1] = beta_1, beta_2
    m, d = sums
    k, book = np.arange(1, steps + 1), form == "book"
    of_m, of_d = (1 - (0 if book else beta) ** k for beta in (beta_1, beta_2))
    rates = step * (1 - beta_1) / np.sqrt(1 - beta_2) * np.sqrt(of_d) / of_m
    epsilons = np.sqrt(of_d) if form == "paper" else np.ones(steps)
    epsilons = epsilons * (EPSILON[form] / (scale * np.sqrt(1 - beta_2)))
    # arrays of no dimension: NumPy takes them in half the time it takes for numbers
    coming = ((rates[i, ...], epsilons[i, ...]) for i in range(steps))
    add, multiply, divide, sqrt = np.add, np.multiply, np.divide, np.sqrt

    def move():
        rate, least = next(coming)
        np.square(gradient, square)
        multiply(sums, betas, sums)
        add(sums, pair, sums)
        sqrt(d, root)
        add(root, m == 0 if book else least, root)  # book: where Z = 0 nothing moves, even if D = 0
        divide(m, root, root)
        multiply(root, rate, root)
        np.subtract(theta, root, theta)

    return move


def _blocks(network, theta):
    """Views [W_1 b_1] (..., h, m + 1) and [W_2 b_2] (..., n, h + 1) of parameters in ``block_order``."""
    runs, cut = theta.shape[:-1], network.neurons * (network.inputs + 1)
    first, last = theta[..., :cut], theta[..., cut:]
    return first.reshape(*runs, network.neurons, -1), last.reshape(*runs, network.outputs, -1)

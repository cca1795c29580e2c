"""Neurons that are equal, exchanged or mirrored, and why the gradient keeps the symmetry."""

import numpy as np
import pytest

from helpers.mathematics.perceptron import Perceptron, sine_data
from helpers.mathematics.symmetry import (
    mirror_neurons,
    neuron_spread,
    neurons,
    permute_neurons,
    prove_symmetry,
    twins,
)

X, Y = sine_data()


def test_spread_is_zero_only_for_identical_neurons():
    net = Perceptron(4, 3, 5)
    theta = np.full((2, net.size), 0.1 + 0.2)
    assert neuron_spread(net, theta).tolist() == [0, 0]
    for index in (0, 11, 12, 15, 16, 35):  # W_1, b_1, W_2, the first and the last entry of each
        moved = theta.copy()
        moved[1, index] += 1e-15
        assert neuron_spread(net, moved)[0] == 0 < neuron_spread(net, moved)[1]


def test_permuting_neurons_changes_nothing_but_their_numbers():
    net, rng = Perceptron(5, 3, 2), np.random.default_rng(0)
    theta, x = rng.normal(size=net.size), rng.normal(size=(6, 3))
    moved = permute_neurons(net, theta, [2, 0, 4, 1, 3])
    np.testing.assert_allclose(net(moved, x), net(theta, x), rtol=1e-13)
    np.testing.assert_array_equal(neurons(net, moved), neurons(net, theta)[[2, 0, 4, 1, 3]])


def test_permuting_works_in_any_memory_order():
    net, theta = Perceptron(3), np.random.default_rng(0).normal(size=(4, 10))
    moved = permute_neurons(net, np.asfortranarray(theta), [2, 0, 1])
    np.testing.assert_array_equal(moved, permute_neurons(net, theta, [2, 0, 1]))
    assert not np.array_equal(moved, theta)


def test_proof_of_symmetry():
    net = Perceptron(8)
    proof = prove_symmetry(net, net.start("constant", rng=0), X, Y)
    assert proof.holds and len(proof.groups) == 1 and "they stay twins" in proof.words
    relu = Perceptron(6, outputs=2, activation="relu")
    assert prove_symmetry(relu, relu.start("constant", rng=0), X, np.repeat(Y, 2, axis=1)).holds
    free = prove_symmetry(net, net.start("he_normal", rng=0), X, Y)
    assert not free.holds and "no symmetry" in free.words


def test_proof_fails_where_the_symmetry_is_broken():
    class Dropping(Perceptron):
        """A network whose first neuron is frozen: its gradient does not commute with permutations."""

        def gradient(self, theta, x, y):
            gradient = super().gradient(theta, x, y)
            self.layers(gradient)[0][0][..., 0, :] = 0
            return gradient

    net = Dropping(8)
    proof = prove_symmetry(net, net.start("constant", rng=0), X, Y)
    assert not proof.holds and proof.equivariance > 1e-3 and proof.invariance > 1e-3
    assert "tells twins apart" in proof.words


@pytest.mark.parametrize("name", ["tanh", "linear"])
def test_mirrored_neurons_compute_the_same_where_the_activation_is_odd(name):
    net, rng = Perceptron(5, 3, 2, name), np.random.default_rng(0)
    theta, x = rng.normal(size=(2, net.size)), rng.normal(size=(6, 3))
    moved = mirror_neurons(net, theta, [0, 3])
    np.testing.assert_allclose(net(moved, x), net(theta, x), rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(neurons(net, moved)[:, [0, 3]], -neurons(net, theta)[:, [0, 3]])
    np.testing.assert_array_equal(neurons(net, moved)[:, 1], neurons(net, theta)[:, 1])
    np.testing.assert_array_equal(mirror_neurons(net, moved, [0, 3]), theta)
    # and so does the gradient, datum by datum
    y = rng.normal(size=(1, 2))
    mirrored = mirror_neurons(net, net.gradient(theta, x[:1], y), [0, 3])
    np.testing.assert_allclose(net.gradient(moved, x[:1], y), mirrored, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", ["relu", "sigmoid"])
def test_mirroring_changes_the_function_where_the_activation_is_not_odd(name):
    net = Perceptron(4, activation=name)
    theta = np.random.default_rng(0).normal(size=net.size)
    assert np.abs(net(mirror_neurons(net, theta, [1]), X) - net(theta, X)).max() > 0.01


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: permute_neurons(Perceptron(3), np.zeros(10), [0, 1, 1]), "each of 0..2 once"),
        (lambda: twins(Perceptron(3), np.zeros((2, 10))), "one run"),
        (lambda: twins(Perceptron(3), np.zeros(10), tolerance=-1), "the tolerance ≥ 0"),
    ],
)
def test_bad_input_is_refused_in_words(call, said):
    with pytest.raises(ValueError, match=said):
        call()

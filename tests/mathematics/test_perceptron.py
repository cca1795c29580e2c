"""Starts from which a hidden layer cannot learn, starts from which it can, and why batches do not matter."""

import numpy as np
import pytest

from helpers.mathematics.adam import adam_step
from helpers.mathematics.deep_network import Network
from helpers.mathematics.partitions import SAMPLINGS, Partitions
from helpers.mathematics.perceptron import (
    SYMMETRY_TOLERANCE,
    neuron_spread,
    neurons,
    perceptron,
    permute_neurons,
    prove_symmetry,
    sine_data,
    train,
    twins,
    zero_start_loss,
)

X, Y = sine_data()
OPTIMIZERS = [
    {"optimizer": "gradient descent", "step": 0.1},
    {"optimizer": "adam", "form": "keras", "step": 0.02},
    {"optimizer": "adam", "form": "paper", "step": 0.02},
    {"optimizer": "adam", "form": "book", "step": 0.02, "beta_1": 0.9, "beta_2": 0.6},
]


def test_variance_of_the_sine_on_21_points():
    # Σ sin²(πk/10), k = -10..10, is 10; np.pi and sums of 21 terms leave a few roundings
    assert zero_start_loss(Y) == pytest.approx(10 / 21, abs=1e-15)


@pytest.mark.parametrize("options", OPTIMIZERS)
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("batches", [1, 4])
def test_from_zero_only_the_last_bias_moves(activation, options, batches):
    net = perceptron(12, activation=activation)
    run = train(net, np.zeros(net.size), X, Y + 0.3, **options, epochs=40, batches=batches)
    assert not run.theta[..., :-1].any() and run.theta[-1, -1] != 0


def test_from_zero_the_loss_ends_at_the_variance():
    net = perceptron(12)
    run = train(net, np.zeros(net.size), X, Y + 0.3, step=0.1, epochs=200)
    # the distance of b_2 to the mean falls by 1 - 2Δt = 0.8 an epoch: 0.8^200 is below rounding
    assert run.theta[-1, -1] == pytest.approx(0.3, abs=1e-14)
    assert run.loss[-1] == pytest.approx(10 / 21, abs=1e-14)
    assert run.loss[1] == pytest.approx(10 / 21 + 0.3**2 * 0.8**2, abs=1e-14)


def test_from_zero_the_sigmoid_moves_but_stays_symmetric():
    net = perceptron(12, activation="sigmoid")  # σ(0) = 1/2: W_2 has a gradient
    run = train(net, np.zeros(net.size), X, Y, optimizer="adam", step=0.02, epochs=300, batches=4)
    assert run.loss[-1] < 0.3 and np.all(run.spread <= SYMMETRY_TOLERANCE)


@pytest.mark.parametrize("options", OPTIMIZERS)
@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "linear"])
def test_identical_neurons_stay_identical_under_any_batches(activation, options):
    net = perceptron(30, activation=activation)
    start = net.start("constant", value=0.4, rng=0, bias=0.1)
    for sampling in ("reshuffled", "with replacement"):
        run = train(net, start, X, Y, **options, epochs=60, batches=7, sampling=sampling, seed=3)
        assert run.spread.shape == (61,) and run.diverged_at is None
        assert run.spread.max() <= SYMMETRY_TOLERANCE
        assert np.abs(run.incoming - run.incoming[0]).max() > 0.01  # they do move, together


def test_two_kinds_of_neurons_remain_two():
    net = perceptron(10)
    hidden = np.repeat([[0.3], [-0.7]], 5, axis=0), np.repeat([0.1, 0.2], 5)
    start = net.flatten([hidden, (np.full((1, 10), 0.5), [0.0])])
    run = train(net, start, X, Y, optimizer="adam", step=0.02, epochs=100, batches=4)
    groups = twins(net, run.theta[-1], tolerance=SYMMETRY_TOLERANCE)
    assert [list(group) for group in groups] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


def test_symmetric_states_repel_so_that_roundings_can_free_neurons_where_batches_cannot():
    """ADAM on the sine: differences of 1e-15, of the size of roundings, end as large as the weights."""
    net = perceptron(20)
    start = net.start("constant", rng=0)
    start = start + 1e-15 * np.random.default_rng(5).normal(size=start.shape)
    run = train(net, start, X, Y, optimizer="adam", step=0.02, epochs=1500, batches=4, every=100)
    assert run.spread[0] < 1e-14 and run.spread[1] <= SYMMETRY_TOLERANCE
    assert run.spread[-1] > 0.1


def test_noise_frees_the_neurons():
    net = perceptron(20)
    options = {"optimizer": "adam", "step": 0.02, "epochs": 400, "batches": 4}
    trapped = train(net, net.start("constant", rng=0), X, Y, **options)
    freed = train(net, net.start("constant_noise", rng=0, sigma=0.01), X, Y, **options)
    assert freed.spread[-1] > 30 * freed.spread[0] > 0
    assert freed.loss[-1] < 0.1 * trapped.loss[-1]


def test_output_weights_zero_alone_is_no_trap():
    net = perceptron(20)
    (w1, b1), (w2, b2) = net.layers(net.start("glorot_uniform", rng=1))
    start = net.flatten([(w1, b1), (0 * w2, b2)])
    run = train(net, start, X, Y, optimizer="adam", step=0.02, epochs=500)
    assert run.loss[0] == pytest.approx(10 / 21) and run.loss[-1] < 0.01
    # and neither is W_1 = 0, b_1 = 0 with W_2 random: the neurons part at the first step
    start = net.flatten([(0 * w1, b1), (w2, b2)])
    assert train(net, start, X, Y, step=0.1, epochs=1).spread[-1] > 0.01


def test_training_against_a_plain_loop():
    net = perceptron(6)
    start = net.start("glorot_normal", rng=2, runs=3)
    run = train(net, start, X, Y, step=0.1, epochs=5, batches=4, sampling="fixed order")
    adam = train(net, start, X, Y, optimizer="adam", step=0.1, epochs=5, batches=4, sampling="fixed order")
    parts = np.array_split(np.arange(21), 4)
    gd_theta, theta, m, d, k = start, start, 0 * start, 0 * start, 0
    for epoch in range(5):
        for part in parts:
            k += 1
            gd_theta = gd_theta - 0.1 * net.gradient(gd_theta, X[part], Y[part], total=21)
            g = net.gradient(theta, X[part], Y[part], total=21)
            theta, m, d = adam_step(
                "keras", theta, m, d, g, step=0.1, beta_1=0.9, beta_2=0.999, epsilon=1e-7, iteration=k
            )
        np.testing.assert_allclose(run.theta[epoch + 1], gd_theta, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(adam.theta[epoch + 1], theta, rtol=1e-9, atol=1e-10)  # 0.1 m/√d amplifies
    np.testing.assert_allclose(run.loss[-1], net.loss(run.theta[-1], X, Y), rtol=1e-13)
    assert run.incoming.shape == (6, 3, 6, 2) and run.outgoing.shape == (6, 3, 6, 1)


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("batches", [1, 4])
def test_every_sampling_visits_the_batches_of_partitions(sampling, batches):
    net = perceptron(4)
    theta = net.start("glorot_normal", rng=2)
    run = train(net, theta, X, Y, step=0.1, epochs=6, batches=batches, sampling=sampling, seed=9)
    partitions = Partitions(21, batches, sampling, 1, 9)
    for epoch in range(6):
        for part in partitions.batches(epoch):
            theta = theta - 0.1 * net.gradient(theta, X[part], Y[part], total=21)
        np.testing.assert_allclose(run.theta[epoch + 1], theta, rtol=1e-12, atol=1e-13)


def test_training_leaves_its_start_alone():
    net = perceptron(4)
    start = net.start("glorot_normal", rng=2)
    kept = start.copy()
    train(net, start, X, Y, epochs=3)
    np.testing.assert_array_equal(start, kept)


def test_the_record_can_be_thin():
    net = perceptron(6)
    start = net.start("glorot_normal", rng=2)
    full = train(net, start, X, Y, epochs=50, batches=3, seed=1)
    thin = train(net, start, X, Y, epochs=50, batches=3, seed=1, every=20)
    assert list(thin.epochs) == [0, 20, 40, 50]
    np.testing.assert_array_equal(thin.theta, full.theta[thin.epochs])


def test_a_diverging_run_ends_the_record_and_says_when():
    net = perceptron(6, activation="relu")
    run = train(net, net.start("he_normal", rng=0), X, Y, step=50.0, epochs=300)
    assert run.diverged_at is not None and len(run.epochs) == run.diverged_at
    assert np.isfinite(run.theta).all() and np.isfinite(run.loss).all()


def test_spread_is_zero_only_for_identical_neurons():
    net = Network((3, 4, 5, 2))
    theta = net.start("constant", value=0.1 + 0.2, rng=0, runs=2)
    assert neuron_spread(net, theta).tolist() == neuron_spread(net, theta, layer=2).tolist() == [0, 0]
    for index in (0, 11, 12, 15, 16, 35):  # W_1, b_1, W_2, the first and the last entry of each
        moved = theta.copy()
        moved[1, index] += 1e-15
        assert neuron_spread(net, moved)[0] == 0 < neuron_spread(net, moved)[1]


def test_permuting_neurons_changes_nothing_but_their_numbers():
    net, rng = Network((3, 4, 5, 2)), np.random.default_rng(0)
    theta, x = rng.normal(size=net.size), rng.normal(size=(6, 3))
    moved = permute_neurons(net, theta, [2, 0, 4, 1, 3], layer=2)
    np.testing.assert_allclose(net(moved, x), net(theta, x), rtol=1e-13)
    np.testing.assert_array_equal(neurons(net, moved, 2), neurons(net, theta, 2)[[2, 0, 4, 1, 3]])


def test_permuting_works_in_any_memory_order():
    net, theta = perceptron(3), np.random.default_rng(0).normal(size=(4, 10))
    moved = permute_neurons(net, np.asfortranarray(theta), [2, 0, 1])
    np.testing.assert_array_equal(moved, permute_neurons(net, theta, [2, 0, 1]))
    assert not np.array_equal(moved, theta)


def test_proof_of_symmetry():
    net = perceptron(8)
    proof = prove_symmetry(net, net.start("constant", rng=0), X, Y)
    assert proof.holds and len(proof.groups) == 1 and "they stay twins" in proof.words
    deep = Network((1, 5, 6, 1), "relu")
    assert prove_symmetry(deep, deep.start("constant", rng=0), X, Y, layer=2).holds
    free = prove_symmetry(net, net.start("he_normal", rng=0), X, Y)
    assert not free.holds and "no symmetry" in free.words


def test_proof_fails_where_the_symmetry_is_broken():
    class Dropping(Network):
        """A network whose first neuron is frozen: its gradient does not commute with permutations."""

        def gradient(self, theta, x, y, total=None):
            gradient = super().gradient(theta, x, y, total)
            self.layers(gradient)[0][0][..., 0, :] = 0
            return gradient

    net = Dropping((1, 8, 1))
    proof = prove_symmetry(net, net.start("constant", rng=0), X, Y)
    assert not proof.holds and proof.equivariance > 1e-3 and proof.invariance > 1e-3
    assert "tells twins apart" in proof.words


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"optimizer": "momentum"}, "known ones are gradient descent, adam"),
        ({"form": "torch"}, "known ones are book, paper, keras"),
        ({"step": 0}, "step must be positive"),
        ({"step": float("nan")}, "step must be finite"),
        ({"epochs": 0}, "epochs must be a whole number of at least 1"),
        ({"every": 1.5}, "every must be a whole number"),
        ({"batches": 22}, "21"),
        ({"batches": 0}, "1"),
        ({"beta_1": 1.0}, r"beta_1 must lie in \[0, 1\)"),
        ({"epsilon": -1.0}, "epsilon must be finite and at least 0"),
    ],
)
def test_bad_options_are_refused_in_words(options, said):
    net = perceptron(3)
    with pytest.raises(ValueError, match=said):
        train(net, np.zeros(net.size), X, Y, **options)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: perceptron(0), "at least 1; got 0"),
        (lambda: sine_data(0), "size must be a whole number"),
        (lambda: neuron_spread(perceptron(3), np.zeros(10), layer=2), "must be a hidden one, 1 to 1; got 2"),
        (lambda: permute_neurons(perceptron(3), np.zeros(10), [0, 1, 1]), "each of 0..2 once"),
        (lambda: twins(perceptron(3), np.zeros((2, 10))), "one run"),
        (lambda: prove_symmetry(perceptron(3), np.zeros(10), X, Y, trials=0), "trials must be a whole"),
    ],
)
def test_bad_input_is_refused_in_words(call, said):
    with pytest.raises(ValueError, match=said):
        call()
